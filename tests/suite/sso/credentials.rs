//! Credentials of Identity Center's roles, and of roles behind them, wherever they are handed out.

use awstok::sandbox::{Fault, Rule};

use super::*;

#[test]
fn a_role_and_the_role_behind_it_are_handed_out_everywhere() {
    let (sandbox, home) = house(center());
    let file = put_token(&home, &sandbox, "corp", START_URL, 3_600, |_| {});
    let token = home.read(&file);
    sandbox.clear_calls();
    let outline = home.ok(&["explain", "behind"]);
    assert!(
        outline.contains(&format!("1. GetRoleCredentials {ACCOUNT}/Admin of profile `dev`  [to be called]")),
        "{outline}"
    );
    assert!(outline.contains("for whoever signed in to `corp`") && outline.contains("role chaining"), "{outline}");
    assert_eq!(called(&sandbox), [""; 0]);
    let who: Value = serde_json::from_str(&home.ok(&["whoami", "behind", "--json"])).unwrap();
    assert_eq!(who["arn"], "arn:aws:sts::210987654321:assumed-role/behind-sso/ann");
    assert_eq!(called(&sandbox), ["GetRoleCredentials", "AssumeRole", "GetCallerIdentity"]);
    // the session is kept, and serves everything else
    let process: Value = serde_json::from_str(&home.ok(&["credential-process", "dev"])).unwrap();
    assert_eq!(process["AccountId"], ACCOUNT);
    let key = process["AccessKeyId"].as_str().unwrap();
    let env = home.ok(&["env", "dev", "--shell", "bash"]);
    assert!(env.contains(key) && env.contains(&format!("AWS_ACCOUNT_ID='{ACCOUNT}'")), "{env}");
    #[cfg(unix)]
    assert_eq!(home.ok(&["exec", "dev", "--", "printenv", "AWS_ACCESS_KEY_ID"]).trim(), key);
    let rows: Value = serde_json::from_str(&home.ok(&["token", "dev", "behind", "--json"])).unwrap();
    assert_eq!((&rows[0]["status"], &rows[1]["status"]), (&json!("reused"), &json!("reused")));
    assert!(home.read(".aws/credentials").contains(key));
    assert!(!home.read(".aws/config").split("[profile ").skip(1).any(|section| section.contains("sso_")));
    assert!(home.read(".aws/config").contains("[sso-session corp]\nsso_start_url"));
    let status: Value = serde_json::from_str(&home.ok(&["status", "dev", "--json"])).unwrap();
    assert_eq!(status[0]["status"], "valid");
    assert_eq!(called(&sandbox), [""; 0]);
    assert_eq!(home.read(&file), token, "the token needn't be touched");
    let listed: Value = serde_json::from_str(&home.ok(&["list", "--json"])).unwrap();
    assert!(listed.to_string().contains("\"sso\""), "{listed}");
}

#[test]
fn several_sign_ins_stand_side_by_side() {
    let (sandbox, home) = house(center());
    add_others(&home);
    put_token(&home, &sandbox, "corp", START_URL, 3_600, |_| {});
    put_token(&home, &sandbox, OTHER_URL, OTHER_URL, 3_600, |_| {});
    let rows: Value = serde_json::from_str(&home.ok(&["token", "--all", "--json"])).unwrap();
    let accounts: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["account_id"].as_str().unwrap()).collect();
    assert_eq!(accounts, ["210987654321", ACCOUNT, "333344445555", "210987654321"]);
    assert_eq!(sandbox.calls_of("CreateToken").len(), 0);
}

#[test]
fn the_console_is_that_of_the_sign_ins_partition() {
    let mut center = center();
    center.region = "cn-north-1".into();
    let (sandbox, home) = house(center);
    put_token(&home, &sandbox, "corp", START_URL, 3_600, |_| {});
    home.write(".aws/config", home.read(".aws/config").replace("eu-central-1", "cn-north-1"));
    home.profile("dev", &format!("sso_session = corp\nsso_account_id = {ACCOUNT}\nsso_role_name = Admin\n"));
    let url = home.ok(&["console", "dev", "--print"]);
    assert!(url.contains("&Destination=https%3A%2F%2Fconsole.amazonaws.cn%2Fconsole%2Fhome&"), "{url}");
}

#[test]
fn with_auto_refresh_sdks_ask_awstok() {
    let (sandbox, home) = house(center());
    put_token(&home, &sandbox, "corp", START_URL, 3_600, |_| {});
    home.profile(
        "auto",
        &format!("sso_session = corp\nsso_account_id = {ACCOUNT}\nsso_role_name = ReadOnly\nregion = eu-central-1\nauto_refresh = yes\n"),
    );
    home.ok(&["token", "auto"]);
    let config = home.read(".aws/config");
    let section = config.split("[profile auto]").nth(1).unwrap().split("\n[").next().unwrap();
    assert!(section.contains("credential-process auto") && !section.contains("sso_session ="), "{section}");
    assert!(!home.exists(".aws/credentials") || !home.read(".aws/credentials").contains("[auto]"));
}

#[test]
fn whoever_isnt_signed_in_is_told_what_to_run() {
    let (sandbox, home) = house(center());
    add_others(&home);
    for args in [
        &["token", "dev"][..],
        &["env", "dev", "--shell", "bash"],
        &["credential-process", "dev"],
        &["whoami", "dev"],
        &["exec", "dev", "--", "true"],
        &["watch", "--once", "legacy"],
        &["token", "behind"],
    ] {
        let code = if args[0] == "watch" { 1 } else { 5 };
        let said = home.fails(code, args);
        let how = if args.contains(&"legacy") { "awstok sso login legacy" } else { "awstok sso login --session corp" };
        assert!(
            said.contains("the sign-in to `") && said.contains("is needed first") && said.contains(how),
            "{args:?}: {said}"
        );
    }
    assert_eq!(called(&sandbox), [""; 0], "nobody is asked in vain");
}

#[test]
fn an_expired_sign_in_begins_anew_where_there_is_a_terminal() {
    let (sandbox, mut home) = house(center().approval(Approval::AtOnce));
    put_token(&home, &sandbox, "corp", START_URL, -60, |token| {
        token.as_object_mut().unwrap().remove("refreshToken");
    });
    home.write("browser", "#!/bin/sh\nprintf '%s\\n' \"$2\" > \"$1.new\" && mv \"$1.new\" \"$1\"\n");
    let address = home.path("address");
    home.set("BROWSER", format!("/bin/sh {} {} %s", home.path("browser").display(), address.display()));
    sandbox.clear_calls();
    let mut terminal = home.on_terminal(&["token", "dev", "web", "behind"]);
    terminal.expect("the sign-in to `corp` has ended");
    terminal.expect("signing in to `corp` in the browser");
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !address.exists() && std::time::Instant::now() < end {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(browse(std::fs::read_to_string(&address).unwrap().trim()).contains("Signed in"));
    let (code, shown) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    let count = |action: &str| sandbox.calls_of(action).len();
    assert_eq!([count("Authorize"), count("CreateToken"), count("GetRoleCredentials")], [1, 1, 2], "one for all");
    // denied: exit 4, said once for all, and nobody is asked again in this run
    put_token(&home, &sandbox, "corp", START_URL, -60, |token| {
        token.as_object_mut().unwrap().remove("refreshToken");
    });
    sandbox.change(|world| world.identity_center(START_URL).unwrap().approval = Approval::Denied);
    std::fs::remove_file(&address).unwrap();
    sandbox.clear_calls();
    let terminal = home.on_terminal(&["token", "--force", "dev", "web"]);
    while !address.exists() && std::time::Instant::now() < end {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    browse(std::fs::read_to_string(&address).unwrap().trim());
    let (code, shown) = terminal.end();
    assert!(code == 1 && shown.contains("was denied") && shown.contains("a moment ago"), "{code} {shown}");
    assert_eq!(sandbox.calls_of("Authorize").len(), 1);
}

#[test]
fn what_isnt_assigned_is_refused_with_a_remedy() {
    let (sandbox, home) = house(center());
    put_token(&home, &sandbox, "corp", START_URL, 3_600, |_| {});
    home.profile(
        "no",
        "sso_session = corp\nsso_account_id = 210987654321\nsso_role_name = ReadOnly\nregion = eu-central-1\n",
    );
    let said = home.fails(4, &["token", "no"]);
    assert!(said.contains("ForbiddenException") && said.contains("awstok sso accounts"), "{said}");
}

#[test]
fn a_hostile_answer_is_refused_before_any_write() {
    let (sandbox, home) = house(center());
    put_token(&home, &sandbox, "corp", START_URL, 3_600, |_| {});
    for (fault, code) in [
        (Fault::value("secretAccessKey", "x\n[default]\naws_access_key_id = evil"), 6),
        (Fault::value("sessionToken", "a\u{0}b"), 6),
        (Fault::value("accessKeyId", "a b"), 6),
        (Fault::missing("sessionToken"), 6),
        (Fault::value("expiration", "1000"), 6),
        (Fault::value("expiration", "253402300799000"), 6),
        (Fault::html(), 6),
        (Fault::empty_body(), 6),
        (Fault::HugeBody(100_000_000), 6),
        (Fault::Redirect("http://127.0.0.1:9/".into()), 6),
        (Fault::TornBody, 6),
    ] {
        let name = format!("{fault:?}");
        sandbox.inject(Rule::new(fault).action("GetRoleCredentials"));
        let run = home.run(&["token", "dev"]);
        assert_eq!(run.code, code, "{name}: {run:#?}");
        assert!(!home.exists(".aws/credentials"), "{name}");
        sandbox.clear_faults();
    }
    home.ok(&["token", "dev"]);
}
