//! Owns what is judged of the network's answers: this machine's clock, and the metadata service where a profile needs it.

use super::Case;
use crate::clock::{is_off, offset_words};
use crate::doctor::facts::Facts;
use crate::doctor::finding::Finding;
use crate::doctor::network::{Aws, Metadata};
use crate::profile::CredentialSource;

pub(super) fn judge(Case { facts, .. }: Case<'_>, found: &mut Vec<Finding>) {
    match &facts.network.aws {
        Aws::Answered(Some(ahead)) if is_off(*ahead) => {
            let words = offset_words(*ahead, "AWS's");
            let message =
                format!("this machine's clock {words}: AWS refuses signatures that are more than 5 minutes off");
            found.push(
                Finding::error("clock-skew", message).fix("set the clock right (NTP): `timedatectl set-ntp true`"),
            );
        }
        Aws::Silent(why) => {
            let finding = Finding::info("aws-unreachable", format!("AWS can't be reached: {why}"));
            found.push(finding.fix("check the network, `HTTPS_PROXY` and `AWS_ENDPOINT_URL`; `--offline` doesn't ask"));
        }
        Aws::NotAsked | Aws::Answered(_) => {}
    }
    let (why, fix) = match &facts.network.metadata {
        Metadata::NotAsked | Metadata::Role(_) => return,
        Metadata::Disabled => {
            ("`AWS_EC2_METADATA_DISABLED` switches it off", "`unset AWS_EC2_METADATA_DISABLED` on an EC2 instance")
        }
        Metadata::None(why) => {
            (why.as_str(), "it answers on EC2 instances only; from a container, the instance's hop limit must be 2")
        }
    };
    for need in needs_metadata(facts) {
        let message = format!("`{}` needs the instance metadata service: {why}", need.profile);
        let finding = Finding::error("imds-unreachable", message).of(&need.profile);
        found.push(finding.at(&need.file, need.line).fix(fix));
    }
}

/// A profile that lives on the metadata service.
#[derive(Debug)]
pub struct Need {
    profile: String,
    file: std::path::PathBuf,
    line: Option<usize>,
}

/// Finds the profiles that need the metadata service.
pub fn needs_metadata(facts: &Facts) -> Vec<Need> {
    let mut needs = Vec::new();
    for file in &facts.profiles {
        let source = file.profile.as_ref().and_then(|profile| profile.credential_source);
        if source == Some(CredentialSource::Ec2InstanceMetadata) {
            let line = file.line_of(&["credential_source"]);
            needs.push(Need { profile: file.name.clone(), file: file.path.clone(), line });
        }
    }
    for file in [&facts.config, &facts.credentials] {
        for (name, part) in file.profiles() {
            let Some(source) = part.get("credential_source").filter(|key| key.value == "Ec2InstanceMetadata") else {
                continue;
            };
            if !needs.iter().any(|need| need.profile == name) {
                needs.push(Need { profile: name.to_owned(), file: file.path.clone(), line: Some(source.line) });
            }
        }
    }
    needs
}
