//! Owns the diagnosis: facts gathered tolerantly, the chain of sources that SDKs walk, and what is wrong, as pure rules over facts.
//! It refuses to ask, to print, to show a secret, and to change anything but what `Mending` is told to.

mod aws_file;
mod caches;
mod chain;
mod facts;
mod finding;
mod mending;
mod network;
mod page;
mod places;
mod rules;
mod sdks;
mod view;

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::{Result, invalid};
use crate::paths::Paths;
use crate::profile::name::nearest;
use crate::profile::plan::MetadataService;

pub use chain::{Chain, Link, Source};
pub use finding::{Finding, Mend, Severity};
pub use mending::{Mending, mode_of};

use chain::Named;
use facts::Facts;
use network::{Network, Questions};
use rules::Case;
use view::View;

/// What is to be diagnosed, and where.
#[derive(Debug, Clone)]
pub struct Patient<'a> {
    /// The environment.
    pub env: &'a Environment,
    /// Where the files are.
    pub paths: &'a Paths,
    /// Where instants come from.
    pub clock: Clock,
    /// PROFILE.
    pub profile: Option<&'a str>,
    /// Ask nobody.
    pub offline: bool,
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The profile.
    pub profile: String,
    /// The source that an SDK takes.
    pub winner: Option<Source>,
    /// All nine.
    pub chain: Vec<Link>,
    /// What is wrong, the worst first.
    pub findings: Vec<Finding>,
    /// Why there is no winner.
    #[serde(skip)]
    pub stop: Option<String>,
    /// The answers, for the diagnosis after a mending: nobody is asked twice.
    #[serde(skip)]
    network: Network,
}

impl Patient<'_> {
    /// Makes the diagnosis.
    ///
    /// # Errors
    /// Exit 3 for a PROFILE that is nowhere. Whatever else is broken is a finding.
    pub fn diagnose(&self) -> Result<Report> {
        let mut facts = Facts::gather(self.env, self.paths, self.now());
        let profile = self.choose(&facts)?;
        facts.network = Network::offline(self.env);
        if !self.offline {
            facts.network = self.ask(&facts, &profile);
        }
        Ok(self.judge(&facts, &profile))
    }

    /// Makes it once more after a mending: what is no longer found was fixed.
    pub fn diagnose_again(&self, before: Report) -> Report {
        let mut facts = Facts::gather(self.env, self.paths, self.now());
        facts.network = before.network;
        let mut after = self.judge(&facts, &before.profile);
        let gone = |finding: &Finding| !after.findings.iter().any(|still| still.is_same(finding));
        let fixed: Vec<Finding> =
            before.findings.into_iter().filter(|finding| finding.fixable && gone(finding)).collect();
        after.findings.extend(fixed.into_iter().map(|finding| Finding { fixed: true, ..finding }));
        after.findings.sort_by_key(|finding| finding.severity);
        after
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn judge(&self, facts: &Facts, profile: &str) -> Report {
        let named = self.by();
        let chain = Chain::walk(facts, profile, named);
        let findings = rules::judge(Case { facts, chain: &chain, named });
        Report {
            profile: chain.profile,
            winner: chain.winner,
            chain: chain.links,
            findings,
            stop: chain.stop,
            network: facts.network.clone(),
        }
    }

    /// Gives the profile that somebody names.
    fn named(&self) -> Option<&str> {
        self.profile.or_else(|| self.env.text("AWS_PROFILE")).or_else(|| self.env.text("AWS_DEFAULT_PROFILE"))
    }

    fn by(&self) -> Named {
        match self.profile.or_else(|| self.env.text("AWS_PROFILE")) {
            Some(_) => Named::Person,
            None if self.named().is_some() => Named::OldVariable,
            None => Named::Nobody,
        }
    }

    fn choose(&self, facts: &Facts) -> Result<String> {
        let Some(profile) = self.profile else { return Ok(self.named().unwrap_or("default").to_owned()) };
        let files = [&facts.config, &facts.credentials];
        let is_somewhere = profile == "default"
            || facts.is_in_aws_files(profile)
            || facts.profile_file(profile).is_some()
            || facts.config.parts.iter().any(|part| part.header == profile)
            // in a file that can't be read it may well be
            || files.into_iter().any(aws_file::AwsFile::is_unknown)
            || facts.no_profiles.is_some();
        if is_somewhere {
            return Ok(profile.to_owned());
        }
        let own = facts.profiles.iter().map(|file| file.name.as_str());
        let in_files = files.into_iter().flat_map(|file| file.profiles().map(|(name, _)| name));
        let near: Vec<String> = nearest(profile, own.chain(in_files)).iter().map(|near| format!("`{near}`")).collect();
        let failure = invalid(format!("there is no profile `{profile}`, neither of awstok's nor in the AWS files"));
        Err(match near.is_empty() {
            true => failure.hint("`awstok list` shows the profiles"),
            false => failure.hint(format!("did you mean {}?", near.join(", "))),
        }
        .into())
    }

    /// Asks the network for what the diagnosis needs.
    fn ask(&self, facts: &Facts, profile: &str) -> Network {
        let view = View::new(facts, profile);
        let own = facts.profile_file(profile).and_then(|file| file.profile.as_ref());
        let chain = Chain::walk(facts, profile, self.by());
        let is_open = chain.winner.is_none() && chain.stop.is_none();
        let needs = is_open || !rules::needs_metadata(facts).is_empty();
        let service = || {
            let in_files = MetadataService {
                endpoint: view.value("ec2_metadata_service_endpoint").map(str::to_owned),
                ipv6: view
                    .value("ec2_metadata_service_endpoint_mode")
                    .is_some_and(|mode| mode.eq_ignore_ascii_case("ipv6")),
                v1_disabled: view
                    .value("ec2_metadata_v1_disabled")
                    .is_some_and(|value| value.eq_ignore_ascii_case("true")),
            };
            own.map(|own| own.metadata_service.clone())
                .filter(|own| *own != MetadataService::default())
                .unwrap_or(in_files)
        };
        let region = own.and_then(|own| own.region.clone()).or_else(|| view.value("region").map(str::to_owned));
        Network::ask(self.env, self.clock, &Questions { aws: true, region, metadata: needs.then(service) })
    }
}

impl Report {
    /// Tells whether something is an error still.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error && !finding.fixed)
    }

    /// Gives what `--fix` may do, each once.
    pub fn mends(&self) -> Vec<Mend> {
        let mut mends: Vec<Mend> = Vec::new();
        for mend in self.findings.iter().filter_map(|finding| finding.mend.as_ref()) {
            if !mends.contains(mend) {
                mends.push(mend.clone());
            }
        }
        mends
    }

    /// Writes it for people; paths below `home` begin with `~`.
    pub fn text(&self, shorten: impl Fn(&PathBuf) -> String, width: Option<usize>) -> String {
        page::page(self, &shorten, width)
    }
}
