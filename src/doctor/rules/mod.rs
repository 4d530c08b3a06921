//! Owns the list of rules: each looks at facts and gives findings. It refuses to gather, ask, print or change.

mod credentials;
mod environment;
mod files;
mod network;
mod profiles;
mod programs;
mod sso;

use super::chain::{Chain, Named};
use super::facts::Facts;
use super::finding::Finding;
use super::sdks::{self, Sdk, Taken};

pub use network::needs_metadata;

/// What the rules are asked about.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// All that is known.
    pub facts: &'a Facts,
    /// The chain of the profile.
    pub chain: &'a Chain,
    /// Who chose the profile.
    pub named: Named,
}

/// Gives everything that is wrong: errors first, then by file and line.
pub fn judge(case: Case<'_>) -> Vec<Finding> {
    let rules: [fn(Case<'_>, &mut Vec<Finding>); 8] = [
        environment::judge,
        files::judge,
        credentials::judge,
        profiles::judge,
        programs::judge,
        sso::judge,
        network::judge,
        differences,
    ];
    let mut found = Vec::new();
    for rule in rules {
        rule(case, &mut found);
    }
    found.sort_by(|one, other| (one.severity, &one.file, one.line).cmp(&(other.severity, &other.file, other.line)));
    found
}

/// Says which SDKs take another source than Python's.
fn differences(case: Case<'_>, found: &mut Vec<Finding>) {
    let Case { facts, chain, named } = case;
    let python = chain.winner.map_or(Taken::Nothing, Taken::From);
    let mut others: Vec<(Taken, Vec<&str>)> = Vec::new();
    for sdk in Sdk::ALL {
        let taken = sdks::taken(sdk, facts, chain, named);
        if taken == python || taken == Taken::Unknown {
            continue;
        }
        match others.iter_mut().find(|(known, _)| *known == taken) {
            Some((_, languages)) => languages.push(sdk.language()),
            None => others.push((taken, vec![sdk.language()])),
        }
    }
    if others.is_empty() {
        return;
    }
    let word = |taken: &Taken| match taken {
        Taken::From(source) => format!("`{}`", source.word()),
        Taken::Nothing | Taken::Unknown => "nothing".to_owned(),
    };
    let mut said = vec![format!("Python takes {}", word(&python))];
    for (taken, languages) in &others {
        let verb = if languages.len() == 1 { "takes" } else { "take" };
        said.push(format!("{} {verb} {}", languages.join(", "), word(taken)));
    }
    let message = format!("SDKs differ for `{}`: {}", chain.profile, said.join("; "));
    let fix = format!("set one source only; `awstok exec {} -- COMMAND` hands a program just that one", chain.profile);
    found.push(Finding::info("sdks-differ", message).of(&chain.profile).fix(fix));
}
