//! Codes from a seed, a YubiKey, a command and a desktop's dialogue.

use serde_json::Value;

use super::{SEED, codes, mainuser, within_a_window};
use crate::commands::{SECRET, Stage};

#[test]
fn a_role_behind_a_stored_seed_needs_no_typing() {
    let stage = Stage::new();
    mainuser(&stage, &format!("mfa_type = virtual\nmfa_secret = {}\n", SEED.to_lowercase()));
    let out = stage.home.ok(&["env", "prod", "--json"]);
    assert!(out.contains("AWS_SESSION_TOKEN"));
    assert_eq!(stage.calls(), ["GetSessionToken", "AssumeRole"]);
}

#[test]
fn twenty_profiles_on_one_device_make_one_session_and_no_code_goes_twice() {
    let stage = Stage::new();
    mainuser(&stage, &format!("mfa_type = virtual\nmfa_secret = {SEED}\n"));
    std::fs::remove_file(stage.home.path(".aws/aws-profiles/bob")).unwrap();
    std::fs::remove_file(stage.home.path(".aws/aws-profiles/stage")).unwrap();
    for number in 0..18 {
        let role = format!("role_arn = {}\nrole_session_name = r{number}\n", crate::commands::ADMIN);
        stage.home.profile(&format!("r{number}"), &format!("{role}master_profile = mainuser\n"));
    }
    let done: Vec<Value> = serde_json::from_str(&stage.home.ok(&["token", "--all", "--json"])).unwrap();
    assert!(done.len() >= 20, "{done:?}");
    assert_eq!(codes(&stage).len(), 1);
    let sessions = stage.sandbox.calls_of("GetSessionToken");
    assert_eq!(sessions.iter().filter(|call| call.parameter("TokenCode").is_some()).count(), 1);
}

#[test]
fn a_used_code_is_waited_out() {
    let stage = Stage::new();
    mainuser(&stage, &format!("mfa_type = virtual\nmfa_secret = {SEED}\n"));
    within_a_window();
    stage.home.ok(&["token", "mainuser"]);
    let run = stage.home.run(&["token", "mainuser", "--force"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("waiting for the next code of `arn:aws:iam::123456789012:mfa/ann`"), "{}", run.err);
    let mut sent = codes(&stage);
    assert_eq!(sent.len(), 2);
    sent.dedup();
    assert_eq!(sent.len(), 2, "a code was sent twice");
}

#[test]
fn a_seed_that_is_missing_or_none_is_said_and_nobody_is_asked() {
    let stage = Stage::new();
    mainuser(&stage, "mfa_type = virtual\n");
    let err = stage.home.fails(3, &["token", "mainuser"]);
    assert!(err.contains("awstok mfa add mainuser"), "{err}");
    mainuser(&stage, "mfa_type = virtual\nmfa_secret = canary-189!\n");
    let err = stage.home.fails(3, &["token", "mainuser", "-vv"]);
    assert!(err.contains("isn't base32") && !err.contains("canary") && !err.contains(SECRET), "{err}");
    assert_eq!(stage.calls(), Vec::<String>::new());
}

#[cfg(unix)]
mod programs {
    use super::*;
    use crate::mfa::program;

    /// A `ykman` (5.9) without its key: `$HOME/key` has a line `ID|CODE` an account, with `|touch` behind where it wants to be
    /// touched. Its `code` takes the account of that name, else each with the name in its own, in any case.
    const YKMAN: &str = r#"echo "$*" >> "$HOME/asked"
case "$*" in
"oath accounts list") sort "$HOME/key" | cut -d'|' -f1; exit;;
"oath accounts code --single -- "*) QUERY=$6;;
"oath accounts code --single "*) QUERY=$5;;
*) echo "Usage: ykman oath accounts [OPTIONS] COMMAND [ARGS]..." >&2; exit 2;;
esac
export QUERY
hits=$(awk -F'|' '$1 == ENVIRON["QUERY"] { one = $0; exit }
    index(tolower($1), tolower(ENVIRON["QUERY"])) { hits = hits "\n" $0 }
    END { print one ? one : substr(hits, 2) }' "$HOME/key")
case $hits in
"") echo 'ERROR: No matching account found.' >&2; exit 1;;
*"
"*) printf 'Error: Multiple matches, make the query more specific.\n\n' >&2; echo "$hits" | cut -d'|' -f1 >&2; exit 1;;
*"|touch") echo 'Touch your YubiKey...' >&2;;
esac
echo "$hits" | cut -d'|' -f2"#;

    /// A stage whose `mainuser` has a YubiKey with these accounts.
    fn with_yubikey(keys: &str, accounts: &str) -> Stage {
        let mut stage = Stage::new();
        mainuser(&stage, &format!("mfa_type = yubikey\n{keys}"));
        stage.home.write("key", accounts);
        program(&mut stage, "ykman", YKMAN);
        stage
    }

    #[test]
    fn a_yubikey_is_asked_for_exactly_its_account() {
        let code = Stage::new().code();
        for (keys, accounts, asked) in [
            ("mfa_account = AWS:ann\n", "AWS:ann|CODE\n", "AWS:ann"),
            // others have the name in theirs
            ("mfa_account = AWS:ann\n", "AWS:anna|111111\nMy AWS:ann|222222\nAWS:ann|CODE|touch\n", "AWS:ann"),
            // the profile's name, behind an issuer
            ("", "AWS:mainuser|CODE|touch\nAWS:mainuser2|111111\nGit:MainUser|222222\n", "AWS:mainuser"),
            ("mfa_account = -x\n", "-x|CODE\nx-x|111111\n", "-x"),
        ] {
            let stage = with_yubikey(keys, &accounts.replace("CODE", &code));
            let run = stage.home.run(&["token", "mainuser"]);
            assert_eq!((run.code, codes(&stage)), (0, vec![code.clone()]), "{accounts}: {run:?}");
            let asked = format!("oath accounts list\noath accounts code --single -- {asked}\n");
            assert_eq!(stage.home.read("asked"), asked);
            assert!(run.err.contains("touch it if it blinks"), "{run:?}");
        }
    }

    #[test]
    fn no_other_account_answers_and_none_is_touched_for_it() {
        for (keys, accounts, said) in [
            ("", "AWS:mainuser2|111111|touch\n", "in `mfa_account`, in full: `AWS:mainuser2`"),
            ("mfa_account = AWS:Ann\n", "AWS:ann|111111\n", "in full: `AWS:ann`"),
            (
                "mfa_account = ann\n",
                "A:ann|111111\nB:ann|222222\n",
                "several accounts `ann`\n\nhint: name the device's account in `mfa_account`, in full: `A:ann`, `B:ann`",
            ),
            ("", "Bank|111111\n", "the YubiKey has no account `mainuser`\n\nhint: look at `ykman oath accounts list`"),
            ("", "", "the YubiKey has no account `mainuser`"),
            ("mfa_account = x\n", "\u{1b}]0;x\u{7}|111111\n", "in full: `"),
        ] {
            let stage = with_yubikey(keys, accounts);
            for args in [&["token", "mainuser"][..], &["mfa", "code", "mainuser"]] {
                let err = stage.home.fails(5, args);
                assert!(err.contains(said) && !err.contains('\u{1b}') && !err.contains("11111"), "{err}");
            }
            assert_eq!(stage.home.read("asked"), "oath accounts list\n".repeat(2));
            assert_eq!(codes(&stage), [""; 0]);
        }
    }

    #[test]
    fn a_yubikeys_failure_is_said() {
        let mut stage = Stage::new();
        mainuser(&stage, "mfa_type = yubikey\n");
        program(&mut stage, "ykman", "echo 'ERROR: No YubiKey detected!' >&2; exit 1");
        let err = stage.home.fails(5, &["token", "mainuser"]);
        assert!(err.contains("No YubiKey detected!") && err.contains("put the YubiKey in"), "{err}");
        stage.home.set("PATH", "/nowhere");
        let err = stage.home.fails(3, &["token", "mainuser"]);
        assert!(err.contains("install YubiKey Manager"), "{err}");
    }

    #[test]
    fn a_command_is_split_without_a_shell_and_its_first_six_digits_count() {
        let mut stage = Stage::new();
        let code = stage.code();
        let path = program(
            &mut stage,
            "otp",
            &format!("printf '%s|' \"$@\" > \"$HOME/asked\"; echo \"account 123456789012: {code}\""),
        );
        mainuser(&stage, &format!("mfa_command = {path} show \"a b\" '$HOME' | x\n"));
        stage.home.set("AWSTOK_PASSPHRASE", "canary");
        stage.home.ok(&["token", "mainuser"]);
        assert_eq!(stage.home.read("asked"), "show|a b|$HOME|||x|");
        assert_eq!(codes(&stage), [code]);
    }

    #[test]
    fn hostile_commands_end_in_words_without_what_they_printed() {
        let mut stage = Stage::new();
        for (script, code, said) in [
            ("echo canary-out", 5, "it printed no six digits"),
            ("echo canary-out; exit 3", 5, "exit code 3"),
            ("printf '\\033]0;x\\007wrong' >&2; exit 1", 5, "wrong"),
            ("yes 12345678", 5, "it printed more than any code takes"),
            ("printf '\\000\\377'", 5, "it printed no six digits"),
            ("kill -9 $$", 5, "signal 9"),
        ] {
            let path = program(&mut stage, "otp", script);
            mainuser(&stage, &format!("mfa_command = {path}\n"));
            let err = stage.home.fails(code, &["token", "mainuser", "-vv"]);
            assert!(err.contains(said) && !err.contains("canary") && !err.contains('\u{1b}'), "{script}: {err}");
        }
        mainuser(&stage, "mfa_command = ~/no/such\n");
        assert!(stage.home.fails(3, &["token", "mainuser"]).contains("absolute path"));
        mainuser(&stage, "mfa_command = a 'b\n");
        let err = stage.home.fails(3, &["token", "mainuser"]);
        assert!(err.contains("mainuser:6") && err.contains("a quote that isn't closed"), "{err}");
        assert_eq!(stage.calls(), Vec::<String>::new());
    }

    #[test]
    fn a_command_that_asks_for_its_own_code_ends_at_once_and_inherits_no_secret() {
        let mut stage = Stage::new();
        let path = program(&mut stage, "otp", &format!("{} mfa code mainuser", crate::home::AWSTOK));
        mainuser(&stage, &format!("mfa_command = {path}\n"));
        let err = stage.home.fails(5, &["token", "mainuser"]);
        assert!(err.contains("the `mfa_command` of profile `mainuser` asks for its own code"), "{err}");
        let code = stage.code();
        let path = program(&mut stage, "otp", &format!("env > \"$HOME/env\"; echo {code}"));
        mainuser(&stage, &format!("mfa_command = {path}\n"));
        stage.home.set("AWSTOK_PASSPHRASE", "canary-one");
        stage.home.ok(&["token", "mainuser"]);
        let inherited = stage.home.read("env");
        assert!(inherited.contains("HOME=") && !inherited.contains("canary"), "{inherited}");
    }

    #[test]
    fn a_wrong_code_of_a_program_is_made_anew_once_and_nobody_is_asked() {
        let mut stage = Stage::new();
        let path = program(&mut stage, "otp", "echo x >> \"$HOME/asked\"; echo 000000");
        mainuser(&stage, &format!("mfa_command = {path}\n"));
        let err = stage.home.fails(4, &["token", "mainuser"]);
        assert!(err.contains("codes that are made for") && err.contains("invalid MFA one time pass code"), "{err}");
        assert!(err.contains("hint: look whether `mfa_command` of `mainuser` prints the codes"), "{err}");
        assert_eq!(codes(&stage), ["000000"]);
    }
}
