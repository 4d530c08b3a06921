//! Owns what is judged of programs that profiles name: whether they can be found and run.

use std::collections::HashMap;
use std::path::Path;

use super::Case;
use crate::doctor::facts::Facts;
use crate::doctor::finding::Finding;
use crate::doctor::places::is_program;
use crate::environment::Environment;
use crate::profile::{CodeFrom, words};

pub(super) fn judge(Case { facts, .. }: Case<'_>, found: &mut Vec<Finding>) {
    let mut known = Known { env: &facts.env, found: HashMap::new() };
    of_aws_files(facts, &mut known, found);
    for file in &facts.profiles {
        let Some(profile) = &file.profile else { continue };
        if let Some(process) = &profile.credential_process {
            let finding = known.judge_line("credential_process", &process.value, &file.name);
            found.extend(finding.map(|finding| finding.at(&file.path, file.line_of(&["credential_process"]))));
        }
        let (key, program) = match &profile.mfa.code_from {
            CodeFrom::Command(words) => ("mfa_command", words.first().map(String::as_str)),
            CodeFrom::Yubikey => ("mfa_type", Some("ykman")),
            CodeFrom::Prompt | CodeFrom::Virtual => continue,
        };
        let finding = program.and_then(|program| known.judge(key, program, &file.name));
        found.extend(finding.map(|finding| finding.at(&file.path, file.line_of(&[key, "mfa_process"]))));
    }
}

fn of_aws_files(facts: &Facts, known: &mut Known<'_>, found: &mut Vec<Finding>) {
    for file in [&facts.config, &facts.credentials] {
        for (name, part) in file.profiles() {
            let Some(process) = part.get("credential_process") else { continue };
            let finding = known.judge_line("credential_process", &process.value, name);
            found.extend(finding.map(|finding| finding.at(&file.path, Some(process.line))));
        }
    }
}

/// The programs that were looked for already: a thousand profiles may name one.
struct Known<'a> {
    env: &'a Environment,
    found: HashMap<String, bool>,
}

impl Known<'_> {
    fn judge_line(&mut self, key: &str, line: &str, name: &str) -> Option<Finding> {
        match words::split(line) {
            Ok(words) => self.judge(key, words.first()?, name),
            Err(why) => Some(
                Finding::error("program-missing", format!("`{key}` of `{name}` {why}"))
                    .of(name)
                    .fix("write the program's path and its arguments, quoted as for a shell"),
            ),
        }
    }

    fn judge(&mut self, key: &str, program: &str, name: &str) -> Option<Finding> {
        if !self.found.contains_key(program) {
            self.found.insert(program.to_owned(), is_there(program, self.env));
        }
        if self.found.get(program).copied().unwrap_or_default() {
            return None;
        }
        let fix = match program.starts_with(['~', '$']) {
            true => "write the whole path: nobody puts in `~` or `$HOME` there",
            false if key == "mfa_type" => "install YubiKey Manager, or take `mfa_type` out",
            false => "install it, or write the whole path of a file that you may execute",
        };
        let message = format!("the program `{program}` of `{name}` (`{key}`) can't be found");
        Some(Finding::error("program-missing", message).of(name).fix(fix))
    }
}

/// Tells whether a program can be started by that name.
fn is_there(program: &str, env: &Environment) -> bool {
    let ending = std::env::consts::EXE_SUFFIX;
    let is_here = |path: &Path| {
        is_program(path) || (!ending.is_empty() && is_program(Path::new(&format!("{}{ending}", path.display()))))
    };
    if Path::new(program).components().count() > 1 {
        return is_here(Path::new(program));
    }
    let path = env.get("PATH").unwrap_or_default();
    std::env::split_paths(path).any(|folder| is_here(&folder.join(program)))
}
