//! Owns the names of cached sessions: a hash over everything that goes into a step and all steps before it.
//! It refuses the profile's name: profiles whose plans begin alike share what they share.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::Sources;
use crate::encoding::hex;
use crate::profile::plan::{Base, Plan, Stage, Step};
use crate::sts::StsSettings;

/// The name of the session that a step gives; 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity(String);

impl Identity {
    /// Gives the name as it stands in file names.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names the session of each stage of a plan.
pub fn identities(plan: &Plan, settings: &StsSettings, sources: &Sources) -> Vec<Identity> {
    let mut before = of_base(&plan.base, settings, sources);
    plan.stages()
        .into_iter()
        .map(|stage| {
            if let Stage::Step(step) = stage {
                before = of_step(step, &before, settings);
            }
            Identity(hex(&before))
        })
        .collect()
}

/// Where a source can't be named, nothing is fetched from it either, and what stands here matters to nobody.
fn of_base(base: &Base, settings: &StsSettings, sources: &Sources) -> Vec<u8> {
    let mut fields = Fields::new("base");
    match base {
        Base::LongTerm { access_key_id, .. } => fields.text("long-term").text(access_key_id),
        // the secret stays out; its key id and token tell two pairs apart
        Base::Environment { .. } => {
            let session = sources.at_hand(base).ok();
            let credentials = session.as_ref().map(|session| &session.credentials);
            fields.text("environment").maybe(credentials.map(|credentials| credentials.access_key_id()));
            fields.maybe(credentials.and_then(|credentials| credentials.session_token()))
        }
        Base::InstanceMetadata { service, .. } => {
            fields.text("instance").maybe(sources.imds().endpoint(service).ok().as_deref()).text(sources.host())
        }
        Base::Container { .. } => {
            let container = sources.container();
            let settings = container.settings();
            let file = settings.token_file.as_ref().map(|file| file.to_string_lossy());
            fields.text("container").maybe(container.url().ok().as_deref()).text(sources.host()).maybe(file.as_deref());
            // a file's token changes by itself; one in the environment belongs to one server
            let token = settings.token.as_ref().filter(|_| file.is_none());
            fields.maybe(token.map(|token| token.expose().as_str()))
        }
        Base::Process { words, .. } => {
            fields.text("process").number(words.len() as u64);
            for word in words {
                fields.text(word);
            }
            &mut fields
        }
        Base::Sso { sign_in, account_id, role_name, .. } => fields
            .text("sso")
            .maybe(sources.sso().endpoint())
            .maybe(sign_in.session.as_deref())
            .text(&sign_in.start_url)
            .text(&sign_in.region)
            .text(account_id)
            .text(role_name),
        Base::WebIdentity { request, region, .. } => {
            fields.text("web-identity");
            fields.reach(region.as_deref(), Some(&request.role_arn), settings);
            fields
                .number(request.duration.as_secs())
                .text(&request.role_arn)
                .maybe(request.session_name.as_deref())
                .text(&request.token_file.to_string_lossy())
                .maybe(request.policy.as_deref())
                .list(&request.policy_arns)
        }
    };
    fields.digest()
}

fn of_step(step: &Step, before: &[u8], settings: &StsSettings) -> Vec<u8> {
    let role = match step {
        Step::AssumeRole { request, .. } => Some(request.role_arn.as_str()),
        Step::GetSessionToken { .. } => None,
    };
    let mut fields = Fields::new("step");
    fields
        .bytes(before)
        .reach(step.region(), role, settings)
        .number(step.duration().as_secs())
        .maybe(step.mfa().map(|device| device.serial.as_str()));
    if let Step::AssumeRole { request, .. } = step {
        fields
            .text(&request.role_arn)
            .text(&request.session_name)
            .maybe(request.external_id.as_deref())
            .maybe(request.source_identity.as_deref())
            .maybe(request.policy.as_deref())
            .number(request.tags.len() as u64);
        for (key, value) in &request.tags {
            fields.text(key).text(value);
        }
        fields.list(&request.transitive_tag_keys).list(&request.policy_arns);
    }
    fields.digest()
}

/// An encoding in which no two lists of fields look alike: every field carries its length.
struct Fields(Sha256);

impl Fields {
    fn new(kind: &str) -> Self {
        let mut fields = Self(Sha256::new());
        fields.text("awstok session 1").text(kind);
        fields
    }

    fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.0.update((value.len() as u64).to_be_bytes());
        self.0.update(value);
        self
    }

    fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    fn number(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    fn maybe(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.number(1).text(value),
            None => self.number(0),
        }
    }

    fn list(&mut self, items: &[String]) -> &mut Self {
        self.number(items.len() as u64);
        items.iter().fold(self, |fields, item| fields.text(item))
    }

    /// Where a call to STS goes.
    fn reach(&mut self, region: Option<&str>, role_arn: Option<&str>, settings: &StsSettings) -> &mut Self {
        self.maybe(settings.endpoint.as_deref())
            // a name that isn't a region's never gets as far as a call
            .maybe(settings.region_for(region, role_arn).ok().as_deref())
            .number(u64::from(settings.use_fips) * 2 + u64::from(settings.use_dual_stack))
    }

    fn digest(self) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::credentials::tests::{chain, role};
    use crate::profile::plan::{AssumeRoleWithWebIdentity, MetadataService};
    use crate::wire::Network;

    #[test]
    fn everything_that_matters_changes_the_name_and_the_profile_does_not() {
        let settings = StsSettings::default();
        let name = |change: &dyn Fn(&mut Plan)| {
            let mut plan = chain();
            change(&mut plan);
            identities(&plan, &settings, &Sources::default()).pop().unwrap()
        };
        let plain = name(&|_| {});
        assert_eq!(plain.as_str().len(), 64);
        assert_eq!(plain, name(&|plan| plan.profile = "other".into()));
        let changes: [&dyn Fn(&mut Plan); 9] = [
            &|plan| {
                let Base::LongTerm { access_key_id, .. } = &mut plan.base else { panic!("another base") };
                access_key_id.push('X');
            },
            &|plan| role(plan).role_arn.push('x'),
            &|plan| role(plan).session_name.push('x'),
            &|plan| role(plan).external_id = Some(String::new()),
            &|plan| role(plan).tags = vec![("ab".into(), "c".into())],
            &|plan| role(plan).tags = vec![("a".into(), "bc".into())],
            &|plan| role(plan).policy_arns = vec!["ab".into()],
            &|plan| role(plan).transitive_tag_keys = vec!["ab".into()],
            &|plan| role(plan).policy = Some("{}".into()),
        ];
        let mut names: Vec<_> = changes.iter().map(|change| name(change)).collect();
        let other_region = StsSettings { region: Some("eu-west-1".into()), ..settings.clone() };
        names.extend(identities(&chain(), &other_region, &Sources::default()).pop());
        let other_endpoint = StsSettings { endpoint: Some("https://x".into()), ..settings.clone() };
        names.extend(identities(&chain(), &other_endpoint, &Sources::default()).pop());
        names.push(plain);
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn sources_are_told_apart_by_all_that_makes_them() {
        let base = |base: Base| Plan { base, steps: vec![], ..chain() };
        let process = |words: &[&str]| Base::Process {
            profile: "p".into(),
            account_id: None,
            words: words.iter().map(ToString::to_string).collect(),
        };
        let instance = |endpoint: Option<&str>| Base::InstanceMetadata {
            profile: "p".into(),
            account_id: None,
            service: MetadataService { endpoint: endpoint.map(Into::into), ..MetadataService::default() },
        };
        let container = || Base::Container { profile: "p".into(), account_id: None };
        let web = |change: &dyn Fn(&mut AssumeRoleWithWebIdentity)| {
            let mut request = AssumeRoleWithWebIdentity {
                role_arn: "arn:aws:iam::123456789012:role/a".into(),
                session_name: None,
                token_file: "/t".into(),
                duration: std::time::Duration::from_secs(3_600),
                policy: None,
                policy_arns: vec![],
            };
            change(&mut request);
            Base::WebIdentity { profile: "p".into(), request: Box::new(request), region: None }
        };
        let on = |host: &str, env: &[(&str, &str)]| {
            Sources::new(&env.iter().copied().collect(), Network::default(), host, Clock::System)
        };
        const URL: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/");
        const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
        let name = |plan: &Plan, sources: &Sources| identities(plan, &StsSettings::default(), sources).pop().unwrap();
        let plain = on("a", &[URL]);
        let mut names = vec![
            name(&base(process(&["x", "y z"])), &plain),
            name(&base(process(&["x", "y", "z"])), &plain),
            name(&base(instance(None)), &plain),
            name(&base(instance(None)), &on("b", &[])),
            name(&base(instance(Some("http://c"))), &plain),
            name(&base(container()), &plain),
            name(&base(container()), &on("b", &[URL])),
            name(&base(container()), &on("a", &[URL, (TOKEN, "one")])),
            name(&base(container()), &on("a", &[URL, (TOKEN, "two")])),
            name(&base(container()), &on("a", &[URL, ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/t")])),
            name(&base(web(&|_| {})), &plain),
            name(&base(web(&|request| request.role_arn.push('x'))), &plain),
            name(&base(web(&|request| request.token_file.push("x"))), &plain),
            name(&base(web(&|request| request.session_name = Some("x".into()))), &plain),
            name(&base(web(&|request| request.policy_arns.push("x".into()))), &plain),
        ];
        assert_eq!(names[0], name(&Plan { profile: "other".into(), ..base(process(&["x", "y z"])) }, &plain));
        assert!(
            identities(
                &base(Base::Environment { profile: "p".into(), account_id: None }),
                &StsSettings::default(),
                &plain
            )
            .is_empty()
        );
        let roles = |key: &str| {
            let env = on("a", &[("AWS_ACCESS_KEY_ID", key), ("AWS_SECRET_ACCESS_KEY", "s")]);
            let base = Base::Environment { profile: "p".into(), account_id: None };
            name(&Plan { base, steps: chain().steps.split_off(1), ..chain() }, &env)
        };
        names.extend([roles("one"), roles("two")]);
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
