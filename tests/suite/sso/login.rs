//! `awstok sso login`, `status` and `logout`.

use std::time::Duration;

use awstok::sandbox::{Fault, Rule};

use super::*;

const REGISTRATION: &str = ".aws/sso/cache";

/// Gives the names of the files beside the token.
fn registrations(home: &Home, token: &str) -> Vec<String> {
    let files = std::fs::read_dir(home.path(REGISTRATION)).unwrap();
    let mut names: Vec<String> =
        files.map(|file| format!("{REGISTRATION}/{}", file.unwrap().file_name().to_str().unwrap())).collect();
    names.retain(|name| name != token);
    names
}

#[test]
fn the_browser_comes_back_and_the_files_are_the_aws_clis() {
    let (sandbox, home) = house(center().approval(Approval::AtOnce));
    let (run, landed) = sign_in(&home, &["sso", "login", "dev", "--no-browser"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{run:#?}");
    assert!(run.err.starts_with("to sign in to `corp`, go to\n\n  http://"), "{run:#?}");
    assert!(run.err.contains("\n\nin a browser on this machine; for one elsewhere"), "{run:#?}");
    assert!(run.err.contains("signed in to `corp` until ") && run.err.contains("renewed in silence"), "{run:#?}");
    assert!(landed.contains("<h1>Signed in</h1>") && landed.contains("to corp") && landed.contains("can be closed"));
    assert!(!landed.contains("script"), "{landed}");
    assert_eq!(called(&sandbox), ["RegisterClient", "Authorize", "CreateToken"]);
    let file = token_file("corp");
    let token = file_json(&home, &file);
    let keys: Vec<_> = token.as_object().unwrap().keys().map(String::as_str).collect();
    let all = [
        "startUrl",
        "region",
        "accessToken",
        "expiresAt",
        "clientId",
        "clientSecret",
        "registrationExpiresAt",
        "refreshToken",
    ];
    assert_eq!(keys, all);
    assert_eq!(home.read(&file), python_json(&token));
    let [registration] = &registrations(&home, &file)[..] else { panic!("one registration") };
    let registered = file_json(&home, registration);
    assert_eq!(registered["grantTypes"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(registered["scopes"], json!(["sso:account:access"]));
    assert_eq!(
        (&registered["clientId"], &registered["expiresAt"]),
        (&token["clientId"], &token["registrationExpiresAt"])
    );
    #[cfg(unix)]
    for file in [&file, registration] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(home.path(file).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    // a good one is kept, by whatever name; another is had with the same registration
    for args in [&["sso", "login"][..], &["sso", "login", "behind"], &["sso", "login", "--session", "corp"]] {
        let run = home.run(args);
        assert!(run.code == 0 && run.err.starts_with("still signed in to `corp`"), "{run:#?}");
    }
    assert_eq!(called(&sandbox), [""; 0]);
    let (run, _) = sign_in(&home, &["sso", "login", "--profile", "web", "--no-browser", "--force"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(called(&sandbox), ["Authorize", "CreateToken"]);
    assert_ne!(file_json(&home, &file)["accessToken"], token["accessToken"]);
}

/// Writes JSON as Python does: a blank behind commas and colons.
fn python_json(value: &Value) -> String {
    let pairs = value.as_object().unwrap().iter().map(|(key, value)| format!("\"{key}\": {value}"));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
}

#[test]
fn a_foreign_state_is_ignored() {
    let (sandbox, home) = house(center().approval(Approval::AtOnce));
    let mut waiting = Waiting::start(&home, &["sso", "login", "--no-browser"]);
    let address = waiting.address();
    let (head, _) = page(&address);
    let back = head.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap().to_owned();
    let (before, state) = back.split_once("&state=").unwrap();
    assert!(state.len() >= 22, "128 bits: {state}");
    for foreign in [format!("{before}&state=x{state}"), before.to_owned(), format!("{before}&state=")] {
        let (head, body) = page(&foreign);
        assert!(head.starts_with("HTTP/1.1 400") && body.contains("ignored"), "{head}\n{body}");
    }
    assert_eq!(sandbox.calls_of("CreateToken").len(), 0);
    let (head, body) = page(&back);
    assert!(head.starts_with("HTTP/1.1 200") && body.contains("Signed in"), "{head}\n{body}");
    assert_eq!(waiting.end().code, 0);
    assert_eq!(sandbox.calls_of("CreateToken").len(), 1);
    let host = back.strip_prefix("http://").unwrap().split('/').next().unwrap();
    assert!(TcpStream::connect(host).is_err(), "nobody listens any more");
}

#[test]
fn a_device_code_serves_where_no_browser_can_come_back() {
    let (sandbox, home) = house(center().approval(Approval::AfterPolls(1)));
    add_others(&home);
    let run = home.run(&["sso", "login", "dev", "--use-device-code", "--no-browser"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{run:#?}");
    assert!(run.err.contains("/device?user_code=") && run.err.contains("shows the code "), "{run:#?}");
    assert!(run.err.contains('█') && run.err.contains('▀'), "a picture for phones: {run:#?}");
    assert_eq!(called(&sandbox), ["RegisterClient", "StartDeviceAuthorization", "CreateToken", "CreateToken"]);
    let file = token_file("corp");
    let registered = file_json(&home, &registrations(&home, &file)[0]);
    assert!(registered.get("grantTypes").is_none(), "as the AWS CLI keeps it: {registered}");
    assert!(file_json(&home, &file)["refreshToken"].is_string());
    // a bare start URL knows no other way, and its file is named after it
    let run = home.run(&["sso", "login", "legacy", "--no-browser"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(file_json(&home, &token_file(OTHER_URL))["accessToken"].is_string());
    let rows: Value = serde_json::from_str(&home.ok(&["sso", "status", "--json"])).unwrap();
    assert_eq!(rows[0]["session"], "corp");
    assert_eq!((&rows[0]["start_url"], &rows[0]["region"]), (&json!(START_URL), &json!("eu-central-1")));
    assert_eq!((&rows[1]["session"], &rows[1]["start_url"]), (&Value::Null, &json!(OTHER_URL)));
    assert_eq!((&rows[0]["refreshable"], &rows[1]["refreshable"]), (&json!(true), &json!(false)));
    assert!((3_000..=3_600).contains(&rows[0]["seconds_left"].as_i64().unwrap()), "{rows}");
    assert!(rows[0]["expires_at"].as_str().unwrap().ends_with('Z') && rows.as_array().unwrap().len() == 2);
    let said = home.fails(2, &["sso", "login"]);
    assert!(said.contains("`--session`: corp, https://other.awsapps.com/start"), "{said}");
    let table = home.ok(&["sso", "status"]);
    assert!(table.contains("corp") && table.contains("valid") && table.contains(OTHER_URL), "{table}");
}

#[test]
fn hasty_devices_wait_longer_and_lost_answers_cost_nothing() {
    let (sandbox, home) = house(center().approval(Approval::AfterPolls(0)));
    sandbox.inject(Rule::new(Fault::Refused(400, "SlowDownException")).action("CreateToken").times(1));
    let began = std::time::Instant::now();
    let run = home.run(&["sso", "login", "--use-device-code", "--no-browser"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(began.elapsed() >= Duration::from_secs(5), "the pause grows by 5 s: {:?}", began.elapsed());
    assert!(home.exists(&token_file("corp")));
    sandbox.inject(Rule::new(Fault::HangUp).action("CreateToken").times(2));
    let run = home.run(&["sso", "login", "--use-device-code", "--no-browser", "--force"]);
    assert_eq!(run.code, 0, "{run:#?}");
}

#[test]
fn denied_or_given_up_the_old_one_stays() {
    let (sandbox, home) = house(center().approval(Approval::Denied));
    let file = put_token(&home, &sandbox, "corp", START_URL, 60, |_| {});
    let before = home.read(&file);
    let (run, landed) = sign_in(&home, &["sso", "login", "--no-browser"]);
    assert_eq!(run.code, 4, "{run:#?}");
    assert!(
        run.err.contains("error: the sign-in to `corp` was denied\n  caused by: access_denied: the user said no\n"),
        "{run:#?}"
    );
    assert!(landed.contains("Not signed in") && landed.contains("denied"), "{landed}");
    let said = home.fails(4, &["sso", "login", "--use-device-code", "--no-browser"]);
    assert!(said.contains("AccessDeniedException") && said.contains("hint: the sign-in was denied"), "{said}");
    sandbox.change(|world| {
        let center = world.identity_center(START_URL).unwrap();
        center.approval = Approval::Never;
        center.code_lifetime = Duration::from_secs(3);
    });
    let said = home.fails(4, &["sso", "login", "--use-device-code", "--no-browser"]);
    assert!(said.contains("nobody signed in to `corp`") || said.contains("ExpiredTokenException"), "{said}");
    assert_eq!(home.read(&file), before);
}

#[test]
fn a_code_that_cant_be_redeemed_is_said_on_the_page_and_here() {
    let (sandbox, home) = house(center().approval(Approval::AtOnce));
    let file = put_token(&home, &sandbox, "corp", START_URL, 60, |_| {});
    let before = home.read(&file);
    for (fault, code, words) in [
        (Fault::LostAnswer, 6, "CreateToken"),
        (Fault::Refused(400, "InvalidGrantException"), 4, "InvalidGrantException"),
        (Fault::value("expiresIn", "-5"), 6, "lives -5 s"),
        (Fault::value("accessToken", "a\nb"), 6, "characters that AWS never uses"),
        (Fault::missing("accessToken"), 6, "no access token"),
    ] {
        sandbox.inject(Rule::new(fault).action("CreateToken").times(1));
        let (run, landed) = sign_in(&home, &["sso", "login", "--no-browser"]);
        assert!(run.code == code && run.err.contains(words), "{words}: {run:#?}");
        assert!(landed.contains("Not signed in") && landed.contains("the terminal says why"), "{landed}");
        assert_eq!(home.read(&file), before);
        sandbox.clear_faults();
    }
}

#[test]
fn the_browser_is_the_named_one() {
    let (_sandbox, mut home) = house(center().approval(Approval::AtOnce));
    let address = home.path("address");
    home.write("browser", "#!/bin/sh\nprintf '%s\\n' \"$2\" > \"$1.new\" && mv \"$1.new\" \"$1\"\n");
    home.set(
        "BROWSER",
        format!("/no/such/browser:/bin/sh {} {} %s", home.path("browser").display(), address.display()),
    );
    let waiting = Waiting::start(&home, &["sso", "login"]);
    let end = std::time::Instant::now() + Duration::from_secs(60);
    while !address.exists() && std::time::Instant::now() < end {
        std::thread::sleep(Duration::from_millis(20));
    }
    let landed = browse(std::fs::read_to_string(&address).unwrap().trim());
    let run = waiting.end();
    assert!(run.code == 0 && landed.contains("Signed in"), "{run:#?}");
    assert!(run.err.starts_with("signing in to `corp` in the browser; if none opens, go to"), "{run:#?}");
}

#[test]
fn a_registration_that_ended_is_renewed() {
    let (sandbox, home) = house(center().approval(Approval::AtOnce));
    sandbox.change(|world| world.identity_center(START_URL).unwrap().registration_lifetime = Duration::from_secs(600));
    assert_eq!(sign_in(&home, &["sso", "login", "--no-browser"]).0.code, 0);
    // with less than a quarter of an hour left it isn't used again
    assert_eq!(sign_in(&home, &["sso", "login", "--no-browser", "--force"]).0.code, 0);
    assert_eq!(sandbox.calls_of("RegisterClient").len(), 2);
    // one that AWS forgot before its time
    sandbox
        .change(|world| world.identity_center(START_URL).unwrap().registration_lifetime = Duration::from_secs(90_000));
    let device = ["sso", "login", "--use-device-code", "--no-browser", "--force"];
    assert_eq!(home.run(&device).code, 0);
    sandbox.change(awstok::sandbox::World::forget_clients);
    sandbox.clear_calls();
    assert_eq!(home.run(&device).code, 0);
    assert_eq!(sandbox.calls_of("RegisterClient").len(), 1);
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_nothing_behind() {
    let (_sandbox, home) = house(center().approval(Approval::Never));
    for args in [&["sso", "login", "--no-browser"][..], &["sso", "login", "--no-browser", "--use-device-code"]] {
        let mut waiting = Waiting::start(&home, args);
        waiting.address();
        rustix::process::kill_process(
            rustix::process::Pid::from_raw(i32::try_from(waiting.child.id()).unwrap()).unwrap(),
            rustix::process::Signal::INT,
        )
        .unwrap();
        assert_eq!(waiting.end().code, 130);
    }
    assert!(!home.exists(&token_file("corp")));
    let locks = std::fs::read_dir(home.path(".aws/awstok/locks")).unwrap();
    assert!(locks.flatten().all(|file| file.path().extension().is_some_and(|kind| kind == "lock")));
}

#[test]
fn signing_out_ends_it_there_and_here() {
    let (sandbox, home) = house(center());
    let file = put_token(&home, &sandbox, "corp", START_URL, 3_600, |_| {});
    home.profile("user", "aws_access_key_id = AKIABOB\naws_secret_access_key = bobs+secret\nregion = eu-central-1\n");
    for name in ["dev", "behind", "user"] {
        home.ok(&["credential-process", name]);
    }
    home.write(".aws/sso/cache/e83b78ff73aa2ebd41812af5abcc466dca567738.json", "{}");
    called(&sandbox);
    let run = home.run(&["sso", "logout", "behind"]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", "signed out of `corp`\n"));
    assert_eq!(called(&sandbox), ["Logout"]);
    assert!(!home.exists(&file) && home.exists(".aws/sso/cache/e83b78ff73aa2ebd41812af5abcc466dca567738.json"));
    let status: Value = serde_json::from_str(&home.ok(&["status", "--json"])).unwrap();
    let status = |name: &str| {
        status.as_array().unwrap().iter().find(|row| row["profile"] == name).unwrap()["status"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!([status("dev"), status("behind"), status("user")], ["none", "none", "valid"]);
    let run = home.run(&["sso", "logout"]);
    assert_eq!((run.code, run.err.as_str()), (0, "nobody was signed in to `corp`\n"));
    let rows: Value = serde_json::from_str(&home.ok(&["sso", "status", "--json"])).unwrap();
    assert_eq!(rows[0]["expires_at"], Value::Null);
    // where the portal can't be told, that is said, and the token goes all the same
    put_token(&home, &sandbox, "corp", START_URL, 3_600, |_| {});
    sandbox.inject(Rule::new(Fault::HangUp).action("Logout"));
    let said = home.fails(6, &["sso", "logout"]);
    assert!(said.contains("is removed here, and the portal could not be told"), "{said}");
    assert!(!home.exists(&file));
    // one whose token has ended lives on there, and is ended with a new one
    sandbox.clear_faults();
    put_token(&home, &sandbox, "corp", START_URL, -60, |_| {});
    called(&sandbox);
    assert_eq!(home.run(&["sso", "logout"]).code, 0);
    assert_eq!(called(&sandbox), ["CreateToken", "Logout"]);
    // one that is over already needs no end
    put_token(&home, &sandbox, "corp", START_URL, 3_600, |_| {});
    sandbox.clear_faults();
    sandbox.change(awstok::sandbox::World::end_sign_ins);
    assert_eq!(home.run(&["sso", "logout"]).code, 0);
}

#[test]
fn what_is_unknown_or_impossible_is_said() {
    let (sandbox, home) = house(center());
    home.profile("config", "region = eu-west-1\n");
    home.profile("odd", "sso_session = odd\nsso_account_id = 123456789012\nsso_role_name = r\n");
    let config = format!(
        "{}[sso-session odd]\nsso_start_url = {START_URL}\nsso_region = x.evil.com/#\n",
        home.read(".aws/config")
    );
    home.write(".aws/config", config);
    for (code, args, words) in [
        (2, &["sso", "login", "--session", "other"][..], "has no `[sso-session other]`"),
        (2, &["sso", "login", "config"], "doesn't sign in to IAM Identity Center"),
        (3, &["sso", "login", "missing"], "missing"),
        (3, &["sso", "login", "odd"], "`sso_region` is `x.evil.com/#`, which is no region"),
        (3, &["sso", "login", "--session", "odd"], "which is no region"),
        (3, &["token", "odd"], "which is no region"),
        (2, &["sso"], "sso"),
    ] {
        let said = home.fails(code, args);
        assert!(said.contains(words), "{args:?}: {said}");
    }
    assert_eq!(called(&sandbox), [""; 0]);
    let empty = Home::new();
    let said = empty.fails(2, &["sso", "login"]);
    assert!(said.contains("there is no sign-in to IAM Identity Center yet"), "{said}");
    assert_eq!(empty.ok(&["sso", "status", "--json"]), "[]\n");
}
