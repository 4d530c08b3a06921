//! Owns the tests of the rules that several files of this folder make together, on profiles in memory.

mod defaults;
mod files;
mod folders;
mod plans;
mod sources;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::plan::{Plan, Step};
use super::*;
use crate::error::{Result, hint_of, invalid, kind_of};

/// Profiles in memory. Each is written as its name, a colon and its keys, one a line.
struct Files {
    texts: BTreeMap<String, String>,
    settings: Settings,
    policy: &'static str,
}

impl Files {
    fn new(profiles: &[(&str, &str)]) -> Self {
        let texts = profiles.iter().map(|(name, keys)| ((*name).to_owned(), format!("[{name}]\n{keys}\n")));
        Self { texts: texts.collect(), settings: Settings::default(), policy: "{}" }
    }

    fn with_defaults(mut self, keys: &str) -> Self {
        let text = format!("[defaults]\n{keys}\n");
        self.settings.defaults = entries::of_defaults(Path::new("settings"), text.as_bytes()).unwrap();
        self
    }

    fn plan(&mut self, name: &str) -> Result<Plan> {
        self.plan_for(name, None)
    }

    fn plan_for(&mut self, name: &str, duration: Option<u64>) -> Result<Plan> {
        let request =
            Request { duration: duration.map(Duration::from_secs), session_name: "ann".into(), ..Request::default() };
        plan(name, &request, self)
    }

    /// Plans, and shows the steps in short.
    fn steps(&mut self, name: &str) -> String {
        shown(&self.plan(name).unwrap())
    }

    /// Fails, and shows the whole message.
    fn failure(&mut self, name: &str) -> String {
        let error = self.plan(name).unwrap_err();
        assert_eq!(kind_of(&error), crate::error::Kind::Invalid, "{error:?}");
        crate::error::render(&error)
    }
}

impl Loader for Files {
    fn load(&mut self, name: &str) -> Result<Profile> {
        let text = self.texts.get(name).ok_or_else(|| invalid(format!("there is no profile `{name}`")))?;
        file::read(name, Path::new(name), text.as_bytes(), &self.settings)
    }

    fn read_policy(&mut self, _: &str) -> Result<String> {
        Ok(self.policy.to_owned())
    }

    fn place(&self, path: &str) -> PathBuf {
        Path::new("/profiles").join(path)
    }

    fn sign_in(&mut self, profile: &Profile) -> Result<Option<SignIn>> {
        sign_in::of_profile(profile, Path::new("config"), &mut || Ok(CONFIG.into()))
    }
}

/// The config file of all tests.
const CONFIG: &str =
    "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n[sso-session half]\n";

/// Reads one file with the name `prod`, without settings.
fn read(keys: &str) -> Result<Profile> {
    Files::new(&[("prod", keys)]).load("prod")
}

/// Shows a plan as `user → session 12h code(device) → role 1h code(device)`.
fn shown(plan: &Plan) -> String {
    let mut parts = vec![match &plan.base {
        plan::Base::LongTerm { profile, .. } => profile.clone(),
        other => format!("{} of {}", other.what(), other.profile()),
    }];
    for step in &plan.steps {
        let call = match step {
            Step::GetSessionToken { profile, .. } => format!("session {profile}"),
            Step::AssumeRole { request, .. } => request.role_arn.rsplit(':').next().unwrap().to_owned(),
        };
        let code = step.mfa().map(|device| format!(" code({})", device.serial)).unwrap_or_default();
        parts.push(format!("{call} {}{code}", crate::clock::short_duration(step.duration())));
    }
    parts.join(" → ")
}
