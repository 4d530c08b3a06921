//! The commands that look after seeds and devices, against the stand-in; and what is left when they are killed or refused.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use awstok::sandbox::{Fault, Role, Rule};
use serde_json::{Value, json};

use super::{SEED, mainuser, within_a_window};
use crate::commands::{DEVICE, SECRET, Stage};
use crate::home::Run;

const PLAIN: &str = ".aws/aws-profiles/plain";
pub const SERIAL: &str = "arn:aws:iam::123456789012:mfa/robot";

/// Runs awstok with `input` on its standard input.
fn fed(stage: &Stage, args: &[&str], input: &str) -> Run {
    let mut child = stage.home.command(args);
    child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Run::of(child.wait_with_output().unwrap())
}

fn listed(stage: &Stage, profile: &str) -> Value {
    serde_json::from_str(&stage.home.ok(&["mfa", "list", profile, "--json"])).unwrap()
}

/// The devices that the stand-in knows beyond ann's and bob's.
fn devices(stage: &Stage) -> Vec<String> {
    let knows = |serial: &&str| stage.sandbox.display(serial).is_some();
    [SERIAL, "arn:aws:iam::123456789012:mfa/phone"].into_iter().filter(knows).map(str::to_owned).collect()
}

#[test]
fn a_seed_is_added_used_listed_and_removed() {
    let mut stage = Stage::new();
    stage.home.set("AWSTOK_PASSPHRASE", "hunter2hunter2");
    let before = stage.home.read(".aws/aws-profiles/mainuser");
    let run = fed(
        &stage,
        &["mfa", "add", "mainuser", "--secret-stdin", "--store", "passphrase"],
        "awst ok23-AWSTOK23AWSTOK23AWSTOK23==\n",
    );
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{run:?}");
    assert_eq!(
        stage.home.read(".aws/aws-profiles/mainuser"),
        format!("{before}mfa_store = passphrase\nmfa_type = virtual\n")
    );
    assert!(stage.home.exists(".aws/awstok/secrets/mainuser.age"));
    stage.home.ok(&["token", "prod"]);
    assert_eq!(
        listed(&stage, "prod"),
        json!([{ "serial": DEVICE, "type": "virtual", "enabled": true, "in_use": true, "seed_stored": true }])
    );
    let again = fed(&stage, &["mfa", "add", "mainuser", "--secret-stdin"], SEED);
    assert!(again.code == 2 && again.err.contains("--force"), "{again:?}");

    let err = stage.home.fails(5, &["mfa", "remove", "mainuser"]);
    assert!(err.contains("--yes"), "{err}");
    stage.home.ok(&["mfa", "remove", "mainuser", "--yes"]);
    assert_eq!(stage.home.read(".aws/aws-profiles/mainuser"), format!("{before}mfa_type = prompt\n"));
    assert!(!stage.home.exists(".aws/awstok/secrets/mainuser.age"));
}

#[test]
fn what_is_no_seed_is_refused_and_never_repeated() {
    let stage = Stage::new();
    let before = stage.home.read(".aws/aws-profiles/mainuser");
    for seed in ["canary-seed!", "", "otpauth://totp/x?secret=CANARY&digits=9", "otpauth://hotp/x?secret=CANARYAA"] {
        let run = fed(&stage, &["mfa", "add", "mainuser", "--secret-stdin", "--store", "file", "-vv"], seed);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{run:?}");
        assert!(!run.err.to_lowercase().contains("canary"), "{}", run.err);
    }
    assert_eq!(stage.home.read(".aws/aws-profiles/mainuser"), before);
    assert!(stage.home.fails(5, &["mfa", "add", "mainuser"]).contains("--secret-stdin"));
    let err = fed(&stage, &["mfa", "add", "plain", "--secret-stdin"], SEED);
    assert!(err.code == 2 && err.err.contains("--mfa-id"), "{err:?}");
}

#[test]
fn oathtool_agrees_on_the_codes() {
    let Some(oathtool) = crate::tools::tool("oathtool") else { return };
    let stage = Stage::new();
    for algorithm in ["SHA1", "SHA256", "SHA512"] {
        for (digits, period) in [("6", "30"), ("7", "30"), ("8", "60")] {
            let uri = format!("otpauth://totp/x?secret={SEED}&algorithm={algorithm}&digits={digits}&period={period}");
            mainuser(&stage, &format!("mfa_type = virtual\nmfa_secret = {uri}\n"));
            for at in ["0", "59", "1767323045", "20000000000"] {
                let mut theirs = std::process::Command::new(&oathtool);
                theirs.args([
                    &format!("--totp={algorithm}"),
                    "-b",
                    "-d",
                    digits,
                    "-s",
                    &format!("{period}s"),
                    "-N",
                    &format!("@{at}"),
                    SEED,
                ]);
                let theirs = String::from_utf8(theirs.output().unwrap().stdout).unwrap();
                assert_eq!(
                    stage.home.ok(&["mfa", "code", "mainuser", "--at", at]),
                    theirs,
                    "{algorithm} {digits} {at}"
                );
            }
        }
    }
}

#[test]
fn a_code_is_printed_and_not_spent() {
    let stage = Stage::new();
    mainuser(&stage, &format!("mfa_type = virtual\nmfa_secret = {SEED}\n"));
    within_a_window();
    let report: Value = serde_json::from_str(&stage.home.ok(&["mfa", "code", "prod", "--json"])).unwrap();
    assert_eq!((&report["profile"], &report["mfa_id"]), (&json!("prod"), &json!(DEVICE)));
    assert!((1..=30).contains(&report["seconds_left"].as_u64().unwrap()));
    assert!(stage.sandbox.accepts(DEVICE, report["code"].as_str().unwrap()));
    let run = stage.home.run(&["mfa", "code", "mainuser"]);
    assert_eq!((run.out.len(), run.err.as_str()), (7, ""));
    stage.home.ok(&["token", "mainuser"]);
    let run = stage.home.run(&["mfa", "code", "mainuser"]);
    assert!(run.code == 0 && run.err.contains("used already"), "{run:?}");
    assert!(stage.home.fails(3, &["mfa", "code", "bob"]).contains("awstok mfa add bob"));
    assert_eq!(stage.home.run(&["mfa", "code", "mainuser", "--at", "yesterday"]).code, 2);
    mainuser(&stage, "mfa_command = echo 123456\n");
    assert_eq!(stage.home.ok(&["mfa", "code", "mainuser"]), "123456\n");
    assert_eq!(stage.home.run(&["mfa", "code", "mainuser", "--at", "59"]).code, 2);
}

#[test]
fn a_device_is_enrolled_and_taken_away() {
    let stage = Stage::new();
    let before = stage.home.read(PLAIN);
    let run = stage.home.run(&["mfa", "enroll", "plain", "--store", "file", "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(
        serde_json::from_str::<Value>(&run.out).unwrap(),
        json!({ "profile": "plain", "serial": SERIAL, "store": "file" })
    );
    // a QR code of at least 29 modules and its frame, in half blocks
    let rows: Vec<&str> = run.err.lines().filter(|line| line.contains('█')).collect();
    assert!(rows.len() >= 18 && rows.iter().all(|row| row.chars().count() == rows[0].chars().count()), "{}", run.err);
    let file = stage.home.read(PLAIN);
    assert!(
        file.starts_with(&before)
            && file.contains(&format!("mfa_id = {SERIAL}\n"))
            && file.contains("mfa_type = virtual\n"),
        "{file}"
    );
    assert!(!stage.home.exists(".aws/awstok/mfa/plain.enroll"));
    assert!(stage.home.fails(2, &["mfa", "enroll", "plain", "--store", "file"]).contains("--force"));

    // of a device whose codes are typed there is no seed
    let err = stage.home.fails(5, &["mfa", "remove", "mainuser", "--from-iam"]);
    assert!(err.contains("the device `arn:aws:iam::") && !err.contains("seed"), "{err}");
    // a code ahead of its time, so that the present one, which is used, needn't be waited out
    let code = stage.sandbox.unused_code(SERIAL).unwrap();
    stage.home.ok(&["mfa", "remove", "plain", "--from-iam", "--yes", "--mfa-code", &code]);
    assert_eq!(stage.home.read(PLAIN), format!("{before}mfa_type = prompt\n"));
    assert_eq!(devices(&stage), Vec::<String>::new());
}

#[test]
fn a_device_is_resynchronised_with_its_seed_or_with_given_codes() {
    let stage = Stage::new();
    let err = stage.home.fails(5, &["mfa", "resync", "mainuser"]);
    assert!(err.contains("--code1"), "{err}");
    assert_eq!(stage.home.run(&["mfa", "resync", "mainuser", "--code1", "123456"]).code, 2);
    let err = stage.home.fails(4, &["mfa", "resync", "mainuser", "--code1", "000000", "--code2", "000001"]);
    assert!(err.contains("InvalidAuthenticationCode") && !err.contains("000001"), "{err}");
    let err = stage.home.fails(4, &["mfa", "resync", "mainuser", "--code1", "000001", "--code2", "000002"]);
    assert!(err.contains("was used already") && !err.contains("00000"), "{err}");
    mainuser(&stage, &format!("mfa_type = virtual\nmfa_secret = {SEED}\n"));
    stage.home.ok(&["mfa", "resync", "mainuser"]);
    let sent = stage.sandbox.calls_of("ResyncMFADevice").pop().unwrap();
    assert_ne!(sent.parameter("AuthenticationCode1"), sent.parameter("AuthenticationCode2"));
    assert_eq!(stage.calls(), ["GetUser", "GetUser", "ResyncMFADevice", "GetUser", "GetUser", "ResyncMFADevice"]);
}

#[test]
fn a_role_stands_for_the_user_behind_it() {
    let stage = Stage::new();
    stage
        .sandbox
        .change(|world| {
            let role =
                Role::new("arn:aws:iam::210987654321:role/Robots").trusts("arn:aws:iam::123456789012:user/robot");
            world.add_role(role)
        })
        .unwrap();
    let role = "role_arn = arn:aws:iam::210987654321:role/Robots\nmaster_profile = plain\n";
    stage.home.profile("robots", role);
    assert!(stage.home.fails(3, &["mfa", "code", "robots"]).contains("awstok mfa add robots"));
    assert_eq!(stage.home.ok(&["mfa", "enroll", "robots", "--store", "file", "--no-qr"]), format!("{SERIAL}\n"));
    assert!(stage.home.read(PLAIN).contains(&format!("mfa_id = {SERIAL}\n")));
    let err = stage.home.fails(2, &["mfa", "enroll", "robots"]);
    assert!(err.contains("the profile `plain` has the device"), "{err}");
    assert_eq!(stage.home.ok(&["mfa", "code", "robots"]).len(), 7);
    stage.home.ok(&["mfa", "remove", "robots", "--yes"]);
    assert!(stage.home.read(PLAIN).contains("mfa_type = prompt\n"));
    assert_eq!(stage.home.read(".aws/aws-profiles/robots"), format!("[robots]\n{role}"));
    let err = stage.home.fails(3, &["mfa", "code", "robots"]);
    assert!(err.contains("awstok mfa add plain"), "{err}");
}

#[test]
fn a_security_key_is_refused_wherever_a_code_would_be_needed() {
    let stage = Stage::new();
    let key = "arn:aws:iam::123456789012:u2f/user/robot/key-ABCDEFGH";
    let before = format!("{}mfa_id = {key}\n", stage.home.read(PLAIN));
    stage.home.write(PLAIN, &before);
    for args in [&["token", "plain"][..], &["env", "plain", "--json", "--mfa-code", "123456"], &["explain", "plain"]] {
        let err = stage.home.fails(3, args);
        assert!(err.contains("plain:5`: `mfa_id` is `arn") && err.contains("STS takes codes only"), "{err}");
        assert!(err.contains("hint: name a virtual or hardware device"), "{err}");
    }
    let err = fed(&stage, &["mfa", "add", "plain", "--secret-stdin"], SEED);
    assert!(err.code == 2 && err.err.contains("STS takes codes only"), "{err:?}");
    let err = fed(&stage, &["mfa", "add", "bob", "--secret-stdin", "--mfa-id", key], SEED);
    assert!(err.code == 2 && err.err.contains("security key"), "{err:?}");
    assert!(stage.home.fails(3, &["mfa", "resync", "plain"]).contains("no codes to send"));
    // beside it a virtual one can be made
    assert_eq!(listed(&stage, "plain"), json!([]));
    assert!(stage.home.fails(2, &["mfa", "enroll", "plain", "--store", "file"]).contains("--force"));
    stage.home.ok(&["mfa", "enroll", "plain", "--store", "file", "--no-qr", "--force"]);
    let after = stage.home.read(PLAIN);
    assert!(after.contains(&format!("mfa_id = {SERIAL}\n")) && !after.contains("u2f"), "{after}");
}

#[test]
fn a_refused_enrolment_leaves_nothing_behind() {
    let stage = Stage::new();
    let before = stage.home.read(PLAIN);
    let refusal = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAuthenticationCode</Code><Message>no</Message></Error></ErrorResponse>";
    let fault = Fault::Answer { status: 403, content_type: "text/xml", body: refusal.into() };
    stage.sandbox.inject(Rule::new(fault).action("EnableMFADevice"));
    let err = stage.home.fails(4, &["mfa", "enroll", "plain", "--store", "file", "--no-qr"]);
    assert!(err.contains("taken away again"), "{err}");
    assert_eq!((stage.home.read(PLAIN), devices(&stage)), (before, vec![]));
    assert!(!stage.home.exists(".aws/awstok/mfa/plain.enroll"));
}

/// The calls of an enrolment.
const CALLS: [&str; 4] = ["GetUser", "ListVirtualMFADevices", "CreateVirtualMFADevice", "EnableMFADevice"];

/// Lets `end` end an enrolment at each of its calls, with each fault, and goes on with it; side by side, as used codes are
/// waited out.
fn goes_on(faults: &[Fault], end: impl Fn(&Stage, &str, &Fault) + Sync) {
    std::thread::scope(|scope| {
        for (action, fault) in CALLS.iter().flat_map(|action| faults.iter().map(move |fault| (*action, fault))) {
            let end = &end;
            scope.spawn(move || {
                let stage = Stage::new();
                // four times, so that what may be tried again fails as well
                stage.sandbox.inject(Rule::new(fault.clone()).action(action).times(4));
                end(&stage, action, fault);
                stage.sandbox.clear_faults();
                finish(&stage, "file", &format!("{action} {fault:?}"));
            });
        }
    });
}

#[test]
fn an_enrolment_goes_on_wherever_it_was_cut_off() {
    goes_on(&[Fault::LostAnswer, Fault::HangUp], |stage, _, _| {
        let err = stage.home.fails(6, &["mfa", "enroll", "plain", "--store", "file", "--no-qr"]);
        assert!(!err.contains(SECRET), "{err}");
    });
}

#[test]
fn an_enrolment_goes_on_wherever_it_was_killed() {
    // before it is performed, and after
    goes_on(&[Fault::Latency(Duration::from_secs(60)), Fault::Silence], |stage, action, fault| {
        let mut child = stage.home.command(["mfa", "enroll", "plain", "--store", "file", "--no-qr"]);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        let is_there = || match fault {
            Fault::Silence => !stage.sandbox.calls_of(action).is_empty(),
            // calls are recorded when they are answered: the one before it tells
            _ => begun.elapsed() > Duration::from_secs(3),
        };
        while !is_there() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{action} {fault:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    });
}

#[test]
fn a_seed_aside_is_not_left_behind() {
    for store in ["file", "passphrase"] {
        let mut stage = Stage::new();
        stage.home.set("AWSTOK_PASSPHRASE", "hunter2hunter2");
        stage.home.write(".aws/config", "[profile plain]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = bob\n");
        stage.sandbox.inject(Rule::new(Fault::LostAnswer).action("EnableMFADevice").times(4));
        stage.home.fails(6, &["mfa", "enroll", "plain", "--store", store, "--no-qr"]);
        stage.sandbox.clear_faults();
        for args in [
            &["profile", "rename", "plain", "robot"][..],
            &["profile", "copy", "plain", "robot"],
            &["profile", "rename", "bob", "plain", "--force"],
            &["profile", "remove", "plain", "--yes"],
            &["mfa", "remove", "plain", "--yes"],
            &["profile", "import", "plain", "--force"],
            &["secret", "move", "plain", "--to", "passphrase"],
        ] {
            let err = stage.home.fails(3, args);
            assert!(
                err.contains(
                    "a device of `plain` is being enrolled\n\nhint: finish that first: `awstok mfa enroll plain`"
                ),
                "{args:?}: {err}"
            );
        }
        let add = ["mfa", "add", "plain", "--secret-stdin", "--mfa-id", DEVICE, "--store", "file"];
        let run = fed(&stage, &add, SEED);
        assert!(run.code == 3 && run.err.contains("being enrolled"), "{run:?}");
        finish(&stage, store, store);
        stage.home.ok(&["profile", "rename", "plain", "robot"]);
        stage.home.ok(&["mfa", "code", "robot"]);
    }
}

#[test]
fn a_device_that_is_not_listed_everywhere_yet_keeps_its_seed() {
    let stage = Stage::new();
    stage.sandbox.inject(Rule::new(Fault::LostAnswer).action("EnableMFADevice").times(4));
    stage.home.fails(6, &["mfa", "enroll", "plain", "--store", "file", "--no-qr"]);
    stage.sandbox.clear_faults();
    let none = "<ListVirtualMFADevicesResponse><ListVirtualMFADevicesResult><IsTruncated>false</IsTruncated>\
                <VirtualMFADevices/></ListVirtualMFADevicesResult></ListVirtualMFADevicesResponse>";
    let late = Fault::Answer { status: 200, content_type: "text/xml", body: none.into() };
    stage.sandbox.inject(Rule::new(late).action("ListVirtualMFADevices").times(2));
    finish(&stage, "file", "listed late");
}

/// Enrolls once more, which must end with one device, known and enabled, whose codes AWS takes.
#[track_caller]
pub fn finish(stage: &Stage, store: &str, after: &str) {
    let run = stage.home.run(&["mfa", "enroll", "plain", "--store", store, "--no-qr"]);
    assert_eq!((run.code, run.out.as_str()), (0, &*format!("{SERIAL}\n")), "{after}: {run:?}");
    assert!(!stage.home.exists(".aws/awstok/mfa/plain.enroll"), "{after}");
    assert_eq!(devices(stage), [SERIAL], "{after}");
    let unused = stage.sandbox.unused_code(SERIAL).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let around = [now + 30, now, now - 30].into_iter();
    let is_known = |at: u64| stage.home.ok(&["mfa", "code", "plain", "--at", &at.to_string()]).trim() == unused;
    assert!({ around }.any(is_known), "{after}: the seed isn't the device's");
}
