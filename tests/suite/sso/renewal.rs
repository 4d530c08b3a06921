//! Renewal in silence: when, by whom, and what an answer that fails or gets lost costs.

use std::process::Stdio;
use std::time::Duration;

use awstok::sandbox::{Fault, Renewal, Rule};

use super::*;

#[test]
fn within_five_minutes_of_its_end_a_token_is_renewed() {
    let (sandbox, home) = house(center());
    let file = put_token(&home, &sandbox, "corp", START_URL, 330, |_| {});
    home.ok(&["token", "dev", "--force"]);
    assert_eq!(called(&sandbox), ["GetRoleCredentials"]);
    put_token(&home, &sandbox, "corp", START_URL, 290, |token| token["custom"] = json!({"kept": [1]}));
    let before = file_json(&home, &file);
    home.ok(&["token", "dev", "--force"]);
    assert_eq!(called(&sandbox), ["CreateToken", "GetRoleCredentials"]);
    let after = file_json(&home, &file);
    for changed in ["accessToken", "expiresAt", "refreshToken"] {
        assert_ne!(before[changed], after[changed], "{changed}");
    }
    for kept in ["startUrl", "region", "clientId", "clientSecret", "registrationExpiresAt", "custom"] {
        assert_eq!(before[kept], after[kept], "{kept}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(home.path(&file).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    home.ok(&["token", "web"]);
    assert_eq!(called(&sandbox), ["GetRoleCredentials"]);
}

#[test]
fn without_a_new_refresh_token_the_old_one_stays() {
    let (sandbox, home) = house(center());
    sandbox.change(|world| world.identity_center(START_URL).unwrap().renewal = Renewal::Keeps);
    let file = put_token(&home, &sandbox, "corp", START_URL, -60, |_| {});
    let before = file_json(&home, &file);
    sandbox.inject(Rule::new(Fault::missing("refreshToken")).action("CreateToken").times(1));
    home.ok(&["token", "dev"]);
    let after = file_json(&home, &file);
    assert_eq!(before["refreshToken"], after["refreshToken"]);
    assert_ne!(before["accessToken"], after["accessToken"]);
}

#[test]
fn a_token_that_lives_outlives_a_failed_renewal() {
    let (sandbox, home) = house(center());
    for fault in [Fault::Failure(500), Fault::Refused(400, "InvalidGrantException"), Fault::HangUp] {
        let file = put_token(&home, &sandbox, "corp", START_URL, 290, |_| {});
        let before = home.read(&file);
        let _ = std::fs::remove_file(home.path(".aws/awstok/locks/").join(tried(&home)));
        sandbox.clear_calls();
        sandbox.inject(Rule::new(fault).action("CreateToken"));
        let run = home.run(&["token", "dev", "--force"]);
        assert_eq!(run.code, 0, "{run:#?}");
        assert!(
            run.err.contains("warning: the sign-in to `corp` serves on, though it could not be renewed"),
            "{run:#?}"
        );
        assert_eq!(called(&sandbox), ["CreateToken", "GetRoleCredentials"], "one try");
        assert_eq!(home.read(&file), before);
        // nor is it tried again at once
        let run = home.run(&["token", "web", "--force"]);
        assert!(run.code == 0 && !run.err.contains("warning"), "{run:#?}");
        assert_eq!(called(&sandbox), ["GetRoleCredentials"]);
        sandbox.clear_faults();
    }
}

/// Gives the name of the note of a renewal that failed.
fn tried(home: &Home) -> String {
    let hash = token_file("corp").rsplit('/').next().unwrap().replace(".json", "");
    assert!(home.path(".aws").exists());
    format!("sso-{hash}.tried")
}

#[test]
fn what_aws_renews_no_more_needs_a_person() {
    let (sandbox, home) = house(center());
    type Change = fn(&mut Value);
    let cases: [(&str, Option<Fault>, Change, usize); 4] = [
        ("InvalidGrantException", Some(Fault::Refused(400, "InvalidGrantException")), |_| {}, 1),
        ("has ended", None, |token| token["registrationExpiresAt"] = json!("2020-01-01T00:00:00Z"), 0),
        ("has ended", None, |token| drop(token.as_object_mut().unwrap().remove("refreshToken")), 0),
        ("has ended", None, |token| drop(token.as_object_mut().unwrap().remove("clientSecret")), 0),
    ];
    for (words, fault, change, calls) in cases {
        let file = put_token(&home, &sandbox, "corp", START_URL, -1, change);
        let before = home.read(&file);
        sandbox.clear_calls();
        if let Some(fault) = fault {
            sandbox.inject(Rule::new(fault).action("CreateToken").times(1));
        }
        let said = home.fails(5, &["token", "dev"]);
        assert!(said.contains(words) && said.contains("hint: run `awstok sso login --session corp`"), "{said}");
        assert_eq!(called(&sandbox).len(), calls);
        assert_eq!(home.read(&file), before);
    }
}

#[test]
fn a_lost_answer_doesnt_lose_the_sign_in() {
    let (sandbox, home) = house(center());
    put_token(&home, &sandbox, "corp", START_URL, -60, |_| {});
    sandbox.inject(Rule::new(Fault::LostAnswer).action("CreateToken").times(1));
    home.ok(&["token", "dev"]);
    // all lost: another time
    let file = put_token(&home, &sandbox, "corp", START_URL, -60, |_| {});
    let before = home.read(&file);
    sandbox.inject(Rule::new(Fault::LostAnswer).action("CreateToken"));
    let said = home.fails(6, &["token", "dev", "--force"]);
    assert!(said.contains("the sign-in to `corp` could not be renewed"), "{said}");
    assert_eq!(home.read(&file), before);
    sandbox.clear_faults();
    home.ok(&["token", "dev", "--force"]);
}

#[test]
fn a_token_that_the_portal_takes_no_more_is_renewed_once() {
    let (sandbox, home) = house(center());
    put_token(&home, &sandbox, "corp", START_URL, 3_600, |_| {});
    sandbox.change(awstok::sandbox::World::end_access_tokens);
    sandbox.clear_calls();
    home.ok(&["token", "dev"]);
    assert_eq!(called(&sandbox), ["GetRoleCredentials", "CreateToken", "GetRoleCredentials"]);
    sandbox.change(awstok::sandbox::World::end_sign_ins);
    let said = home.fails(5, &["token", "web"]);
    assert!(said.contains("the sign-in to `corp` is no longer taken"), "{said}");
}

#[test]
fn twenty_at_once_renew_once_and_each_sign_in_by_itself() {
    let (sandbox, home) = house(center());
    add_others(&home);
    home.write(
        ".aws/config",
        format!(
            "{}[sso-session other]\nsso_start_url = {OTHER_URL}\nsso_region = eu-central-1\n",
            home.read(".aws/config")
        ),
    );
    home.profile(
        "other",
        "sso_session = other\nsso_account_id = 333344445555\nsso_role_name = Admin\nregion = eu-central-1\n",
    );
    sandbox.inject(Rule::new(Fault::Latency(Duration::from_millis(50))));
    let files = [
        put_token(&home, &sandbox, "corp", START_URL, -60, |_| {}),
        put_token(&home, &sandbox, "other", OTHER_URL, -60, |_| {}),
    ];
    sandbox.clear_calls();
    let names = ["dev", "web", "other"];
    let runs: Vec<_> = (0..20)
        .map(|nth| {
            let mut command = home.command(["credential-process", names[nth % 3]]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for run in runs {
        let run = Run::of(run.wait_with_output().unwrap());
        assert_eq!(run.code, 0, "{run:#?}");
    }
    assert_eq!(sandbox.calls_of("CreateToken").len(), 2, "one a sign-in");
    assert_eq!(sandbox.calls_of("GetRoleCredentials").len(), 3);
    for file in &files {
        assert!(file_json(&home, file)["accessToken"].is_string());
    }
}

#[test]
fn what_another_program_renewed_meanwhile_is_taken() {
    let (sandbox, home) = house(center());
    let file = put_token(&home, &sandbox, "corp", START_URL, -60, |_| {});
    sandbox.inject(Rule::new(Fault::Latency(Duration::from_secs(3))).action("CreateToken").times(1));
    sandbox.inject(Rule::new(Fault::Refused(400, "InvalidGrantException")).action("CreateToken").times(1));
    let mut command = home.command(["token", "dev"]);
    let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(1));
    put_token(&home, &sandbox, "corp", START_URL, 3_600, |_| {});
    let theirs = home.read(&file);
    let run = Run::of(run.wait_with_output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(home.read(&file), theirs);
}

#[test]
fn in_the_background_nothing_opens_a_browser() {
    let (sandbox, mut home) = house(center().approval(Approval::AtOnce));
    let opened = home.path("opened");
    home.write("browser", "#!/bin/sh\ntouch \"$1\"\n");
    home.set("BROWSER", format!("/bin/sh {} {} %s", home.path("browser").display(), opened.display()));
    put_token(&home, &sandbox, "corp", START_URL, -60, |token| {
        token.as_object_mut().unwrap().remove("refreshToken");
    });
    let mut terminal = home.on_terminal(&["watch", "dev"]);
    terminal.expect("the sign-in to `corp` has ended");
    terminal.expect("awstok sso login --session corp");
    terminal.send("\x03");
    let (code, shown) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(!opened.exists() && sandbox.calls_of("RegisterClient").is_empty());
}

#[cfg(unix)]
#[test]
fn a_server_renews_sign_in_and_session_in_silence() {
    let (sandbox, home) = house(center());
    sandbox.change(|world| {
        let center = world.identity_center(START_URL).unwrap();
        center.token_lifetime = Duration::from_secs(1);
        center.role_lifetime = Duration::from_secs(8);
    });
    put_token(&home, &sandbox, "corp", START_URL, -60, |_| {});
    sandbox.clear_calls();
    let mut command = home.command(["serve", "dev", "--json"]);
    let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let end = std::time::Instant::now() + Duration::from_secs(90);
    while sandbox.calls_of("GetRoleCredentials").len() < 3 && std::time::Instant::now() < end {
        std::thread::sleep(Duration::from_millis(100));
    }
    server.kill().unwrap();
    let said = Run::of(server.wait_with_output().unwrap());
    assert!(sandbox.calls_of("GetRoleCredentials").len() >= 3, "{said:#?}");
    assert!(sandbox.calls_of("CreateToken").len() >= 3, "{said:#?}");
    assert!(!said.err.contains("warning"), "{said:#?}");
}
