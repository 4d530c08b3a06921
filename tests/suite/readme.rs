//! The README's word: its commands, its profiles, its table of keys; the example profiles and the example programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use awstok::commands::sandbox::{self, EXAMPLES};
use awstok::profile::{self, Folder, Request, Settings};

use crate::home::{Home, Run};

const README: &str = include_str!("../../README.md");

/// Gives what stands in the fenced blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    README.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Gives the one command behind a mark such as `<!-- test command -->`.
fn marked(mark: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("<!-- {mark} -->\n```sh\n")).unwrap();
    let (command, _) = rest.split_once("\n```").unwrap();
    assert!(!command.contains('\n'), "one command: {command}");
    command
}

/// Plans a profile of a folder, which must be usable without a warning.
#[track_caller]
fn usable(folder: &Path, name: &str) {
    let settings = Settings::default();
    let loaded = profile::load(folder, name, &settings).unwrap();
    assert_eq!(loaded.warnings, Vec::<String>::new(), "{name}");
    let home = Home::new();
    home.write(".aws/config", sandbox::config());
    let config = home.path(".aws/config");
    let mut loader = Folder { dir: folder, settings: &settings, config: &config, home: None };
    let request = Request { session_name: "ann".into(), ..Request::default() };
    profile::plan(name, &request, &mut loader).unwrap();
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_two_commands_are_what_the_machine_runs_too() {
    assert_eq!(marked("first command"), "cargo run -- sandbox -- awstok token prod");
    assert_eq!(marked("test command"), "cargo test");
}

#[test]
fn the_profiles_of_the_readme_are_usable() {
    let home = Home::new();
    let blocks = blocks("ini");
    let names: Vec<&str> = blocks
        .iter()
        .map(|text| {
            let name = text.lines().find_map(|line| line.strip_prefix('[')?.strip_suffix(']')).unwrap();
            assert!(text.starts_with(&format!("# ~/.aws/aws-profiles/{name}: ")), "{text}");
            home.write(&format!(".aws/aws-profiles/{name}"), text);
            name
        })
        .collect();
    assert_eq!(names, ["mainuser", "prod"]);
    for name in names {
        usable(&home.path(".aws/aws-profiles"), name);
    }
    let listed = home.run(&["list", "--names"]);
    assert_eq!((listed.code, listed.out.as_str(), listed.err.as_str()), (0, "mainuser\nprod\n", ""));
}

#[test]
fn the_example_profiles_are_usable_and_all_in_the_sandbox() {
    let folder = repository("profiles.example");
    let mut names = profile::names(&folder).unwrap();
    names.sort();
    assert_eq!(names.len(), std::fs::read_dir(&folder).unwrap().count());
    let mut built_in = EXAMPLES.map(|(name, _)| name);
    built_in.sort_unstable();
    assert_eq!(names, built_in);
    for name in &names {
        usable(&folder, name);
    }
}

#[test]
fn the_keys_of_the_table_are_known() {
    let (_, table) = README.split_once("| key | meaning |\n|---|---|\n").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let keys = table.lines().flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
    let keys: Vec<&str> = keys.map(|key| key.split(' ').next().unwrap()).collect();
    assert!(keys.len() > 20, "{keys:?}");
    let home = Home::new();
    for key in keys {
        // what awstok knows doesn't go on to the config file
        home.profile("x", &format!("unknown = 1\n{key} = 1\n"));
        let loaded = profile::load(&home.path(".aws/aws-profiles"), "x", &Settings::default());
        let passed_on = loaded.map(|profile| profile.passed_on).unwrap_or_default();
        assert!(passed_on.iter().all(|entry| entry.key != key), "`{key}` means nothing to awstok");
    }
}

/// The examples of every day, as printed, one after another; `cargo` examples and installation are tried elsewhere.
#[cfg(unix)]
#[test]
fn the_examples_of_every_day_work_as_printed() {
    let home = Home::new();
    let blocks = blocks("sh");
    let every_day = blocks.iter().find(|block| block.contains("awstok status")).unwrap();
    let script =
        format!("set -e\ncd ~\nawstok -q sso login\nexport AWSTOK_MFA_CODE=$(awstok sandbox --code)\n{every_day}");
    let run = Run::of(home.command(["sandbox", "--", "sh", "-c", &script]).output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    for said in ["prod", "AssumeRole arn:aws:iam::444455556666:role/administrator", "valid"] {
        assert!(run.out.contains(said), "`{said}`: {run:#?}");
    }
    assert!(!run.err.contains("warning") && !run.err.contains("error"), "{run:#?}");
}

/// Runs an example program; `cargo test` builds them before, `cargo test --test suite` doesn't.
fn example(name: &str, home: &Home, arguments: &[&str]) -> Run {
    let folder = Path::new(crate::home::AWSTOK).with_file_name("examples");
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--locked", "--examples"]).current_dir(repository(""));
        // build scripts look at these, and would begin anew
        let of_this_run = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        for (name, _) in std::env::vars().filter(|(name, _)| of_this_run(name)) {
            build.env_remove(name);
        }
        assert!(build.status().unwrap().success());
    }
    Run::of(home.other(program).args(arguments).output().unwrap())
}

#[test]
fn the_example_programs_do_what_they_say() {
    let home = Home::new();
    let folder = repository("profiles.example");
    let run = example("plan", &home, &[folder.to_str().unwrap(), "prod-audit"]);
    let planned = "GetSessionToken: a session of the user for 12h, with a code of arn:aws:iam::111122223333:mfa/mainuser\n\
                   AssumeRole: arn:aws:iam::444455556666:role/administrator for 1h\n\
                   AssumeRole: arn:aws:iam::777788889999:role/team/audit for 30m\n";
    assert!(run.code == 0 && run.out.starts_with(planned), "{run:#?}");

    let before = "# mine\r\n[ a ]\r\naws_access_key_id=X ; old\r\n\r\n[b]\r\nother = 1";
    home.write(".aws/credentials", before);
    let run = example("edit_credentials", &home, &["b", "aws_access_key_id", "AKIAIOSFODNN7EXAMPLE"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(home.read(".aws/credentials"), format!("{before}\r\naws_access_key_id = AKIAIOSFODNN7EXAMPLE"));
    home.ok(&["undo"]);
    assert_eq!(home.read(".aws/credentials"), before);
}
