//! Owns the list of rules: each looks at facts and gives findings. It refuses to gather, ask, print or change.

mod credentials;
mod environment;
mod files;
mod network;
mod profiles;
mod programs;
mod sso;

use super::chain::Chain;
use super::facts::Facts;
use super::finding::Finding;
use super::sdks::{self, Sdk};

pub use network::needs_metadata;

/// What the rules are asked about.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// All that is known.
    pub facts: &'a Facts,
    /// The chain of the profile.
    pub chain: &'a Chain,
    /// Whether PROFILE or a variable names the profile.
    pub is_named: bool,
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
    let Case { facts, chain, is_named } = case;
    let word =
        |source: Option<super::chain::Source>| source.map_or("nothing".to_owned(), |it| format!("`{}`", it.word()));
    let mut others: Vec<(String, Vec<&str>)> = Vec::new();
    for sdk in Sdk::ALL {
        let source = sdks::winner(sdk, facts, chain, is_named);
        // where Python stops at something half set, the others' ways on are no more meant than that
        if source == chain.winner || (chain.winner.is_none() && chain.stop.is_some() && facts.config.is_unknown()) {
            continue;
        }
        let taken = word(source);
        match others.iter_mut().find(|(known, _)| *known == taken) {
            Some((_, languages)) => languages.push(sdk.language()),
            None => others.push((taken, vec![sdk.language()])),
        }
    }
    if others.is_empty() {
        return;
    }
    let said: Vec<String> = others.iter().map(|(taken, who)| format!("{} takes {taken}", who.join(", "))).collect();
    let python = match (&chain.stop, chain.winner) {
        (Some(stop), None) => format!("Python takes nothing ({stop})"),
        (_, winner) => format!("Python takes {}", word(winner)),
    };
    let message = format!("the SDKs differ for `{}`: {python}; {}", chain.profile, said.join("; "));
    found.push(
        Finding::info("sdks-differ", message)
            .of(&chain.profile)
            .fix("set one source only: `awstok exec PROFILE -- COMMAND` hands a program just that one"),
    );
}
