//! Owns the profile files that are made of an access portal's accounts and roles: their names, their text, and which of those
//! made once have had their day. It refuses to touch a file that it didn't make, or that was edited since.

mod mark;
mod template;

use std::collections::{BTreeMap, BTreeSet};

use crate::app::App;
use crate::awsfiles::Preview;
use crate::cabinet::{Cabinet, Line, lines};
use crate::error::{Result, hint_of, invalid, usage};
use crate::profile::{self, Profile, SignIn, name};
use crate::roster::Assigned;

pub use template::{DEFAULT, Template};

use mark::Marked;
use template::Words;

/// What is to be made.
#[derive(Debug, Clone)]
pub struct Wish {
    /// How the profiles are called.
    pub template: Template,
    /// The accounts, by id or name; all where none is named.
    pub accounts: Vec<String>,
    /// The roles; all where none is named.
    pub roles: Vec<String>,
    /// The region to write; none for that of the defaults, else the sign-in's.
    pub region: Option<String>,
    /// Whether populated files go whose account and role are no longer assigned.
    pub prune: bool,
}

/// What becomes of one profile.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name.
    pub profile: String,
    /// The account.
    pub account_id: String,
    /// The role.
    pub role: String,
    /// What becomes of it.
    pub status: Status,
    /// Why it is left alone.
    pub reason: Option<String>,
}

/// What becomes of an account's role, or of a populated file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// A profile file is made.
    Populated,
    /// Some profile has the pair already.
    Exists,
    /// No profile can be made of it, or the file is somebody else's.
    Skipped,
    /// The file goes: nothing is assigned any more.
    Pruned,
}

impl Status {
    /// The word for scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Populated => "populated",
            Self::Exists => "exists",
            Self::Skipped => "skipped",
            Self::Pruned => "pruned",
        }
    }
}

/// An account and a role in it.
type Pair = (String, String);

/// Profile files to be made, and some to go.
pub struct Population<'a> {
    cabinet: Cabinet<'a>,
    rows: Vec<Row>,
    made: Vec<(Profile, Vec<u8>)>,
    gone: Vec<(String, Vec<u8>)>,
}

impl std::fmt::Debug for Population<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Population").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// What is there before.
struct Present {
    /// The names of all files, in small letters: some file systems know no others.
    names: BTreeSet<String>,
    /// Which profile has a pair.
    pairs: BTreeMap<Pair, String>,
    /// The files that were populated, unedited, from the sign-in at hand.
    populated: Vec<(String, Pair, Vec<u8>)>,
    /// Those that were edited since.
    edited: Vec<(String, Pair)>,
}

impl<'a> Population<'a> {
    /// Looks at what is assigned and at what is there.
    ///
    /// # Errors
    /// Exit 2 where a filter fits nothing, or the template gives one name to several; where the folder can't be read.
    pub fn plan(app: &'a App, sign_in: &SignIn, assigned: &[Assigned], wish: &Wish) -> Result<Self> {
        let cabinet = Cabinet::open(app)?;
        let present = Present::read(app, &cabinet, sign_in)?;
        let wanted = wish.of(assigned, &present)?;
        let mut population = Self { cabinet, rows: Vec::new(), made: Vec::new(), gone: Vec::new() };
        let fresh: Vec<&Wanted<'_>> = wanted.iter().filter(|one| !present.pairs.contains_key(&one.pair())).collect();
        let names = names(&fresh, sign_in, &wish.template, &present.names);
        for one in &wanted {
            let row = |profile: String, status, reason| Row {
                profile,
                account_id: one.account.id.clone(),
                role: one.role.to_owned(),
                status,
                reason,
            };
            if let Some(owner) = present.pairs.get(&one.pair()) {
                population.rows.push(row(owner.clone(), Status::Exists, None));
                continue;
            }
            let name = names.get(&one.pair()).cloned().unwrap_or_default();
            match population.make(&name, one, sign_in, wish.region.as_deref(), &present.names) {
                Ok(made) => {
                    population.made.push(made);
                    population.rows.push(row(name, Status::Populated, None));
                }
                Err(error) => {
                    let hint = hint_of(&error).map(|hint| format!(" ({hint})")).unwrap_or_default();
                    population.rows.push(row(name, Status::Skipped, Some(format!("{error:#}{hint}"))));
                }
            }
        }
        population.unique()?;
        if wish.prune {
            population.prune(present, assigned, wish)?;
        }
        population.rows.sort_by(|one, other| (&one.profile, &one.role).cmp(&(&other.profile, &other.role)));
        Ok(population)
    }

    /// What becomes of each, sorted by name.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Tells whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.made.is_empty() && self.gone.is_empty()
    }

    /// Shows what `carry_out` would do.
    ///
    /// # Errors
    /// As `carry_out`.
    pub fn preview(&self) -> Result<Vec<Preview>> {
        self.cabinet.preview_population(&self.made, &self.gone)
    }

    /// Makes the files and takes away those that go, in one change with the config file; gives what a person should know.
    ///
    /// # Errors
    /// Where a file can't be written, or changed since it was looked at; then nothing changed.
    pub fn carry_out(&self) -> Result<Vec<String>> {
        self.cabinet.populate("sso populate", &self.made, &self.gone)
    }

    fn make(
        &self,
        name: &str,
        one: &Wanted<'_>,
        sign_in: &SignIn,
        region: Option<&str>,
        taken: &BTreeSet<String>,
    ) -> Result<(Profile, Vec<u8>)> {
        name::check(name)?;
        let id = &one.account.id;
        if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid(format!("its account's id, `{id}`, isn't twelve digits")).into());
        }
        if taken.contains(&name.to_lowercase()) {
            return Err(usage(format!("there is a profile `{name}` already")).hint("choose another `--name`").into());
        }
        let mut keys = match &sign_in.session {
            Some(session) => vec![Line::new("sso_session", session)],
            None => vec![Line::new("sso_start_url", &sign_in.start_url), Line::new("sso_region", &sign_in.region)],
        };
        keys.push(Line::new("sso_account_id", &one.account.id));
        keys.push(Line::new("sso_role_name", one.role));
        keys.extend(region.map(|region| Line::new("region", region)));
        // every program asks by itself, so that nothing has to be fetched for accounts that nobody uses today
        keys.push(Line::new("auto_refresh", "yes"));
        let mut profile = self.cabinet.preview(name, &keys)?;
        // most programs stop without a region: the sign-in's own is the best guess where nothing names one
        if profile.region.is_none() {
            keys.push(Line::new("region", &sign_in.region));
            profile = self.cabinet.preview(name, &keys)?;
        }
        let text = mark::marked(sign_in.name(), &lines::text(name, &keys)?);
        Ok((profile, text))
    }

    /// Refuses a template that gives one name to several even with their account ids.
    fn unique(&self) -> Result<()> {
        let mut seen = BTreeMap::new();
        for (profile, _) in &self.made {
            if let Some(first) = seen.insert(profile.name.to_lowercase(), profile) {
                let pair = |profile: &Profile| {
                    let role = profile.sso.as_ref().and_then(|sso| sso.role.as_ref());
                    role.map(|(account, role)| format!("`{role}` in {account}")).unwrap_or_default()
                };
                let (one, other) = (pair(first), pair(profile));
                let what = format!("the template calls both {one} and {other} `{}`", profile.name);
                return Err(usage(what).hint("write `{role}` and `{account_id}` into `--name`").into());
            }
        }
        Ok(())
    }

    /// Finds the populated files whose pair is no longer assigned, within the filters.
    fn prune(&mut self, present: Present, assigned: &[Assigned], wish: &Wish) -> Result<()> {
        let is_meant = |(account, role): &Pair| {
            let here = assigned.iter().find(|one| one.account.id == *account);
            let name = here.and_then(|one| one.account.name.as_deref());
            wish.fits(account, name, role) && !here.is_some_and(|one| one.roles.contains(role))
        };
        let row = |profile: String, (account_id, role): Pair, status, reason| Row {
            profile,
            account_id,
            role,
            status,
            reason,
        };
        for (name, pair) in present.edited.into_iter().filter(|(_, pair)| is_meant(pair)) {
            let why = "it was edited since it was populated".to_owned();
            self.rows.push(row(name, pair, Status::Skipped, Some(why)));
        }
        for (name, pair, bytes) in present.populated.into_iter().filter(|(_, pair, _)| is_meant(pair)) {
            match self.cabinet.removable(std::slice::from_ref(&name), false) {
                Ok(()) => {
                    self.rows.push(row(name.clone(), pair, Status::Pruned, None));
                    self.gone.push((name, bytes));
                }
                Err(error) => self.rows.push(row(name, pair, Status::Skipped, Some(error.to_string()))),
            }
        }
        Ok(())
    }
}

/// An account's role that is to have a profile.
struct Wanted<'a> {
    account: &'a crate::sso::Account,
    role: &'a str,
}

impl Wanted<'_> {
    fn pair(&self) -> Pair {
        (self.account.id.clone(), self.role.to_owned())
    }
}

impl Wish {
    /// Picks what the filters let through; each has to fit something that is assigned, or that is to be pruned.
    fn of<'s>(&self, assigned: &'s [Assigned], present: &Present) -> Result<Vec<Wanted<'s>>> {
        let made = present.populated.iter().map(|(_, pair, _)| pair).chain(present.edited.iter().map(|(_, pair)| pair));
        let made: Vec<&Pair> = made.filter(|_| self.prune).collect();
        let nothing = |flag: &str, word: &str| {
            usage(format!("`{flag} {word}` fits nothing that is assigned")).hint("`awstok sso accounts` lists what is")
        };
        for word in &self.accounts {
            if !assigned.iter().any(|one| is_account(word, &one.account.id, one.account.name.as_deref()))
                && !made.iter().any(|(account, _)| account == word)
            {
                return Err(nothing("--account", word).into());
            }
        }
        for word in &self.roles {
            if !assigned.iter().any(|one| one.roles.contains(word)) && !made.iter().any(|(_, role)| role == word) {
                return Err(nothing("--role", word).into());
            }
        }
        let pairs = assigned.iter().flat_map(|one| one.roles.iter().map(move |role| (&one.account, role)));
        let wanted = pairs.filter(|(account, role)| self.fits(&account.id, account.name.as_deref(), role));
        Ok(wanted.map(|(account, role)| Wanted { account, role }).collect())
    }

    fn fits(&self, account_id: &str, account_name: Option<&str>, role: &str) -> bool {
        let accounts = &self.accounts;
        (accounts.is_empty() || accounts.iter().any(|word| is_account(word, account_id, account_name)))
            && (self.roles.is_empty() || self.roles.iter().any(|wanted| wanted == role))
    }
}

fn is_account(word: &str, id: &str, name: Option<&str>) -> bool {
    word == id || Some(word) == name
}

/// Gives each pair its name; two of the same name, or one whose name is taken, get the account's id.
fn names(
    fresh: &[&Wanted<'_>],
    sign_in: &SignIn,
    template: &Template,
    taken: &BTreeSet<String>,
) -> BTreeMap<Pair, String> {
    let name = |one: &Wanted<'_>| {
        let id = one.account.id.as_str();
        // an account without a name goes by its id
        let account_name = one.account.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(id);
        template.name(Words { account_name, account_id: id, role: one.role, session: sign_in.name() })
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in fresh {
        *counts.entry(name(one).to_lowercase()).or_default() += 1;
    }
    let final_name = |one: &&Wanted<'_>| {
        let first = name(one);
        let known = first.to_lowercase();
        let is_free = counts.get(&known) == Some(&1) && !taken.contains(&known) && name::check(&first).is_ok();
        let name = if is_free { first } else { format!("{first}-{}", one.account.id) };
        (one.pair(), name.trim_start_matches('-').to_owned())
    };
    fresh.iter().map(final_name).collect()
}

impl Present {
    fn read(app: &App, cabinet: &Cabinet<'_>, sign_in: &SignIn) -> Result<Self> {
        let mut present =
            Self { names: BTreeSet::new(), pairs: BTreeMap::new(), populated: Vec::new(), edited: Vec::new() };
        for name in profile::names(&app.paths.profiles)? {
            present.names.insert(name.to_lowercase());
            // a file that can't be read is nobody's but its person's
            let Ok(bytes) = cabinet.bytes(&name) else { continue };
            let Some(pair) = cabinet.read(&name, &bytes).ok().and_then(|profile| profile.sso?.role) else { continue };
            match mark::read(&bytes) {
                Marked::Foreign => {}
                Marked::Edited => present.edited.push((name.clone(), pair.clone())),
                marked if mark::is_from(&marked, sign_in.name()) => {
                    present.populated.push((name.clone(), pair.clone(), bytes));
                }
                Marked::Populated(_) => {}
            }
            present.pairs.entry(pair).or_insert(name);
        }
        Ok(present)
    }
}
