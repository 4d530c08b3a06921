//! The main job among programs that others wrote: moto's server, boto3, the AWS CLIs, shells, proxies.

mod clients;
#[cfg(unix)]
mod command;
#[cfg(unix)]
mod evaluation;
mod moto;
mod node;
pub mod proxy;

use awstok::sandbox::Sandbox;

use crate::home::Home;
use crate::sandbox::{BEHIND, DEVICE, KEY, ROLE, SECRET, code, start};

/// What AWS calls the role `ROLE` once `ann` has assumed it.
pub const ASSUMED: &str = "arn:aws:sts::210987654321:assumed-role/admin/ann";
/// The same for the role behind it.
pub const ASSUMED_BEHIND: &str = "arn:aws:sts::210987654321:assumed-role/behind/ann";
/// The user.
pub const ANN: &str = "arn:aws:iam::012345678901:user/ann";
/// A name of odd characters, all of them legal.
pub const ODD: &str = "we+ird@x.y(1)$HOME,%&*!";

/// A home with a profile of each kind, and the stand-in that knows their users and roles.
pub struct Stage {
    pub home: Home,
    pub sandbox: Sandbox,
}

impl Stage {
    pub fn new() -> Self {
        let (mut home, sandbox) = (Home::new(), start());
        home.set("AWS_ENDPOINT_URL", sandbox.url());
        home.set("AWS_EC2_METADATA_DISABLED", "true");
        home.profile(
            "mainuser",
            &format!(
                "aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\nmfa_id = {DEVICE}\nregion = eu-central-1\n"
            ),
        );
        // fish sets `USER` anew, which would be the session's name
        let role = |more: &str| {
            format!("role_arn = {ROLE}\nsource_profile = mainuser\nrole_session_name = ann\nregion = eu-west-1\n{more}")
        };
        home.profile("prod", &role("s3 =\n  max_concurrent_requests = 20\n  addressing_style = virtual\n"));
        home.profile("audit", &format!("role_arn = {BEHIND}\nmaster_profile = prod\nregion = eu-west-1\n"));
        home.profile("refreshing", &role("auto_refresh = yes\n"));
        home.profile("default", &role(""));
        home.profile(ODD, &role(""));
        home.profile(
            "bob",
            "aws_access_key_id = AKIABOB\naws_secret_access_key = bobs+secret\nsession = none\nregion = us-east-1\n",
        );
        Self { home, sandbox }
    }

    /// Everything fetched with one code.
    pub fn fetched() -> Self {
        let stage = Self::new();
        stage.home.ok(&["token", "--all", "--mfa-code", &stage.code()]);
        stage
    }

    pub fn code(&self) -> String {
        code(&self.sandbox)
    }
}
