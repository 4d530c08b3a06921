//! `awstok console`: a sign-in URL for the AWS console with a profile's session, opened or printed.
//! It refuses to let the URL, which is as good as the credentials, into a message, a file or the list of processes.

use std::time::Duration;

use jiff::SignedDuration;

use crate::app::App;
use crate::arguments::{OneProfile, duration};
use crate::broker::{Broker, Wish};
use crate::browser::{Browser, Landing, Page};
use crate::clock::{rfc3339, short_duration};
use crate::console::{Federation, Service, checked, federation, home, in_some_console};
use crate::credentials::Want;
use crate::error::{Failure, Kind, Result, invalid, usage};
use crate::guard::Permission;
use crate::handout::Recipient;
use crate::partition::Partition;
use crate::profile::{self, Profile};
use crate::secret::Secret;
use crate::session::Session;
use crate::sign_in::{URL_LIFE, Visit};
use crate::ui::shown;

/// How long the browser may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sign in to the AWS console with a profile's session
///
/// Opens the console in the browser: the one of `--browser`, of BROWSER, or the desktop's. The browser
/// gets an address on this machine that works once, so that the sign-in URL stands in no list of
/// processes. A browser that is signed in to another account keeps that session where multi-session
/// support is turned on in the console; else that one ends.
///
/// In the command of a browser `%s` is the address, `%u` the address for a place within a URL, `%p`
/// the profile: so each profile has a Chromium profile or a Firefox container (with the add-on "Open
/// external links in a container") of its own.
///
/// Roles, IAM Identity Center and programs give sessions that AWS takes here; an IAM user's session
/// it doesn't. How long the console stays open is for AWS to say, or for `--duration`, 15m to 12h,
/// which AWS doesn't allow where a role assumed the role.
///
/// Examples:
///   awstok console prod
///   awstok console prod --service s3
///   awstok console prod --destination "$(xclip -o)"   a page whose address was copied
///   awstok console prod --print | xclip
///   awstok console prod --browser 'chromium --user-data-dir=/home/me/.chromium/%p %s'
///   awstok console prod --browser "firefox 'ext+container:name=%p&url=%u'"
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    profile: OneProfile,
    #[command(flatten)]
    permission: Permission,
    /// The service to begin with, as in the console's address: s3, ec2, cloudwatch …
    #[arg(long, value_name = "SERVICE", conflicts_with = "destination")]
    service: Option<String>,
    /// The page to begin with, any of the partition's console
    #[arg(long, value_name = "URL")]
    destination: Option<String>,
    /// How long the console stays open, 15m to 12h
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    duration: Option<Duration>,
    /// Print the URL instead; it lets whoever has it in, for 15 minutes
    #[arg(long)]
    print: bool,
    /// The browser's command
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["print", "json"])]
    browser: Option<String>,
    /// Print JSON: {"profile","url","expires"}
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        if self.duration.is_some_and(|duration| !(15 * 60..=12 * 3_600).contains(&duration.as_secs())) {
            return Err(usage("`--duration` of the console is 15 minutes to 12 hours").into());
        }
        let service: Option<Service> = self.service.as_deref().map(str::parse).transpose()?;
        self.destination.as_deref().map_or(Ok(()), in_some_console)?;
        let broker = Broker::new(app)?;
        let name = broker.choose(self.profile.given())?;
        let plan = broker.plan(&name, Wish { write: self.permission.write, ..Wish::default() })?;
        let allowed = federation(&plan).map_err(|refusal| refusal.hint(roles_instead(app, &broker, &name)))?;
        let browser = self.browser(app, &name)?;
        self.permission.admit(app, &plan)?;
        let resolved = broker.resolve_one(&plan, &Want::to_use())?;
        let session = &resolved.session;
        if session.credentials.session_token().is_none() {
            return Err(invalid(format!(
                "profile `{}` gives long-term credentials, which AWS's sign-in doesn't take",
                shown(&name)
            ))
            .hint("name a profile of a role")
            .into());
        }
        let region = plan.region.as_deref().or(session.region.as_deref()).or_else(|| environments_region(app));
        let of_session = || session.arn.as_deref().and_then(Partition::of_arn);
        let of_region = || region.map(Partition::of_region);
        let partition = plan.partition().or_else(of_session).or_else(of_region).unwrap_or(Partition::Aws);
        let destination = match &self.destination {
            Some(url) => checked(partition, url)?,
            None => home(partition, region, service.as_ref())?,
        };
        let duration = self.duration.filter(|_| allowed == Federation::AnyLength);
        if let Some(duration) = self.duration.filter(|_| duration.is_none()) {
            app.ui.warn(&format!(
                "`{}` is a role behind a role: AWS says how long the console stays open, not `--duration {}`",
                shown(&name),
                short_duration(duration)
            ));
        }
        let visit = Visit { credentials: &session.credentials, partition, region, duration, destination: &destination };
        let url = broker.sign_in().url(visit)?;
        let recipient = match browser {
            Some(_) => Recipient::browser("console"),
            None => Recipient::parent("console"),
        };
        recipient.gets(app, &plan, &resolved);
        if self.json {
            let expires = expires(app, session);
            return app.ui.hand_over(format!(
                "{:#}\n",
                serde_json::json!({ "profile": name, "url": url.expose(), "expires": expires })
            ));
        }
        match browser {
            None => app.ui.hand_over(format!("{}\n", url.expose())),
            Some(browser) => open(app, &browser, &name, &url),
        }
    }

    /// Finds the browser that is to open the console; none where the URL is printed.
    fn browser(&self, app: &App, profile: &str) -> Result<Option<Browser>> {
        if self.print || self.json {
            return Ok(None);
        }
        let browser = match &self.browser {
            Some(command) => Browser::named(command, &app.env)?,
            None => Browser::find(&app.env).ok_or_else(|| {
                usage("there is no browser here")
                    .hint("name one with `--browser` or `BROWSER`, or print the URL with `--print`")
            })?,
        };
        Ok(Some(browser.of_profile(profile)))
    }
}

/// Hands the URL to a browser, by an address on this machine that serves it once.
fn open(app: &App, browser: &Browser, profile: &str, url: &Secret<String>) -> Result<()> {
    let path = format!("/{}", Secret::<[u8; 32]>::random()?.in_base64url().expose());
    let landing = Landing::start(&path, |_| Ok(()))?;
    let hint = "print the URL with `--print`, or name another browser with `--browser`";
    if !browser.open(&landing.url()) {
        return Err(Failure::new(Kind::Other, "no browser could be started").hint(hint).into());
    }
    app.ui.say(&format!("the console of `{}` opens in the browser", shown(profile)));
    match landing.wait(PATIENCE) {
        Some(arrived) => {
            arrived.browser.answer(Page::onward(url));
            Ok(())
        }
        None => Err(Failure::new(Kind::Other, "the browser didn't come for the address").hint(hint).into()),
    }
}

/// Says until when the URL can be used.
fn expires(app: &App, session: &Session) -> Option<String> {
    let life = SignedDuration::try_from(URL_LIFE).ok()?;
    let end = app.clock.now().saturating_add(life).ok()?;
    Some(rfc3339(session.expiration().map_or(end, |credentials| end.min(credentials))))
}

fn environments_region(app: &App) -> Option<&str> {
    app.env.text("AWS_REGION").or_else(|| app.env.text("AWS_DEFAULT_REGION"))
}

/// Names the profiles of roles that `user` can sign in with.
fn roles_instead(app: &App, broker: &Broker<'_>, user: &str) -> String {
    let (profiles, _) = profile::load_all(&app.paths.profiles, broker.settings()).unwrap_or_default();
    let master = |profile: &Profile| profile.master.as_ref().map(|master| master.value.clone());
    let begins_with_user = |profile: &&Profile| {
        let mut at = master(profile);
        // no chain is longer than there are profiles
        for _ in 0..profiles.len() {
            match at {
                Some(name) if name == user => return true,
                Some(name) => at = profiles.iter().find(|other| other.name == name).and_then(&master),
                None => return false,
            }
        }
        false
    };
    let roles: Vec<_> =
        profiles.iter().filter(begins_with_user).map(|role| format!("`{}`", shown(&role.name))).collect();
    match roles.as_slice() {
        [] => "make a profile of a role that this user may assume: `awstok profile add --kind role`".into(),
        roles => format!("sign in with a role of this user: {}", roles.join(", ")),
    }
}
