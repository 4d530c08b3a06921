//! Owns what is judged of the files as such: what readers refuse or read differently, who may read them, leftovers of old tools.

use super::Case;
use crate::awsfiles::Naming;
use crate::doctor::aws_file::{AwsFile, Flaw, Part};
use crate::doctor::facts::{Facts, TO_READ};
use crate::doctor::finding::{Finding, Mend};
use crate::profile::keys::Key;

/// Sections of the config file by one word that aren't meant as profiles (AWS CLI).
const NO_PROFILES: [&str; 6] = ["default", "DEFAULT", "plugins", "preview", "cli", "toplevel"];

pub(super) fn judge(Case { facts, .. }: Case<'_>, found: &mut Vec<Finding>) {
    for (file, is_credentials) in [(&facts.credentials, true), (&facts.config, false)] {
        flaws(file, is_credentials, found);
    }
    for part in &facts.config.parts {
        found.extend(unnamed(facts, part));
    }
    settings(facts, found);
    accesses(facts, found);
    for old in &facts.old_files {
        let named = old.variable.map(|variable| format!(" (`{variable}`)")).unwrap_or_default();
        if let Some(trouble) = &old.trouble {
            let message = format!("`{}`{named} can't be used, and Python stops there: {trouble}", old.path.display());
            let fix = old.variable.map_or("remove it".to_owned(), |variable| format!("`unset {variable}`"));
            found.push(Finding::warning("unreadable-file", message).at(&old.path, None).fix(fix));
        }
        if old.line.is_none() {
            continue;
        }
        let message = format!(
            "`{}`{named} holds credentials of boto 2's days: only Python reads them, when nothing else is set",
            old.path.display()
        );
        let finding = Finding::warning("boto2-config", message).at(&old.path, old.line);
        found.push(finding.fix("move the keys into a profile with `awstok profile add`, and remove the file"));
    }
}

fn flaws(file: &AwsFile, is_credentials: bool, found: &mut Vec<Finding>) {
    let shown = file.path.display();
    for flawed in &file.flaws {
        let what = &flawed.what;
        let refused = "Python refuses the whole file, and so every profile in it";
        let finding = match flawed.flaw {
            Flaw::NotRead => Finding::error("unreadable-file", format!("`{shown}` can't be read: {what}")).fix(TO_READ),
            Flaw::Refused => {
                Finding::error("unreadable-file", format!("{what}: {refused}")).fix("correct the line, or take it out")
            }
            Flaw::SectionTwice => {
                Finding::error("duplicate-section", format!("{what}: {refused}")).fix("merge the two sections")
            }
            Flaw::KeyTwice => Finding::error("duplicate-key", format!("{what}: {refused}")).fix("take one of them out"),
            Flaw::ByteOrderMark => Finding::error("byte-order-mark", format!("{what}: {refused}"))
                .fix("`awstok doctor --fix` takes it off")
                .mend(Some(Mend::RemoveByteOrderMark(is_credentials))),
            Flaw::LoneReturn => {
                let message = format!("{what}: JavaScript and others take the lines that it ends for one");
                Finding::warning("lone-carriage-return", message).fix("end all lines with a line feed")
            }
            Flaw::Swallowed => Finding::error("swallowed-key", format!("{what}: Python, Java and Rust don't see it"))
                .fix("take away the blanks or tabs before it"),
            Flaw::ProfileTwice => {
                let message = format!("{what}, spelled differently: Python takes only the last one, others join them");
                Finding::warning("profile-twice", message).fix("merge the two sections")
            }
            Flaw::Indented => {
                Finding::warning("indented-key", format!("{what}: Java and Rust refuse the whole file, others read it"))
                    .fix("take away the blanks or tabs before it")
            }
            Flaw::Capitals => Finding::warning("key-in-capitals", format!("{what}: JavaScript and Java don't read it"))
                .fix("write it in small letters"),
            Flaw::Quoted => {
                let message = format!("{what} has its name in quotes: Java, Go and Rust don't find the profile");
                let name = flawed.profile.as_deref().unwrap_or_default();
                Finding::warning("quoted-profile", message).fix(format!("write `[profile {name}]`"))
            }
            Flaw::OddName => {
                let who = if is_credentials { "Java and Rust" } else { "JavaScript, Java and Rust" };
                let message = format!("{what} has a name that {who} don't take for one: they don't find the profile");
                let fix = "name it with letters, digits and `-_@+.%:/` alone, such as with `awstok profile rename`";
                Finding::warning("odd-profile-name", message).fix(fix)
            }
            Flaw::Spread => Finding::warning("spread-section", format!("`[DEFAULT]`: {what}; other SDKs don't"))
                .fix("call it `[default]`, or take it out"),
        };
        let finding = finding.at(&file.path, flawed.line);
        found.push(match &flawed.profile {
            Some(profile) => finding.of(profile),
            None => finding,
        });
    }
}

/// Judges a section of the config file by one word, which SDKs don't take for a profile.
fn unnamed(facts: &Facts, part: &Part) -> Option<Finding> {
    let name = part.header.as_str();
    if part.profile.is_some() || NO_PROFILES.contains(&name) || name.contains(char::is_whitespace) {
        return None;
    }
    let is_known = facts.profile_file(name).is_some() || facts.credentials.profile(name).is_some();
    let has_keys = part.keys.iter().any(|key| Key::of_name(&key.key).is_some());
    if !is_known && !has_keys {
        return None;
    }
    let again = facts.config.parts.iter().filter(|other| other.header == part.header).count() > 1;
    let is_free =
        facts.config.profile(name).is_none() && !again && Naming::Profile.header(name) == format!("[profile {name}]");
    let fix = match is_free {
        true => format!("write `[profile {name}]`; `awstok doctor --fix` does"),
        false => format!("merge it with `[profile {name}]`"),
    };
    let message = format!("`[{name}]` in the config file is no profile: SDKs read `[profile {name}]` only");
    let finding = Finding::error("config-missing-profile-prefix", message).of(name);
    Some(finding.at(&facts.config.path, Some(part.line)).fix(fix).mend(is_free.then(|| Mend::NameProfile(name.into()))))
}

fn settings(facts: &Facts, found: &mut Vec<Finding>) {
    if let Some(unusable) = &facts.settings.1 {
        let (file, line) = unusable.place_or(&facts.settings.0.path);
        let finding = Finding::error("unreadable-file", unusable.what.clone()).at(file, line);
        found.push(finding.fix(unusable.hint.clone().unwrap_or_else(|| "correct the settings file".into())));
    }
    if let Some(what) = &facts.no_profiles {
        let finding = Finding::error("unreadable-file", what.clone()).at(&facts.paths.profiles, None);
        found.push(finding.fix("it must be a folder that you may read: `ls -ld` shows what is there"));
    }
}

fn accesses(facts: &Facts, found: &mut Vec<Finding>) {
    let of_profiles = facts.profiles.iter().filter_map(|file| file.access.as_ref());
    for access in facts.accesses.iter().chain(of_profiles) {
        let shown = access.path.display();
        let what = if access.is_folder { "folder" } else { "file" };
        if access.is_private && access.others != 0 {
            let verb = if access.is_folder { "entered" } else { "read or changed" };
            let (mend, mode) = match access.is_folder {
                true => (Mend::TightenFolder(access.path.clone()), "700"),
                false => (Mend::TightenFile(access.path.clone()), "600"),
            };
            let message = format!("the {what} `{shown}` can be {verb} by others than you");
            let finding = Finding::warning("wide-permissions", message).at(&access.path, None);
            found.push(finding.fix(format!("`chmod {mode} {shown}`; `awstok doctor --fix` does")).mend(Some(mend)));
        }
        if access.is_foreign {
            let message = format!("the {what} `{shown}` belongs to somebody else: awstok can't keep it up to date");
            let finding = Finding::warning("foreign-owner", message).at(&access.path, None);
            found.push(finding.fix(format!("`sudo chown \"$USER\" {shown}`")));
        }
    }
}
