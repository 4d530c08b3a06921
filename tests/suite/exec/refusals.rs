//! What `exec` refuses, before anything runs: no program, a guard, nobody to ask. And what it hands to whom.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use super::{WAYS, fetched, run, words};
use crate::commands::{SECRET, Stage};
use crate::home::Run;

#[test]
fn a_program_that_isnt_there_is_127_and_one_that_cant_be_run_126() {
    let stage = fetched();
    stage.home.write("plain.txt", "text\n");
    stage.home.write("script", "#!/no/such/interpreter\n");
    std::fs::set_permissions(stage.home.path("script"), std::fs::Permissions::from_mode(0o700)).unwrap();
    let cases = [
        (127, "no-such-program", "No such file or directory", "no folder of `PATH` has a program of that name"),
        (127, "./no/such", "No such file or directory", "there is no such file"),
        (127, "./plain.txt/x", "Not a directory", "there is no such file"),
        (
            126,
            "./plain.txt",
            "Permission denied",
            "it must be a file that you may execute: `ls -l` and `chmod +x` help",
        ),
        (126, "/", "Permission denied", "it must be a file that you may execute: `ls -l` and `chmod +x` help"),
        (
            127,
            "./script",
            "No such file or directory",
            "the interpreter that its first line names, or a library that it needs, is missing",
        ),
    ];
    for way in WAYS {
        for (code, program, cause, hint) in cases {
            let number = match cause {
                "Permission denied" => 13,
                "Not a directory" => 20,
                _ => 2,
            };
            let error = stage.home.fails(code, &words("prod", way, &[program]));
            let expected =
                format!("error: could not run `{program}`\n  caused by: {cause} (os error {number})\n\nhint: {hint}\n");
            assert_eq!(error, expected, "{way:?}");
        }
    }
}

#[test]
fn wrong_usage_is_said_and_runs_nothing() {
    let stage = fetched();
    for args in [
        &["exec", "prod", "touch", "ran"][..],
        &["exec", "prod", "--read-only", "--write", "--", "touch", "ran"],
        &["exec", "prod", "--no-such-flag", "--", "touch", "ran"],
    ] {
        let error = stage.home.fails(2, args);
        assert!(error.starts_with("error: "), "{error}");
    }
    assert!(!stage.home.exists("ran"));
    let error = stage.home.fails(2, &["exec", "prod", "touch", "ran"]);
    assert!(error.contains("[PROFILE] [-- <COMMAND>...]"), "{error}");
}

#[test]
fn without_a_terminal_nobody_is_asked_and_nothing_runs() {
    let mut stage = Stage::new();
    stage.home.set("AWSTOK_NO_INPUT", "");
    for way in WAYS {
        let mut command = stage.home.other("setsid");
        command.arg(crate::home::AWSTOK).args(words("prod", way, &["touch", "ran"]));
        let begun = Instant::now();
        let found = Run::of(command.output().unwrap());
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert_eq!((found.code, found.out.as_str()), (5, ""), "{}", found.err);
        assert!(found.err.contains("`awstok token mainuser` on a terminal"), "{}", found.err);
    }
    assert!(!stage.home.exists("ran") && stage.calls().is_empty());
}

#[test]
fn guards_stand_before_the_command_and_before_any_call() {
    let stage = fetched();
    let role = format!("role_arn = {}\nmaster_profile = mainuser\n", crate::commands::ADMIN);
    stage.home.profile("asks", &format!("{role}guard = confirm\n"));
    stage.home.profile("typed", &format!("{role}guard = type-name\n"));
    stage.home.profile("limited", &format!("{role}guard = read-only\n"));
    for way in WAYS {
        let with = |profile, flags: &[&str]| {
            let more = [way, flags].concat();
            stage.home.run(&words(profile, &more, &["echo", "ran"]))
        };
        for (profile, flags, code) in [
            ("asks", &[][..], 5),
            ("asks", &["--yes"], 0),
            ("typed", &["--yes"], 5),
            ("typed", &["--confirm", "other"], 2),
            ("typed", &["--confirm", "typed"], 0),
            ("limited", &[], 0),
            ("limited", &["--write"], 5),
            ("limited", &["--write", "--yes"], 0),
        ] {
            let found = with(profile, flags);
            let out = if code == 0 { "ran\n" } else { "" };
            assert_eq!((found.code, found.out.as_str()), (code, out), "{profile} {flags:?}: {}", found.err);
        }
    }
}

#[test]
fn read_only_limits_any_role_and_no_user() {
    let stage = fetched();
    let policies = |stage: &Stage| -> Vec<Option<String>> {
        let calls = stage.sandbox.calls_of("AssumeRole");
        stage.sandbox.clear_calls();
        calls.iter().map(|call| call.parameter("PolicyArns.member.1.arn").map(str::to_owned)).collect()
    };
    let limited = Some("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned());
    for (nth, way) in WAYS.into_iter().enumerate() {
        let more = [way, &["--read-only"]].concat();
        let key = ["sh", "-c", "echo $AWS_ACCESS_KEY_ID"];
        let (free, bound) = (run(&stage, way, &key).out, stage.home.ok(&words("prod", &more, &key)));
        assert!(way.contains(&"--server") || free != bound);
        assert_eq!(policies(&stage), if nth == 0 { vec![limited.clone()] } else { vec![] });
        let error = stage.home.fails(3, &words("mainuser", &more, &["echo", "ran"]));
        let expected = "error: the profile `mainuser` assumes no role, and the credentials of an IAM user can't be limited\n\n\
                        hint: leave `--read-only` out, or name a role profile\n";
        assert_eq!(error, expected);
    }
}

#[test]
fn no_secret_stands_in_any_process_list() {
    let mut stage = fetched();
    stage.home.set("AWSTOK_MFA_CODE", "918273");
    for way in WAYS {
        let script = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; echo; \
                      tr '\\0' '\\n' </proc/$$/environ | grep -c -e 918273 -e \"$1\"";
        let found = run(&stage, way, &["sh", "-c", script, "sh", "nothing"]);
        let secrets = stage.variables("prod");
        for secret in [secrets["AWS_SECRET_ACCESS_KEY"].as_str().unwrap(), SECRET, "918273"] {
            // the script itself names the code
            assert_eq!(found.out.replace(script, "").matches(secret).count(), 0, "{way:?}: {secret}");
        }
        assert!(!found.out.contains(secrets["AWS_SESSION_TOKEN"].as_str().unwrap()));
        assert!(found.out.ends_with("\n0\n"), "the code is handed on: {}", found.out);
    }
}
