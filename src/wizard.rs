//! Owns the questions that make a profile: what is missing of its kind, asked in order, each answer judged as it comes by the
//! reader of profile files. It refuses to ask where the flags say enough, or where nobody sits.

use std::path::Path;

use zeroize::Zeroizing;

use crate::app::App;
use crate::cabinet::{Cabinet, Line, lines};
use crate::error::{Result, hint_of, usage};
use crate::profile::keys::Key;
use crate::profile::{self, Kind, Settings, name};

/// The kinds of profiles that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Sort {
    /// An IAM user with long-term credentials
    User,
    /// A role, assumed with another profile's credentials
    Role,
    /// A role of IAM Identity Center
    Sso,
    /// Another program as the source
    Process,
    /// No credentials: the profile only feeds the config file
    Config,
}

/// Stands for the file that doesn't exist yet.
const ANSWER: &str = "answer";

/// One question.
struct Question {
    /// The key that the answer goes into.
    key: &'static str,
    words: &'static str,
    /// What an answer looks like; stands in for those that are still to come.
    sample: &'static str,
    /// Whether an empty answer means none.
    is_optional: bool,
}

const REGION: Question = optional("region", "region", "eu-central-1");

const USER: [Question; 4] = [
    needed("aws_access_key_id", "access key id", "AKIAIOSFODNN7EXAMPLE"),
    needed("aws_secret_access_key", "secret access key", "x"),
    optional("mfa_id", "MFA device", "arn:aws:iam::123456789012:mfa/x"),
    REGION,
];
const ROLE: [Question; 3] = [
    needed("role_arn", "role ARN", "arn:aws:iam::123456789012:role/x"),
    needed("master_profile", "master profile", "x"),
    REGION,
];
const SSO: [Question; 5] = [
    needed("sso_start_url", "start URL", "https://example.awsapps.com/start"),
    needed("sso_region", "SSO region", "eu-central-1"),
    needed("sso_account_id", "account id", "123456789012"),
    needed("sso_role_name", "role name", "x"),
    REGION,
];
const PROCESS: [Question; 2] = [needed("credential_process", "command", "x"), REGION];

const fn needed(key: &'static str, words: &'static str, sample: &'static str) -> Question {
    Question { key, words, sample, is_optional: false }
}

const fn optional(key: &'static str, words: &'static str, sample: &'static str) -> Question {
    Question { key, words, sample, is_optional: true }
}

impl Question {
    /// The flag that answers it.
    fn flag(&self) -> String {
        match Key::of_name(self.key) {
            Some(Key::SecretAccessKey) => "--secret-stdin".into(),
            _ => flag_of(self.key),
        }
    }

    fn is_secret(&self) -> bool {
        profile::keys::is_secret(self.key)
    }
}

/// Gives the flag that sets a key.
pub fn flag_of(key: &str) -> String {
    format!("--{}", key.strip_prefix("aws_").unwrap_or(key).replace('_', "-"))
}

impl Sort {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Role => "role",
            Self::Sso => "sso",
            Self::Process => "process",
            Self::Config => "config",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::User, Self::Role, Self::Sso, Self::Process, Self::Config].into_iter().find(|sort| sort.word() == word)
    }

    /// Tells whether keys that make a profile of this kind are what was asked for.
    pub fn is(self, kind: Kind) -> bool {
        match self {
            Self::User => kind == Kind::User,
            Self::Role => matches!(kind, Kind::Role | Kind::WebIdentity),
            Self::Sso => kind == Kind::Sso,
            Self::Process => kind == Kind::Process,
            Self::Config => matches!(kind, Kind::Config | Kind::Source),
        }
    }

    /// Finds what the keys speak of.
    fn of(lines: &[Line]) -> Option<Self> {
        let has =
            |keys: &[Key]| lines.iter().any(|line| Key::of_name(&line.key).is_some_and(|key| keys.contains(&key)));
        let sso = [Key::SsoSession, Key::SsoStartUrl, Key::SsoRegion, Key::SsoAccountId, Key::SsoRoleName];
        if has(&[Key::Role, Key::MasterProfile, Key::WebIdentityTokenFile]) {
            Some(Self::Role)
        } else if has(&sso) {
            Some(Self::Sso)
        } else if has(&[Key::AccessKeyId, Key::SecretAccessKey, Key::MfaId]) {
            Some(Self::User)
        } else if has(&[Key::CredentialProcess]) {
            Some(Self::Process)
        } else if has(&[Key::CredentialSource]) {
            Some(Self::Config)
        } else {
            None
        }
    }

    fn questions(self) -> &'static [Question] {
        match self {
            Self::User => &USER,
            Self::Role => &ROLE,
            Self::Sso => &SSO,
            Self::Process => &PROCESS,
            Self::Config => &[],
        }
    }
}

/// Asks for the name of a new profile, unless it is given.
///
/// # Errors
/// Exit 2 for a name that is given and can't be one, or is taken; 5 where nobody can be asked.
pub fn name(app: &App, cabinet: &Cabinet<'_>, given: Option<&str>, force: bool) -> Result<String> {
    if let Some(name) = given {
        cabinet.admit_name(name, force)?;
        return Ok(name.to_owned());
    }
    if !app.ui.can_ask() {
        return Err(app.ui.unanswered("the new profile has no name", "name it: `awstok profile add NAME`"));
    }
    app.ui.ask_text("name", None, |text| cabinet.admit_name(text, force).map_err(|error| said(&error)))
}

/// Completes the keys of a new profile: asks for what is missing where the needed ones aren't all given.
///
/// # Errors
/// Exit 5, naming the flags, where something is missing and nobody can be asked; 130 where the person gives up.
pub fn complete(
    app: &App,
    cabinet: &Cabinet<'_>,
    name: &str,
    sort: Option<Sort>,
    given: Vec<Line>,
) -> Result<Vec<Line>> {
    let sort = match sort.or_else(|| Sort::of(&given)) {
        Some(sort) => sort,
        None if app.ui.can_ask() => ask_sort(app)?,
        None => {
            return Err(app.ui.unanswered(
                &format!("it isn't said what kind of profile `{name}` is"),
                "pass `--kind user`, `role`, `sso`, `process` or `config`, or keys that say it",
            ));
        }
    };
    let wizard = Wizard { app, cabinet, name, sort };
    let missing: Vec<&Question> =
        sort.questions().iter().filter(|question| wizard.is_missing(question, &given)).collect();
    let flags: Vec<String> =
        missing.iter().filter(|question| !question.is_optional).map(|q| format!("`{}`", q.flag())).collect();
    if flags.is_empty() {
        return Ok(given);
    }
    if !app.ui.can_ask() {
        return Err(app.ui.unanswered(
            &format!("profile `{name}` lacks {}", flags.join(", ")),
            &format!("pass {}", flags.join(", ")),
        ));
    }
    let mut lines = given;
    for question in missing {
        let answer = wizard.ask(question, &lines)?;
        if !answer.is_empty() {
            lines.push(Line { value: answer, ..Line::new(question.key, "") });
        }
    }
    Ok(lines)
}

fn ask_sort(app: &App) -> Result<Sort> {
    let refused = || "write user, role, sso, process or config".to_owned();
    let check = |text: &str| Sort::of_word(text).map(drop).ok_or_else(refused);
    let word = app.ui.ask_text("kind", Some(Sort::User.word()), check)?;
    Sort::of_word(&word).ok_or_else(|| usage(refused()).into())
}

/// The questions about one new profile.
struct Wizard<'a> {
    app: &'a App,
    cabinet: &'a Cabinet<'a>,
    name: &'a str,
    sort: Sort,
}

impl Wizard<'_> {
    /// Tells whether neither the keys nor the settings answer a question.
    fn is_missing(&self, question: &Question, given: &[Line]) -> bool {
        let has = |key: &str| given.iter().any(|line| line.is_of(key));
        let is_answered = match (self.sort, question.key) {
            (_, key) if has(key) => true,
            (Sort::Role, "master_profile") => {
                let machine = has("credential_source") || has("web_identity_token_file");
                machine || self.cabinet.settings().master_profile().is_some()
            }
            (Sort::Sso, "sso_start_url" | "sso_region") => has("sso_session"),
            (Sort::Sso, "sso_account_id" | "sso_role_name") => {
                has("sso_session") && !has("sso_account_id") && !has("sso_role_name")
            }
            _ => false,
        };
        !is_answered
    }

    fn ask(&self, question: &Question, lines: &[Line]) -> Result<Zeroizing<String>> {
        let words = match question.is_optional {
            true => format!("{} (empty: none)", question.words),
            false => question.words.to_owned(),
        };
        let check = |answer: &str| self.check(question, answer, lines);
        if question.is_secret() {
            let secret = self.app.ui.ask_secret(&words, check)?;
            return Ok(Zeroizing::new(secret.expose().clone()));
        }
        let default = if question.key == "master_profile" { self.likely_master() } else { None };
        self.app.ui.ask_text(&words, default.as_deref(), check).map(Zeroizing::new)
    }

    /// Judges an answer: the profile that it makes, with samples for what is still to come, must be a usable one.
    fn check(&self, question: &Question, answer: &str, lines: &[Line]) -> Result<(), String> {
        if answer.is_empty() {
            return if question.is_optional { Ok(()) } else { Err("an answer is needed here".into()) };
        }
        if question.key == "master_profile" {
            self.check_master(answer)?;
        }
        let mut all = lines.to_vec();
        all.push(Line::new(question.key, answer));
        let to_come = self.sort.questions().iter().filter(|other| !other.is_optional && self.is_missing(other, &all));
        let samples: Vec<Line> = to_come.map(|other| Line::new(other.key, other.sample)).collect();
        all.extend(samples);
        let text = lines::text(self.name, &all).map_err(|error| said(&error))?;
        // what the settings say can't be put right here
        let read = profile::read(self.name, Path::new(ANSWER), &text, &Settings::default());
        read.map(drop).map_err(|error| said(&error))
    }

    /// A master that isn't there is most likely mistyped; where there is no profile at all, it is still to come.
    fn check_master(&self, master: &str) -> Result<(), String> {
        let names = profile::names(&self.app.paths.profiles).unwrap_or_default();
        name::check(master).map_err(|failure| failure.to_string())?;
        if names.is_empty() || names.iter().any(|known| known == master) {
            return Ok(());
        }
        let near = name::nearest(master, names.iter().map(String::as_str));
        let known = if near.is_empty() { names.join(", ") } else { near.join(", ") };
        Err(format!("there is no profile `{master}`; choose among {known}"))
    }

    /// The only user there is: nothing else is likelier to be a role's master.
    fn likely_master(&self) -> Option<String> {
        let (profiles, _) = profile::load_all(&self.app.paths.profiles, self.cabinet.settings()).ok()?;
        let mut users = profiles.into_iter().filter(|profile| profile.kind == Kind::User && profile.name != self.name);
        let first = users.next()?;
        users.next().is_none().then_some(first.name)
    }
}

/// Words an error as the explanation of an answer: without its place, with its remedy.
fn said(error: &anyhow::Error) -> String {
    let text = error.to_string();
    let text = lines::without_place(&text, ANSWER).unwrap_or(&text);
    hint_of(error).map_or_else(|| text.to_owned(), |hint| format!("{text}; {hint}"))
}
