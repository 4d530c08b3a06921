//! Owns the names of cached sessions: a hash over everything that goes into a step and all steps before it.
//! It refuses the profile's name: profiles whose plans begin alike share what they share.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::profile::plan::{Base, Plan, Step};
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

/// Names the session of each step of a plan.
pub fn identities(plan: &Plan, settings: &StsSettings) -> Vec<Identity> {
    let mut before = Fields::new("base");
    match &plan.base {
        Base::LongTerm { access_key_id, .. } => before.text("long-term").text(access_key_id),
    };
    let mut before = before.digest();
    plan.steps
        .iter()
        .map(|step| {
            before = of_step(step, &before, settings);
            Identity(before.iter().map(|byte| format!("{byte:02x}")).collect())
        })
        .collect()
}

fn of_step(step: &Step, before: &[u8], settings: &StsSettings) -> Vec<u8> {
    let role = match step {
        Step::AssumeRole { request, .. } => Some(request.role_arn.as_str()),
        Step::GetSessionToken { .. } => None,
    };
    let mut fields = Fields::new("step");
    fields
        .bytes(before)
        .maybe(settings.endpoint.as_deref())
        // a name that isn't a region's never gets as far as a call
        .maybe(settings.region_for(step.region(), role).ok().as_deref())
        .number(u64::from(settings.use_fips) * 2 + u64::from(settings.use_dual_stack))
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
        for list in [&request.transitive_tag_keys, &request.policy_arns] {
            fields.number(list.len() as u64);
            list.iter().for_each(|item| {
                fields.text(item);
            });
        }
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

    fn digest(self) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::{chain, role};

    #[test]
    fn everything_that_matters_changes_the_name_and_the_profile_does_not() {
        let settings = StsSettings::default();
        let name = |change: &dyn Fn(&mut Plan)| {
            let mut plan = chain();
            change(&mut plan);
            identities(&plan, &settings).pop().unwrap()
        };
        let plain = name(&|_| {});
        assert_eq!(plain.as_str().len(), 64);
        assert_eq!(plain, name(&|plan| plan.profile = "other".into()));
        let changes: [&dyn Fn(&mut Plan); 9] = [
            &|plan| {
                let Base::LongTerm { access_key_id, .. } = &mut plan.base;
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
        names.extend(identities(&chain(), &other_region).pop());
        let other_endpoint = StsSettings { endpoint: Some("https://x".into()), ..settings.clone() };
        names.extend(identities(&chain(), &other_endpoint).pop());
        names.push(plain);
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
