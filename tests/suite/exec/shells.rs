//! `exec` around shells: one without a command, and one inside another.

use super::{fetched, run};

#[test]
fn without_a_command_it_is_the_persons_shell() {
    let mut stage = fetched();
    stage.home.set("SHELL", "/bin/sh");
    let mut terminal = stage.home.on_terminal(&["exec", "prod"]);
    let said = terminal.expect("\n");
    assert!(
        said.starts_with("a shell for `prod`, good until ") && said.ends_with(" left); `exit` leaves it\n"),
        "{said}"
    );
    terminal.send("echo I am $AWSTOK_PROFILE; exit 7\n");
    terminal.expect("I am prod");
    assert_eq!(terminal.end().0, 7);
    assert!(stage.home.ok(&["env", "--last", "--json"]).contains("\"AWSTOK_PROFILE\": \"prod\""), "it is remembered");
}

#[test]
fn a_shell_reads_its_commands_from_a_pipe_too() {
    let mut stage = fetched();
    stage.home.set("SHELL", "/bin/sh");
    stage.home.write("commands", "echo $AWSTOK_PROFILE; exit 3\n");
    let mut command = stage.home.command(["-q", "exec", "-p", "prod"]);
    command.stdin(std::fs::File::open(stage.home.path("commands")).unwrap());
    let found = crate::home::Run::of(command.output().unwrap());
    assert_eq!((found.code, found.out.as_str(), found.err.as_str()), (3, "prod\n", ""));
}

#[test]
fn one_profile_inside_another_is_said_and_itself_is_not() {
    let stage = fetched();
    let awstok = crate::home::AWSTOK;
    let inner = |args: &[&str]| run(&stage, &[], &[&[awstok], args].concat());
    let show = ["--", "sh", "-c", "echo $AWSTOK_PROFILE $AWS_REGION $AWS_ACCESS_KEY_ID"];
    let key = |profile: &str| stage.variables(profile)["AWS_ACCESS_KEY_ID"].as_str().unwrap().to_owned();

    let found = inner(&[&["exec", "mainuser"], &show[..]].concat());
    assert_eq!(found.out, format!("mainuser eu-central-1 {}\n", key("mainuser")));
    assert_eq!(found.err, "`mainuser` inside `prod`\n");
    let found = inner(&[&["-q", "exec", "mainuser"], &show[..]].concat());
    assert_eq!(found.err, "");
    let found = inner(&[&["exec"], &show[..]].concat());
    assert_eq!((found.out, found.err), (format!("prod eu-central-1 {}\n", key("prod")), String::new()));

    let mut stage = fetched();
    stage.home.set("AWSTOK_PROFILE", "mainuser");
    assert_eq!(run(&stage, &[], &["true"]).err, "", "a variable that only names a profile is no shell around");
}
