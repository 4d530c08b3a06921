//! What the command finds: its words, environment, folder, streams, descriptors, limits and signals; and what its end says.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use super::{WAYS, fetched, run, words};
use crate::commands::Stage;
use crate::home::{AWSTOK, Run};

/// The variables that `env -0` shows.
fn variables(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split_terminator('\0').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn the_environment_is_the_parents_with_the_profile_in_place_of_every_other_source() {
    let mut stage = fetched();
    let expected = |stage: &Stage| -> BTreeMap<String, String> { stage.home.environment().into_iter().collect() };
    stage.home.set("ODD", "line\nbreak, \u{e4} and ' \" $x `y` \\");
    stage.home.set("EMPTY", "");
    stage.home.set("AWS_CA_BUNDLE_OF_MINE", "stays");
    let mut wanted = expected(&stage);
    let dropped = [
        ("AWS_PROFILE", "other"),
        ("AWS_DEFAULT_PROFILE", "other"),
        ("AWS_ACCESS_KEY_ID", "AKIAOTHER"),
        ("AWS_SECRET_ACCESS_KEY", "other"),
        ("AWS_SESSION_TOKEN", "other"),
        ("AWS_SECURITY_TOKEN", "other"),
        ("AWS_ACCESS_KEY", "AKIAOTHER"),
        ("AWS_SECRET_KEY", "other"),
        ("AWS_CREDENTIAL_FILE", "/other"),
        ("AWS_BEARER_TOKEN_BEDROCK", "other"),
        ("AWS_ROLE_ARN", "other"),
        ("AWS_ROLE_SESSION_NAME", "other"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "other"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/other"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "other"),
        ("AWSTOK_MFA_CODE", "123456"),
        ("AWSTOK_PASSPHRASE", "other"),
        ("AWS_REGION", "us-west-2"),
    ];
    for (name, value) in dropped {
        stage.home.set(name, value);
    }
    let handed_out = stage.variables("prod");
    for (name, value) in handed_out.as_object().unwrap() {
        wanted.insert(name.clone(), value.as_str().unwrap().to_owned());
    }
    let found = run(&stage, &[], &["env", "-0"]);
    assert_eq!(variables(&found.out), wanted);
    assert_eq!(wanted["AWS_REGION"], "eu-central-1");
    assert_eq!(wanted["AWSTOK_PROFILE"], "prod");
    assert_eq!(found.err, "");
}

#[test]
fn words_arrive_as_they_are() {
    let stage = fetched();
    let odd = ["", " ", "--", "-x", "--server", "--json", "a b", "*", "$HOME", "'", "\n", "\u{e4}", "--help", "-q"];
    for way in WAYS {
        let found = run(&stage, way, &[&["sh", "-c", "printf '<%s>' \"$0\" \"$@\"", "zero"][..], &odd].concat());
        let expected: String = ["zero"].iter().chain(&odd).map(|word| format!("<{word}>")).collect();
        assert_eq!((found.code, found.out), (0, expected), "{way:?}");
    }
}

#[test]
fn odd_names_of_programs_are_found() {
    let stage = fetched();
    for name in ["-starts with a dash", "with blank", "without-first-line"] {
        let first = if name.starts_with("without") { "" } else { "#!/bin/sh\n" };
        stage.home.write(&format!("bin/{name}"), format!("{first}echo \"$0 $1\"\n"));
        let file = stage.home.path(format!("bin/{name}"));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o700)).unwrap();
        for way in WAYS {
            let mut command = stage.home.command(words("prod", way, &[name, "x y"]));
            command.env("PATH", format!("{}:/usr/bin:/bin", stage.home.path("bin").display()));
            let found = Run::of(command.output().unwrap());
            assert_eq!(
                (found.code, found.out),
                (0, format!("{} x y\n", file.display())),
                "{name} {way:?}: {}",
                found.err
            );
            let path = file.to_str().unwrap();
            assert_eq!(run(&stage, way, &[path, "x"]).out, format!("{path} x\n"), "{way:?}");
        }
    }
}

#[test]
fn folder_umask_limits_and_niceness_are_the_parents() {
    let stage = fetched();
    let script = "pwd; umask; ulimit -n; ulimit -c; ulimit -f; nice";
    stage.home.write("here/x", "");
    for way in WAYS {
        let inner = [&["exec", "nice", "-n", "3", AWSTOK][..], &words("prod", way, &["sh", "-c", script])].concat();
        let quoted: Vec<String> = inner.iter().map(|word| format!("'{word}'")).collect();
        let outer =
            format!("cd here; umask 027; ulimit -n 99; ulimit -c 77; ulimit -f 88888; {}", &quoted.join(" ")[7..]);
        let found = Run::of(stage.home.other("sh").args(["-c", &outer]).output().unwrap());
        let here = stage.home.path("here");
        assert_eq!(found.out, format!("{}\n0027\n99\n77\n88888\n3\n", here.display()), "{way:?}: {}", found.err);
    }
}

#[test]
fn no_descriptor_leaks_not_even_after_calls_and_questions() {
    let stage = Stage::new();
    // the tester's own may come along
    let list = ["ls", "/proc/self/fd"];
    let clean = Run::of(stage.home.other(list[0]).args(&list[1..]).output().unwrap()).out;
    for way in WAYS {
        assert_eq!(with_code(&stage, way, &list).out, clean, "{way:?}: after a call");
        assert_eq!(run(&stage, way, &list).out, clean, "{way:?}: cached");
    }
    let stage = Stage::new();
    let list = ["sh", "-c", "echo; ls -l /proc/self/fd | grep -c /dev/"];
    let own = || stage.home.other_on_terminal(list[0], &list[1..]).end().1;
    let mut terminal = stage.home.on_terminal(&words("prod", &[], &list));
    terminal.expect("MFA code");
    terminal.send(&format!("{}\n", stage.code()));
    let (code, shown) = terminal.end();
    assert!(code == 0 && shown.ends_with(&own()), "{shown}");
}

/// Runs a command for which a new session is fetched.
fn with_code(stage: &Stage, way: &[&str], command: &[&str]) -> Run {
    stage.home.ok(&["clear", "--all"]);
    let code = stage.code();
    stage.home.run(&words("prod", &[way, &["--mfa-code", &code]].concat(), command))
}

/// How a process stands to signals, without the two that are the C library's own (32 and 33).
const SIGNALS: [&str; 3] = [
    "sh",
    "-c",
    "grep -E '^(Sig|Shd)(Blk|Ign|Pnd)' /proc/self/status | while read name mask; do printf '%s %x\n' $name $((0x$mask & ~0x180000000)); done",
];

#[test]
fn signals_are_as_the_parent_left_them() {
    let stage = Stage::new();
    let clean = Run::of(stage.home.other(SIGNALS[0]).args(&SIGNALS[1..]).output().unwrap()).out;
    assert_eq!(clean, "SigPnd: 0\nShdPnd: 0\nSigBlk: 0\nSigIgn: 0\n");
    for way in WAYS {
        assert_eq!(with_code(&stage, way, &SIGNALS).out, clean, "{way:?}: after a call");
        assert_eq!(run(&stage, way, &SIGNALS).out, clean, "{way:?}: cached");
        let ignoring = |more: &[&str]| {
            let script = "trap '' INT HUP QUIT TSTP TERM USR1; exec \"$@\"";
            let words = [&["-c", script, "sh"], more, &SIGNALS].concat();
            Run::of(stage.home.other("sh").args(words).output().unwrap()).out
        };
        let inherited = ignoring(&[]);
        assert_eq!(inherited, "SigPnd: 0\nShdPnd: 0\nSigBlk: 0\nSigIgn: 84207\n");
        assert_eq!(ignoring(&[&[AWSTOK], &words("prod", way, &[])[..]].concat()), inherited, "{way:?}: ignored ones");
    }
}

#[test]
fn every_exit_code_is_the_commands_own() {
    let stage = fetched();
    for code in 0..=255 {
        let found = stage.home.run(&["exec", "prod", "--", "sh", "-c", &format!("exit {code}")]);
        assert_eq!(found.code, code, "{}", found.err);
    }
}

#[test]
fn every_signal_that_ends_the_command_is_seen_outside() {
    let stage = fetched();
    for signal in [1, 2, 3, 4, 6, 8, 9, 10, 11, 12, 13, 14, 15, 24, 34, 64] {
        let mut command =
            stage.home.command(words("prod", &[], &["sh", "-c", &format!("ulimit -c 0; kill -{signal} $$")]));
        let status = command.stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.signal(), Some(signal), "{status:?}");
    }
}

#[test]
fn a_hundred_megabytes_pass_untouched_both_ways() {
    let stage = fetched();
    let chunk: Vec<u8> = (0..1_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for way in WAYS {
        let mut command = stage.home.command(words("prod", way, &["cat"]));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let sent = chunk.clone();
        let writer = std::thread::spawn(move || (0..100).for_each(|_| input.write_all(&sent).unwrap()));
        let mut read = vec![0; chunk.len()];
        for _ in 0..100 {
            std::io::Read::read_exact(&mut output, &mut read).unwrap();
            assert!(read == chunk, "{way:?}: other bytes came back");
        }
        writer.join().unwrap();
        assert_eq!(std::io::Read::read_to_end(&mut output, &mut read).unwrap(), 0);
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_command_as_ever() {
    let stage = fetched();
    for way in WAYS {
        let script = format!("{AWSTOK} {} | head -n 1", words("prod", way, &["yes"]).join(" "));
        let found = Run::of(
            stage.home.other("bash").args(["-c", &format!("set -o pipefail; {script}; echo $?")]).output().unwrap(),
        );
        assert_eq!(found.out, "y\n141\n", "{way:?}: {}", found.err);
    }
}
