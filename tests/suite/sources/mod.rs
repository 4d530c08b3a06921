//! Credentials that begin elsewhere than in a profile file: instance, container, another program, web identity, environment.

mod container;
mod environment;
mod instance;
mod outages;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod rounds;
mod web_identity;

use awstok::sandbox::{Role, Sandbox};
use serde_json::Value;

use crate::home::Home;

pub const BEHIND: &str = "arn:aws:iam::333344445555:role/behind";
pub const FURTHER: &str = "arn:aws:iam::333344445555:role/further";

/// A home whose calls go to the stand-in, with a dead proxy that nobody may ask.
fn home(sandbox: &Sandbox) -> Home {
    let mut home = Home::new();
    home.set("AWS_ENDPOINT_URL", sandbox.url());
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        home.set(name, "http://127.0.0.1:9");
    }
    home
}

/// Adds a role that `first` may assume, and one behind it, with the profiles `role` and `further`.
fn add_roles(home: &Home, sandbox: &Sandbox, first: &str, master: &str) {
    sandbox.change(|world| {
        world.add_role(Role::new(BEHIND).trusts(first)).unwrap();
        world.add_role(Role::new(FURTHER).trusts(BEHIND)).unwrap();
    });
    home.profile("role", &format!("role_arn = {BEHIND}\n{master}\nregion = eu-west-1\n"));
    home.profile("further", &format!("role_arn = {FURTHER}\nmaster_profile = role\n"));
}

#[track_caller]
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Who a profile is, by AWS's word.
#[track_caller]
fn who(home: &Home, profile: &str) -> String {
    json(&home.ok(&["whoami", profile, "--json"]))["arn"].as_str().unwrap().to_owned()
}

/// The paths that were asked for at the metadata service or the container's endpoint, and the actions of STS.
fn asked(sandbox: &Sandbox) -> Vec<String> {
    let calls = sandbox.calls();
    sandbox.clear_calls();
    let shown = |call: awstok::sandbox::Call| match call.path.as_str() {
        "/" => call.action,
        path => path.trim_start_matches("/latest/").to_owned(),
    };
    calls.into_iter().map(shown).collect()
}
