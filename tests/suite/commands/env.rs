//! `awstok env`: exactly what each shell and format gets, which profile is meant, and which region.

use serde_json::{Value, json as object};

use super::{ADMIN, Stage, json};
use crate::home::Run;

/// The variables of `prod`, in the order in which they are set.
fn expected(variables: &Value) -> Vec<(&'static str, String)> {
    let names = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_SESSION_EXPIRATION",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCOUNT_ID",
        "AWSTOK_PROFILE",
    ];
    names.iter().map(|name| (*name, variables[name].as_str().unwrap().to_owned())).collect()
}

const UNSET_FIRST: [&str; 3] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN"];

/// How each shell sets and unsets; the values at hand need no more than plain quotes.
const SHELLS: [(&str, &str, &str); 10] = [
    ("bash", "export NAME='VALUE';", "unset NAME;"),
    ("zsh", "export NAME='VALUE';", "unset NAME;"),
    ("sh", "export NAME='VALUE';", "unset NAME;"),
    ("fish", "set -gx NAME 'VALUE';", "set -e NAME; or true;"),
    ("powershell", "$Env:NAME = 'VALUE';", "Remove-Item Env:NAME -ErrorAction SilentlyContinue;"),
    ("cmd", "set \"NAME=VALUE\"", "set \"NAME=\""),
    ("nu", "$env.NAME = \"VALUE\";", "hide-env --ignore-errors NAME;"),
    ("elvish", "set-env NAME \"VALUE\";", "unset-env NAME;"),
    ("tcsh", "setenv NAME 'VALUE';", "unsetenv NAME;"),
    ("xonsh", "$NAME = \"VALUE\";", "${...}.pop('NAME', None);"),
];

/// What `--metadata` sets, and `--unset` takes back too.
const INSTANCE: [&str; 10] = [
    "AWS_AVAILABILITY_ZONE",
    "AWS_INSTANCE_ID",
    "AWS_INSTANCE_TYPE",
    "AWS_PRIVATE_IP",
    "AWS_PUBLIC_IP",
    "AWS_PRIVATE_HOSTNAME",
    "AWS_PUBLIC_HOSTNAME",
    "AWS_MAC",
    "AWS_VPC_ID",
    "AWS_SUBNET_ID",
];

#[test]
fn every_shell_gets_its_own_assignments() {
    let stage = Stage::new();
    stage.ok(&["token", "prod"]);
    let variables = expected(&stage.variables("prod"));
    for (shell, set, unset) in SHELLS {
        let unset = |name: &str| format!("{}\n", unset.replace("NAME", name));
        let cleared: String = UNSET_FIRST.iter().map(|name| unset(name)).collect();
        let assigned: String = variables
            .iter()
            .map(|(name, value)| format!("{}\n", set.replace("NAME", name).replace("VALUE", value)))
            .collect();
        assert_eq!(stage.home.ok(&["env", "prod", "--shell", shell]), format!("{cleared}{assigned}"), "{shell}");
        let out = stage.home.ok(&["env", "--unset", "--shell", shell]);
        let mut all: Vec<String> = UNSET_FIRST
            .iter()
            .chain(&INSTANCE)
            .copied()
            .chain(variables.iter().map(|(name, _)| *name))
            .map(unset)
            .collect();
        let mut lines: Vec<String> = out.lines().map(|line| format!("{line}\n")).collect();
        all.sort();
        lines.sort();
        assert_eq!(lines, all, "{shell}");
    }
    assert_eq!(stage.calls(), ["GetSessionToken", "AssumeRole"]);
}

#[test]
fn every_format_holds_the_same() {
    let stage = Stage::new();
    stage.ok(&["token", "prod"]);
    let values = stage.variables("prod");
    let variables = expected(&values);
    let get = |format: &str| stage.home.ok(&["env", "prod", "--format", format]);
    assert_eq!(get("json"), stage.home.ok(&["env", "prod", "--json"]));
    assert_eq!(json(&get("json")).as_object().unwrap().len(), variables.len());
    let yaml: String = variables.iter().map(|(name, value)| format!("{name}: \"{value}\"\n")).collect();
    assert_eq!(get("yaml"), yaml);
    for (line, (name, value)) in get("dotenv").lines().zip(&variables) {
        assert!(line == format!("{name}={value}") || line == format!("{name}='{value}'"), "{line}");
    }
    assert_eq!(get("dotenv").lines().count(), variables.len());
    assert_eq!(
        json(&get("process")),
        object!({
            "Version": 1, "AccessKeyId": values["AWS_ACCESS_KEY_ID"], "SecretAccessKey": values["AWS_SECRET_ACCESS_KEY"],
            "SessionToken": values["AWS_SESSION_TOKEN"], "Expiration": values["AWS_CREDENTIAL_EXPIRATION"], "AccountId": "210987654321",
        })
    );
    assert_eq!(get("process"), stage.home.ok(&["credential-process", "prod"]));
}

#[test]
fn long_term_credentials_have_no_token_and_no_end() {
    let stage = Stage::new();
    let unset: String = [
        &UNSET_FIRST[..],
        &["AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION", "AWS_ACCOUNT_ID"],
    ]
    .concat()
    .iter()
    .map(|name| format!("unset {name};\n"))
    .collect();
    let out = stage.home.ok(&["env", "ci", "--shell", "bash"]);
    let mut lines: Vec<_> = out.lines().filter(|line| line.starts_with("unset ")).collect();
    let mut wanted: Vec<_> = unset.lines().collect();
    lines.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(lines, wanted);
    let process = json(&stage.home.ok(&["credential-process", "ci"]));
    assert_eq!(
        process,
        object!({"Version": 1, "AccessKeyId": "AKIAROBOTROBOTROBOT1", "SecretAccessKey": "9drTJvcXLB89EXAMPLELB8923FB892xMFIEXAMPL"})
    );
    assert_eq!(stage.calls(), [""; 0]);
}

#[test]
fn a_profile_without_a_region_leaves_the_environments_alone_and_calls_there() {
    let stage = Stage::new();
    // no endpoint of its own: what is called shows in the place that can't be reached
    let mut command = stage.home.command(["env", "plain", "--shell", "bash"]);
    let run = Run::of(command.env("AWS_REGION", "eu-west-2").output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(!run.out.contains("REGION"), "{}", run.out);
    let run = Run::of(
        stage.home.command(["explain", "plain", "--json"]).env("AWS_DEFAULT_REGION", "eu-west-2").output().unwrap(),
    );
    assert_eq!(json(&run.out)["region"], Value::Null);
    assert!(stage.home.ok(&["env", "ci", "--shell", "bash"]).contains("export AWS_REGION='us-east-1';"));
    // the region of the call is in the signature, which the stand-in checks by its own word
    for (region, code) in [("eu-west-2", 0), ("x.evil.com/#", 3)] {
        let run = stage.home.command(["env", "plain", "--shell", "bash"]).env("AWS_REGION", region).output().unwrap();
        assert_eq!(run.status.code(), Some(code), "{region}: {run:?}");
    }
}

#[test]
fn the_profile_is_the_one_named_or_the_environments_or_the_settings() {
    let stage = Stage::new();
    let profile = |args: &[&str], env: &[(&str, &str)]| {
        let run = Run::of(stage.home.command(args).envs(env.iter().copied()).output().unwrap());
        assert_eq!(run.code, 0, "{args:?}: {run:#?}");
        json(&run.out)["AWSTOK_PROFILE"].as_str().unwrap().to_owned()
    };
    stage.home.write(".aws/awstok/settings", "[defaults]\ndefault_profile = plain\n");
    let ci = [("AWSTOK_PROFILE", "ci")];
    assert_eq!(profile(&["env", "--json"], &[]), "plain");
    assert_eq!(profile(&["env", "--json"], &ci), "ci");
    assert_eq!(profile(&["env", "--json"], &[("AWSTOK_PROFILE", "")]), "plain");
    for args in
        [&["env", "plain", "--json"][..], &["env", "--json", "-p", "plain"], &["env", "--profile=plain", "--json"]]
    {
        assert_eq!(profile(args, &ci), "plain");
    }
    let said = stage.home.fails(2, &["env", "plain", "-p", "ci"]);
    assert!(said.contains("cannot be used with"), "{said}");
    // and so everywhere else
    for command in ["token", "whoami", "explain", "credential-process", "status", "clear"] {
        let run = stage.home.run(&[command, "-p", "ci"]);
        assert_eq!(run.code, 0, "{command}: {run:#?}");
        let run = stage.home.run(&[command, "--profile", "nowhere"]);
        assert_eq!((run.code, run.out.as_str()), (3, ""), "{command}: {run:#?}");
        assert!(run.err.contains("there is no profile `nowhere`"), "{command}: {}", run.err);
    }
}

#[test]
fn nothing_named_lists_the_profiles() {
    let stage = Stage::new();
    for command in ["env", "token", "whoami", "explain", "credential-process"] {
        assert_eq!(
            stage.home.fails(2, &[command]),
            "error: no profile was named\n\nhint: name one of: audit, bob, ci, mainuser, plain, prod, stage\n",
            "{command}"
        );
    }
    let bare = Stage::empty();
    let said = bare.home.fails(2, &["env"]);
    assert!(
        said.starts_with("error: there are no profiles in `") && said.contains("\n\nhint: `awstok profile add`"),
        "{said}"
    );
}

#[test]
fn last_is_what_was_handed_out_last() {
    let stage = Stage::new();
    let last = || json(&stage.home.ok(&["env", "--last", "--json"]))["AWSTOK_PROFILE"].as_str().unwrap().to_owned();
    let said = stage.home.fails(2, &["env", "--last"]);
    assert_eq!(said, "error: no profile was handed out yet\n\nhint: name one: `awstok env PROFILE`\n");
    stage.home.ok(&["env", "ci", "--json"]);
    assert_eq!(last(), "ci");
    stage.home.ok(&["token", "plain"]);
    assert_eq!(last(), "plain");
    stage.home.fails(5, &["env", "prod", "--json"]);
    stage.home.fails(5, &["token", "prod"]);
    assert_eq!(last(), "plain", "what failed was not handed out");
    for args in [&["env", "--last", "ci"][..], &["env", "--last", "-p", "ci"], &["env", "--last", "--unset"]] {
        stage.home.fails(2, args);
    }
}

#[test]
fn an_unknown_shell_fails_before_a_code_is_spent() {
    let stage = Stage::new();
    let code = stage.code();
    let mut command = stage.home.command(["env", "prod", "--mfa-code", &code]);
    let run = Run::of(command.env("SHELL", "/bin/unknown").output().unwrap());
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{run:#?}");
    assert!(run.err.ends_with("hint: name it with `--shell`\n"), "{}", run.err);
    assert!(stage.sandbox.accepts(super::DEVICE, &code));
    let run = Run::of(stage.home.command(["env", "ci"]).env("SHELL", "/usr/bin/fish").output().unwrap());
    assert!(run.out.contains("set -gx AWS_ACCESS_KEY_ID "), "{run:#?}");
    let said = stage.home.fails(2, &["env", "ci", "--shell", "dos"]);
    assert!(said.contains("possible values: bash, zsh, sh, fish, powershell, cmd, nu, elvish, tcsh, xonsh"), "{said}");
    let said = stage.home.fails(2, &["env", "ci", "--format", "xml"]);
    assert!(said.contains("possible values: shell, json, dotenv, yaml, process"), "{said}");
}

#[test]
fn a_result_that_nobody_gets_is_a_failure() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let stage = Stage::new();
    stage.ok(&["token", "prod"]);
    let commands = [
        "env prod --shell bash",
        "env prod --json",
        "env --unset --shell sh",
        "credential-process prod",
        "list",
        "status",
        "explain prod",
        "whoami prod --json",
        "switchrole-url prod",
        "token prod --json",
        "completions bash",
        "undo --list --json",
        "clear plain --json",
        "sync --json",
    ];
    for command in commands {
        // who hears nothing of a closed stdout misses credentials, where they are what is printed
        let hands_over = command.starts_with("env ") || command.starts_with("credential-process ");
        let aways: &[&str] = if hands_over { &[">&-", ">/dev/full"] } else { &[">/dev/full"] };
        for away in aways {
            let run =
                stage.home.other("sh").args(["-c", &format!("'{}' {command} {away}", crate::home::AWSTOK)]).output();
            let run = Run::of(run.unwrap());
            assert_eq!(run.code, 1, "{command} {away}: {run:#?}");
            assert!(
                run.err.contains("error: ") && run.err.contains("standard output"),
                "{command} {away}: {}",
                run.err
            );
        }
    }
    let run = stage.home.other("sh").args(["-c", &format!("'{}' --help >/dev/full", crate::home::AWSTOK)]).output();
    assert_eq!(run.unwrap().status.code(), Some(1));
    // where it is thrown away on purpose, it isn't
    let run =
        stage.home.other("sh").args(["-c", &format!("'{}' env prod --json >/dev/null", crate::home::AWSTOK)]).output();
    assert!(run.unwrap().status.success());
    // as Python and Node throw it away: opened for reading and writing
    let run = stage.home.other("sh").args(["-c", &format!("'{}' list 1<>/dev/null", crate::home::AWSTOK)]).output();
    assert!(run.unwrap().status.success());
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let stage = Stage::new();
    if cfg!(unix) {
        let script =
            format!("'{}' completions bash | true; '{}' list | head -n 1", crate::home::AWSTOK, crate::home::AWSTOK);
        let run = Run::of(stage.home.other("sh").args(["-c", &script]).output().unwrap());
        assert!(!run.err.contains("panic"), "{run:#?}");
    }
}

#[test]
fn profiles_of_a_master_without_a_session_are_asked_for_as_any() {
    let stage = Stage::new();
    stage.home.profile("long", &format!("role_arn = {ADMIN}\nmaster_profile = mainuser\nduration = 2h\n"));
    let out = stage.ok(&["env", "long", "--format", "json"]);
    assert_eq!(json(&out)["AWS_ACCOUNT_ID"], "210987654321");
    assert_eq!(stage.calls(), ["AssumeRole"]);
    assert!(!stage.home.exists(".aws/credentials"), "`env` leaves the files alone");
}
