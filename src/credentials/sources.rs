//! Owns the sources of first credentials: what is at hand, and who is asked for the rest.
//! It refuses to cache or to judge freshness; the walk does.

use jiff::Timestamp;

use super::long_term;
use super::shelf::InRun;
use crate::clock::Clock;
use crate::container::{Container, ContainerSettings};
use crate::environment::Environment;
use crate::error::{Failure, Kind, Result, invalid};
use crate::flight::Flight;
use crate::imds::{Imds, ImdsSettings};
use crate::locked_file::read_bounded;
use crate::paths::Paths;
use crate::profile::plan::{AssumeRoleWithWebIdentity, Base, UserSecret};
use crate::program::Programs;
use crate::secret::Secret;
use crate::session::{Demand, Said, Session};
use crate::sso::{AskSignIn, Sso, Wanted};
use crate::sts::StsApi;
use crate::tokens::{CliRoles, RoleOf, TokenFiles};
use crate::vault::Memory;
use crate::wire::Network;

/// The longest web identity token that STS takes.
const LONGEST_TOKEN: u64 = 20_000;

/// All sources, and how each is reached from here.
#[derive(Debug, Clone)]
pub struct Sources {
    environment: Environment,
    imds: Imds,
    container: Container,
    programs: Programs,
    sso: Sso,
    host: String,
    passphrases: Memory,
    in_run: InRun,
    clock: Clock,
}

/// What some sources need beside what the environment says.
#[derive(Clone, Copy)]
pub(super) struct Needs<'a> {
    pub(super) sts: &'a dyn StsApi,
    pub(super) paths: &'a Paths,
    pub(super) ask: &'a dyn AskSignIn,
    pub(super) clock: Clock,
}

impl Default for Sources {
    fn default() -> Self {
        Self::new(&Environment::default(), Network::default(), "", Clock::System)
    }
}

impl Sources {
    /// Keeps what the environment says; `host` is this machine's name. Nothing starts yet.
    pub fn new(env: &Environment, network: Network, host: &str, clock: Clock) -> Self {
        let keys = [
            "ACCESS_KEY_ID",
            "SECRET_ACCESS_KEY",
            "SESSION_TOKEN",
            "SECURITY_TOKEN",
            "CREDENTIAL_EXPIRATION",
            "ACCOUNT_ID",
        ];
        let keys = keys.iter().map(|key| format!("AWS_{key}"));
        Self {
            environment: keys.filter_map(|key| Some((key.clone(), env.get(&key)?.to_owned()))).collect(),
            imds: Imds::new(ImdsSettings::from_environment(env), network.clone(), clock),
            container: Container::new(ContainerSettings::from_environment(env), network.clone(), clock),
            sso: Sso::new(env, network, clock),
            programs: Programs::new(env, clock),
            host: host.to_owned(),
            passphrases: Memory::default(),
            in_run: InRun::default(),
            clock,
        }
    }

    /// The instance metadata service.
    pub fn imds(&self) -> &Imds {
        &self.imds
    }

    /// The container's endpoint.
    pub fn container(&self) -> &Container {
        &self.container
    }

    /// IAM Identity Center.
    pub fn sso(&self) -> &Sso {
        &self.sso
    }

    /// The programs that profiles name.
    pub(super) fn programs(&self) -> &Programs {
        &self.programs
    }

    /// This machine's name: another one's credentials are others, in a home that both share.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Shares what those of the same run know.
    pub(super) fn know(&mut self, others: &Self) {
        (self.passphrases, self.in_run) = (others.passphrases.clone(), others.in_run.clone());
    }

    /// The sessions that only this run has.
    pub(super) fn in_run(&self) -> &InRun {
        &self.in_run
    }

    /// What is known of passphrases.
    pub fn passphrases(&self) -> &Memory {
        &self.passphrases
    }

    /// Gives credentials that nobody needs to be asked for: long-term ones, and the environment's.
    ///
    /// # Errors
    /// Where the environment has none, or expired ones; for a base that is fetched, and for a secret that is kept elsewhere.
    pub fn at_hand(&self, base: &Base) -> Result<Session> {
        match base {
            Base::LongTerm { access_key_id, secret_access_key: UserSecret::InFile(secret), account_id, .. } => {
                Ok(long_term::session(access_key_id, secret, account_id.as_deref()))
            }
            Base::Environment { profile, .. } => self.environments(profile),
            base => Err(anyhow::anyhow!("{} have to be fetched", base.what())),
        }
    }

    fn environments(&self, profile: &str) -> Result<Session> {
        let text = |name: &str| self.environment.text(name).map(str::to_owned);
        let said = Said {
            access_key_id: text("AWS_ACCESS_KEY_ID"),
            secret_access_key: text("AWS_SECRET_ACCESS_KEY"),
            session_token: text("AWS_SESSION_TOKEN").or_else(|| text("AWS_SECURITY_TOKEN")),
            expiration: text("AWS_CREDENTIAL_EXPIRATION"),
            account_id: text("AWS_ACCOUNT_ID"),
            role_arn: None,
        };
        if said.access_key_id.is_none() || said.secret_access_key.is_none() {
            let problem = format!("profile `{profile}` takes its credentials from the environment, and there are none");
            return Err(invalid(problem).hint("set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`").into());
        }
        let now = self.clock.now();
        let over = said.expiration.as_deref().and_then(|end| end.parse().ok()).is_some_and(|end: Timestamp| end <= now);
        let session = said.session(Demand::default(), now).map_err(|why| {
            let kind = if over { Kind::Refused } else { Kind::Invalid };
            Failure::new(kind, format!("the environment's credentials (profile `{profile}`) can't be used"))
                .because(anyhow::anyhow!(why))
                .hint("set `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and `AWS_CREDENTIAL_EXPIRATION` anew")
        })?;
        Ok(Session { issued_at: Timestamp::UNIX_EPOCH, ..session })
    }

    /// Checks that nobody started this process to get what it would now wait for.
    ///
    /// # Errors
    /// `Kind::Invalid` where a `credential_process` asks for itself.
    pub fn check_round(&self, base: &Base) -> Result<()> {
        match base {
            Base::Process { profile, .. } => self.programs.check_round(profile),
            _ => Ok(()),
        }
    }

    /// Gives what the AWS CLI got for the same role of IAM Identity Center, while it is good.
    pub(super) fn left_by_the_aws_cli(&self, base: &Base, paths: &Paths, now: Timestamp) -> Option<Session> {
        let Base::Sso { sign_in, account_id, role_name, .. } = base else { return None };
        let (session, start_url) = (sign_in.session.as_deref(), sign_in.start_url.as_str());
        CliRoles::new(paths).read(RoleOf { session, start_url, account_id, role_name }, now)
    }

    /// Asks a source for its credentials.
    ///
    /// # Errors
    /// Of the source.
    pub(super) fn fetch(&self, base: &Base, needs: Needs<'_>, flight: &Flight<'_>) -> Result<Session> {
        let Needs { sts, paths, ask, clock } = needs;
        match base {
            Base::LongTerm { .. } | Base::Environment { .. } => self.at_hand(base),
            Base::InstanceMetadata { service, .. } => self.imds.credentials(service),
            Base::Container { .. } => self.container.credentials(),
            Base::Process { profile, words, .. } => {
                // a program may ask a person
                let _asking = flight.asking();
                self.programs.credentials(profile, words)
            }
            Base::Sso { profile, sign_in, account_id, role_name } => {
                let wanted = Wanted { sign_in, profile: Some(profile) };
                let role = (account_id.as_str(), role_name.as_str());
                self.sso.role_credentials(&TokenFiles::new(paths), wanted, role, Some(flight), ask)
            }
            Base::WebIdentity { request, region, .. } => {
                let token = token(request)?;
                // as the SDKs do: a name that tells when
                let made_up = || format!("awstok-session-{}", clock.now().as_second());
                let name = request.session_name.clone().unwrap_or_else(made_up);
                sts.assume_role_with_web_identity(request, &name, &token, region.as_deref())
            }
        }
    }
}

/// Reads the token anew: its file is rewritten before the token ends.
fn token(request: &AssumeRoleWithWebIdentity) -> Result<Secret<String>> {
    let file = request.token_file.display();
    let whose = || format!("the web identity token in `{file}`");
    let bytes = read_bounded(&request.token_file, LONGEST_TOKEN).map_err(|error| {
        invalid(format!("{} can't be read", whose())).because(error).hint("check `web_identity_token_file`")
    })?;
    let text = std::str::from_utf8(&bytes).map(str::trim).ok();
    let text = text.filter(|text| text.len() >= 4 && text.bytes().all(|b| b.is_ascii_graphic()));
    let token =
        text.ok_or_else(|| invalid(format!("{} is none", whose())).hint("the file holds the token and nothing else"));
    Ok(Secret::from(token?))
}
