//! Owns the two questions that go out: AWS's clock, and whether the metadata service gives a role. Both at once, in bounded time.
//! It refuses to send credentials, to follow a redirect, and to fail: silence is an answer.

use std::time::Duration;

use jiff::SignedDuration;

use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::{Kind, Result, kind_of};
use crate::imds::{Imds, ImdsSettings};
use crate::partition::Partition;
use crate::profile::plan::MetadataService;
use crate::wire::{self, ApiSettings, NetworkSettings, Request, exchange};

/// How long AWS is waited for.
const AWS: Duration = Duration::from_secs(5);
/// How long the metadata service is waited for: on an instance it answers within milliseconds.
const METADATA: Duration = Duration::from_secs(2);

/// What the network said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// Of AWS.
    pub aws: Aws,
    /// Of the metadata service.
    pub metadata: Metadata,
}

/// What is known of AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Aws {
    /// It wasn't asked.
    #[default]
    NotAsked,
    /// It answered; its clock is so far ahead of this one, where the answer says.
    Answered(Option<SignedDuration>),
    /// It didn't, for this reason.
    Silent(String),
}

/// What is known of the metadata service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Metadata {
    /// It wasn't asked.
    #[default]
    NotAsked,
    /// The environment switches it off.
    Disabled,
    /// It gives the credentials of this role.
    Role(String),
    /// It gives none, for this reason.
    None(String),
}

/// Whom to ask.
#[derive(Debug, Clone)]
pub struct Questions {
    /// Ask for AWS's clock, in the profile's region.
    pub aws: bool,
    /// The profile's region.
    pub region: Option<String>,
    /// Ask for the metadata service as a profile describes it.
    pub metadata: Option<MetadataService>,
}

impl Network {
    /// Tells what is known without asking anyone.
    pub fn offline(env: &Environment) -> Self {
        let metadata =
            if ImdsSettings::from_environment(env).disabled { Metadata::Disabled } else { Metadata::NotAsked };
        Self { aws: Aws::NotAsked, metadata }
    }

    /// Asks, both sides at once.
    pub fn ask(env: &Environment, clock: Clock, questions: &Questions) -> Self {
        let known = Self::offline(env);
        let network = wire::Network::new(NetworkSettings::from_environment(env));
        std::thread::scope(|scope| {
            let metadata =
                questions.metadata.as_ref().filter(|_| known.metadata == Metadata::NotAsked).map(|service| {
                    let imds = Imds::new(ImdsSettings::from_environment(env), network.clone(), clock);
                    scope.spawn(move || match imds.role(service, METADATA) {
                        Ok(role) => Metadata::Role(role),
                        Err(error) => Metadata::None(format!("{error:#}")),
                    })
                });
            let aws = if questions.aws { ask_aws(env, &network, clock, questions) } else { Aws::NotAsked };
            let metadata = match metadata.map(std::thread::ScopedJoinHandle::join) {
                Some(Ok(metadata)) => metadata,
                Some(Err(_)) => Metadata::None("the question failed".into()),
                None => known.metadata.clone(),
            };
            Self { aws, metadata }
        })
    }
}

fn ask_aws(env: &Environment, network: &wire::Network, clock: Clock, questions: &Questions) -> Aws {
    match date_of_aws(env, network, clock, questions.region.as_deref()) {
        Ok(ahead) => Aws::Answered(ahead),
        Err(error) if kind_of(&error) == Kind::Unreachable => Aws::Silent(format!("{:#}", error.root_cause())),
        Err(error) => Aws::Silent(format!("{error:#}")),
    }
}

/// Asks STS for nothing, and reads the date of the answer, of whatever status.
fn date_of_aws(
    env: &Environment,
    network: &wire::Network,
    clock: Clock,
    region: Option<&str>,
) -> Result<Option<SignedDuration>> {
    let settings = ApiSettings::from_environment(env, "STS");
    let region = settings.region_for(region, None)?;
    let endpoint = settings.checked_endpoint()?;
    let way = settings.way()?;
    let url = match &endpoint {
        Some(endpoint) => endpoint.url.to_owned(),
        None => format!("https://sts.{region}.{}/", Partition::of_region(&region).dns_suffix()),
    };
    let wire = network.wire(way)?;
    network.run(AWS + Duration::from_millis(200), async move {
        let request = Request { method: "GET", url: &url, headers: &[], limit: AWS };
        match exchange(&wire, request).await {
            Ok(answer) => Ok(answer.date.map(|date| date.duration_since(clock.now()))),
            Err(trouble) => Err(anyhow::anyhow!("`{url}`: {}", trouble.words())),
        }
    })?
}
