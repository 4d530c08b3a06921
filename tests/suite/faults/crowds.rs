//! Many processes at once lose no update, make each call once, and send no code twice.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Stdio};
use std::time::Duration;

use awstok::sandbox::{Fault, Options, Rule, Sandbox, User, World};

use super::{ACCOUNT, NONE, Stage, left_overs, private, sections};
use crate::home::{AWSTOK, Home, Run};

/// Starts all runs, lets them go at one instant, and waits for them.
fn at_once(home: &Home, runs: &[Vec<String>]) -> Vec<Run> {
    let (barrier, gate) = std::io::pipe().unwrap();
    let start = |args: &Vec<String>| -> Child {
        home.other("sh")
            .args(["-c", "read -r _; exec \"$0\" \"$@\" < /dev/null", AWSTOK])
            .args(args)
            .stdin(barrier.try_clone().unwrap())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<Child> = runs.iter().map(start).collect();
    drop(gate);
    children.into_iter().map(|child| Run::of(child.wait_with_output().unwrap())).collect()
}

fn words(args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}

#[track_caller]
fn all_succeeded(runs: &[Run]) {
    let failed: Vec<&Run> = runs.iter().filter(|run| run.code != 0).collect();
    assert!(failed.is_empty(), "{} of {} failed, such as {:#?}", failed.len(), runs.len(), failed[0]);
}

#[test]
fn two_hundred_processes_over_fifty_profiles_make_fifty_calls_and_fifty_whole_sections() {
    let mut world = World::new();
    let mut home = Home::new();
    private(&home.path(".aws"));
    private(&home.path(".aws/aws-profiles"));
    let names: Vec<String> = (0..50).map(|number| format!("p{number:02}")).collect();
    for name in &names {
        world.add_user(User::new(ACCOUNT, name, &format!("AKIA{}", name.to_uppercase()), "some/secret")).unwrap();
        let keys = format!("aws_access_key_id = AKIA{}\naws_secret_access_key = some/secret\n", name.to_uppercase());
        home.profile(name, &format!("{keys}region = eu-west-1\n"));
    }
    let sandbox = Sandbox::start(world, Options::default()).unwrap();
    sandbox.inject(Rule::new(Fault::Latency(Duration::from_millis(50))));
    home.set("AWS_ENDPOINT_URL", sandbox.url());
    home.write(".aws/credentials", "# mine\n[other]\nkey = value\n");
    let runs: Vec<Vec<String>> = (0..200).map(|number| words(&["token", &names[number % 50]])).collect();
    all_succeeded(&at_once(&home, &runs));

    assert_eq!(sandbox.calls().len(), 50);
    let text = home.read(".aws/credentials");
    assert!(text.starts_with("# mine\n[other]\nkey = value\n\n["), "{text}");
    let found = sections(&text);
    assert_eq!(found.len(), 51);
    let mut keys = BTreeSet::new();
    for name in &names {
        let section = &found[name];
        let whole = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "expiration"];
        assert!(whole.iter().all(|key| section.contains_key(*key)), "{name}: {section:?}");
        keys.insert(section["aws_access_key_id"].clone());
    }
    assert_eq!(keys.len(), 50, "each profile has its own credentials");
    let config = sections(&home.read(".aws/config"));
    assert!(names.iter().all(|name| config[&format!("profile {name}")]["region"] == "eu-west-1"), "{config:#?}");
    assert_eq!(left_overs(&home), NONE);
}

#[test]
fn sixty_four_processes_of_one_profile_spend_one_code() {
    let stage = Stage::new();
    stage.sandbox.inject(Rule::new(Fault::Latency(Duration::from_millis(50))));
    let code = stage.code();
    all_succeeded(&at_once(&stage.home, &vec![words(&["token", "ann", "--mfa-code", &code]); 64]));
    assert_eq!(stage.sandbox.calls().len(), 1);
}

/// 20 roles of one user, all sessions expired: in one run, and in 20 at once.
#[test]
fn twenty_profiles_of_one_device_share_one_call_and_no_code_is_sent_twice() {
    let stage = Stage::new();
    let mut names = Vec::new();
    for number in 0..20 {
        let name = format!("r{number:02}");
        let session = format!("role_session_name = {name}\n");
        stage.home.profile(
            &name,
            &format!(
                "role_arn = arn:aws:iam::210987654321:role/prod\nmaster_profile = ann\nregion = eu-west-1\n{session}"
            ),
        );
        names.push(name);
    }
    let together_with = |code: &str| {
        let mut args = vec!["token", "--mfa-code", code];
        args.extend(names.iter().map(String::as_str));
        stage.home.ok(&args);
    };
    together_with(&stage.code());
    stage.sandbox.inject(Rule::new(Fault::Latency(Duration::from_millis(50))));

    for (round, together) in [(1, true), (2, false)] {
        expire_all(&stage.home);
        // a third code within half a minute would be that of the window before, which may run out on its way
        stage.sandbox.set_clock_offset(jiff::SignedDuration::from_secs(60 * round));
        let code = stage.code();
        let before = stage.sandbox.calls().len();
        if together {
            together_with(&code);
        } else {
            let runs: Vec<Vec<String>> =
                names.iter().map(|name| words(&["token", name, "--mfa-code", &code])).collect();
            all_succeeded(&at_once(&stage.home, &runs));
        }
        let calls = &stage.sandbox.calls()[before..];
        let count = |action: &str| calls.iter().filter(|call| call.action == action).count();
        assert_eq!((count("GetSessionToken"), count("AssumeRole"), calls.len()), (1, 20, 21), "together: {together}");
    }
    let calls = stage.sandbox.calls();
    let codes: Vec<&str> = calls.iter().filter_map(|call| call.parameter("TokenCode")).collect();
    assert_eq!(codes.len(), 3);
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 3, "every code is unique");
    let found = sections(&stage.home.read(".aws/credentials"));
    let keys: BTreeSet<&str> = names.iter().map(|name| found[name]["aws_access_key_id"].as_str()).collect();
    assert_eq!(keys.len(), 20);
}

/// Moves the end of all cached sessions into the past.
fn expire_all(home: &Home) {
    for file in fs::read_dir(home.path(".aws/awstok/cache")).unwrap() {
        let file = file.unwrap().path();
        let mut entry: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        entry["issued_at"] = "2020-01-01T00:00:00Z".into();
        entry["expiration"] = "2020-01-01T01:00:00Z".into();
        fs::write(&file, serde_json::to_vec(&entry).unwrap()).unwrap();
    }
}
