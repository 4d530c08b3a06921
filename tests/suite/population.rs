//! `awstok sso accounts` and `awstok sso populate` against the stand-in's access portal.

use awstok::sandbox::{Fault, IdentityCenter, Rule, Sandbox};
use serde_json::{Value, json};

use crate::home::Home;
use crate::sandbox::identity_center::{START_URL, start_with, token_file};

/// A home in which somebody is signed in to the session `corp` of `center`.
fn signed_in(center: IdentityCenter) -> (Home, Sandbox) {
    let sandbox = start_with(center);
    let mut home = Home::new();
    home.set("AWS_ENDPOINT_URL", sandbox.url());
    home.write(
        ".aws/config",
        format!("# mine\n[sso-session corp]\nsso_start_url = {START_URL}\nsso_region = eu-central-1\n"),
    );
    let signed_in = sandbox.sign_in(START_URL).unwrap();
    let token = json!({
        "startUrl": START_URL,
        "region": "eu-central-1",
        "accessToken": signed_in.access_token.expose(),
        "expiresAt": awstok::clock::rfc3339(signed_in.expires_at),
    });
    home.write(&token_file("corp"), token.to_string());
    (home, sandbox)
}

fn center() -> IdentityCenter {
    IdentityCenter::new(START_URL, "eu-central-1")
        .account("222222222222", "web", "web@example.com", &["ReadOnly", "Admin"])
        .account("011111111111", "books", "books@example.com", &["Admin"])
}

fn change(sandbox: &Sandbox, center: IdentityCenter) {
    sandbox.change(|world| world.add_identity_center(center));
}

/// Runs `sso populate --json`; gives profile, status and whether there is a reason, of each row.
#[track_caller]
fn populate(home: &Home, args: &[&str]) -> Vec<(String, String)> {
    let out = home.ok(&[&["sso", "populate", "--json"], args].concat());
    let rows: Vec<Value> = serde_json::from_str(&out).unwrap();
    let word = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.iter().map(|row| (word(row, "profile"), word(row, "status"))).collect()
}

fn rows(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(profile, status)| ((*profile).to_owned(), (*status).to_owned())).collect()
}

fn files(home: &Home) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::fs::read_dir(home.path(".aws/aws-profiles"))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| (home.read(&format!(".aws/aws-profiles/{name}")), name))
        .map(|(text, name)| (name, text))
        .collect();
    found.sort();
    found
}

fn names(home: &Home) -> Vec<String> {
    files(home).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn accounts_are_listed_with_their_roles_page_by_page() {
    let mut center = center();
    center.page = 1;
    let (home, sandbox) = signed_in(center);
    let expected = json!([
        {"account_id": "011111111111", "account_name": "books", "email": "books@example.com", "roles": ["Admin"]},
        {"account_id": "222222222222", "account_name": "web", "email": "web@example.com", "roles": ["Admin", "ReadOnly"]},
    ]);
    let out = home.ok(&["sso", "accounts", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), expected);
    assert_eq!(sandbox.calls_of("ListAccounts").len(), 2);
    assert_eq!(
        home.ok(&["sso", "accounts", "--session", "corp"]),
        "ACCOUNT       NAME   ROLES            EMAIL\n\
         011111111111  books  Admin            books@example.com\n\
         222222222222  web    Admin, ReadOnly  web@example.com\n"
    );
    // what the portal has no time for is asked again, after all tries of both calls too; what it refuses is said
    sandbox.inject(Rule::new(Fault::Throttling).action("ListAccountRoles").times(7));
    assert_eq!(serde_json::from_str::<Value>(&home.ok(&["sso", "accounts", "--json"])).unwrap(), expected);
    sandbox.inject(Rule::new(Fault::Refused(403, "ForbiddenException")).action("ListAccountRoles").times(1));
    assert!(home.fails(4, &["sso", "accounts"]).contains("ForbiddenException"));
    sandbox.clear_faults();
    // half a list would take away profiles of the other half
    sandbox.inject(Rule::new(Fault::value("nextToken", "page-1")).action("ListAccounts"));
    for args in [&["sso", "accounts"][..], &["sso", "populate", "--prune"]] {
        assert!(home.fails(6, args).contains("the list has no end"));
    }
    sandbox.clear_faults();
    sandbox.change(|world| world.end_sign_ins());
    let said = home.fails(5, &["sso", "accounts"]);
    assert!(said.contains("hint: run `awstok sso login --session corp`"), "{said}");
}

#[test]
fn every_role_gets_a_file_once_and_undo_takes_all_of_it_back() {
    let (home, sandbox) = signed_in(center());
    let before = home.read(".aws/config");
    let dry = home.ok(&["sso", "populate", "--dry-run"]);
    assert!(
        dry.contains("+++ ~/.aws/aws-profiles/books-Admin\n") && dry.contains("+[profile web-ReadOnly]\n"),
        "{dry}"
    );
    // a region that nothing names is the sign-in's; where the settings name one, the files needn't
    assert!(dry.contains("+region = eu-central-1\n"), "{dry}");
    home.write(".aws/awstok/settings", "[defaults]\nregion = us-west-2\n");
    let dry = home.ok(&["sso", "populate", "--dry-run"]);
    assert!(dry.contains("+++ ~/.aws/aws-profiles/books-Admin\n") && !dry.contains("+region = eu-central-1"), "{dry}");
    home.write(".aws/awstok/settings", "");
    assert!(names(&home).is_empty() && home.read(".aws/config") == before && !home.exists(".aws/awstok/journal"));
    let made = [("books-Admin", "populated"), ("web-Admin", "populated"), ("web-ReadOnly", "populated")];
    assert_eq!(populate(&home, &["--region", "eu-west-1"]), rows(&made));
    let file = home.read(".aws/aws-profiles/web-Admin");
    let (comment, keys) = file.split_once('\n').unwrap();
    assert!(comment.starts_with("# populated by `awstok sso populate` from `corp`, "), "{comment}");
    assert_eq!(
        keys,
        "[web-Admin]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 222222222222\n\
         sso_role_name = Admin\nauto_refresh = yes\n"
    );
    let config = home.read(".aws/config");
    assert!(config.starts_with(&before) && config.matches(" credential-process ").count() == 3, "{config}");
    let listed = home.ok(&["list", "--names"]);
    assert_eq!(listed, "books-Admin\nweb-Admin\nweb-ReadOnly\n");
    // again, and with another template: nothing changes
    let all = files(&home);
    for args in [&[][..], &["--region", "eu-west-1"], &["--name", "{role}.{account_name}"], &["--prune"]] {
        let there = made.map(|(profile, _)| (profile, "exists"));
        assert_eq!(populate(&home, args), rows(&there), "{args:?}");
    }
    assert_eq!((files(&home), home.read(".aws/config")), (all, config));
    home.ok(&["undo"]);
    assert!(names(&home).is_empty() && home.read(".aws/config") == before);
    drop(sandbox);
}

#[test]
fn what_is_no_longer_assigned_goes_unless_somebody_made_it_his() {
    let (home, sandbox) = signed_in(center());
    home.profile("own", "sso_session = corp\nsso_account_id = 011111111111\nsso_role_name = Admin\n");
    let own = home.read(".aws/aws-profiles/own");
    assert_eq!(
        populate(&home, &[]),
        rows(&[("own", "exists"), ("web-Admin", "populated"), ("web-ReadOnly", "populated")])
    );
    let edited = format!("{}# my favourite\n", home.read(".aws/aws-profiles/web-ReadOnly"));
    home.write(".aws/aws-profiles/web-ReadOnly", &edited);
    let config = home.read(".aws/config");
    change(&sandbox, IdentityCenter::new(START_URL, "eu-central-1").account("333333333333", "new", "n@x", &["Admin"]));
    // without `--prune` all of them stay
    assert_eq!(populate(&home, &[]), rows(&[("new-Admin", "populated")]));
    assert_eq!(names(&home), ["new-Admin", "own", "web-Admin", "web-ReadOnly"]);
    home.ok(&["undo"]);
    assert_eq!(home.read(".aws/config"), config);
    let pruned = rows(&[("new-Admin", "populated"), ("web-Admin", "pruned"), ("web-ReadOnly", "skipped")]);
    let all = files(&home);
    assert_eq!(populate(&home, &["--prune", "--dry-run"]), pruned);
    assert_eq!(files(&home), all);
    assert_eq!(populate(&home, &["--prune"]), pruned);
    assert_eq!(names(&home), ["new-Admin", "own", "web-ReadOnly"]);
    assert_eq!(home.read(".aws/aws-profiles/own"), own);
    assert_eq!(home.read(".aws/aws-profiles/web-ReadOnly"), edited);
    assert!(!home.read(".aws/config").contains("web-Admin"));
    home.ok(&["undo"]);
    assert_eq!((files(&home), home.read(".aws/config")), (all, config));
    // what is left of an account that is gone can be named, and one that lost a role is known by its name
    home.ok(&["sso", "populate", "--prune", "--dry-run", "--account", "222222222222", "--role", "Admin"]);
    let only = IdentityCenter::new(START_URL, "eu-central-1").account("222222222222", "web", "w@x", &["ReadOnly"]);
    change(&sandbox, only);
    let lost = rows(&[("web-Admin", "pruned"), ("web-ReadOnly", "exists")]);
    assert_eq!(populate(&home, &["--prune", "--dry-run", "--account", "web"]), lost);
    home.fails(2, &["sso", "populate", "--account", "333333333333"]);
    // a master that others need stays
    home.profile("behind", "role_arn = arn:aws:iam::011111111111:role/x\nmaster_profile = web-Admin\n");
    let run = home.run(&["sso", "populate", "--prune"]);
    assert!(run.code == 0 && run.err.contains("`web-Admin` is the master of `behind`"), "{run:?}");
    assert!(home.exists(".aws/aws-profiles/web-Admin"));
}

#[test]
fn names_clash_hurt_and_lie() {
    let center = IdentityCenter::new(START_URL, "eu-central-1")
        .account("111111111111", "a b", "x\u{9b}31m\u{202e}@x", &["R"])
        .account("222222222222", "a-b", "x@x", &["R"])
        .account("333333333333", "A/B", "x@x", &["R"])
        .account("444444444444", "../../etc", "x@x", &["R"])
        .account("555555555555", "evil\n[default]\u{1b}]52;c;x\u{7}", "x@x", &["R"])
        .account("666666666666", "", "x@x", &["R"])
        .account("777777777777", "taken", "x@x", &["R"])
        .account("12", "short", "x@x", &["R"])
        .account("888888888888", "role", "x@x", &["R\nregion = x"])
        .account("999999999999", "DEFAULT", "x@x", &["R"]);
    let (home, sandbox) = signed_in(center.clone());
    home.profile("taken-R", "region = eu-west-1\n");
    let all = populate(&home, &[]);
    let of = |status: &str| -> Vec<&str> {
        all.iter().filter(|(_, other)| other == status).map(|(name, _)| name.as_str()).collect()
    };
    let made = [
        "666666666666-R",
        "A-B-R-333333333333",
        "DEFAULT-R",
        "a-b-R-111111111111",
        "a-b-R-222222222222",
        "etc-R",
        "evil--default---52;c;x--R".replace(';', "-").leak(),
        "taken-R-777777777777",
    ];
    assert_eq!(of("populated"), made);
    assert_eq!(of("skipped").len(), 2, "{all:?}");
    assert_eq!(home.read(".aws/aws-profiles/taken-R"), "[taken-R]\nregion = eu-west-1\n");
    let config = home.read(".aws/config");
    assert!(!config.contains("[default]") && !config.contains('\u{1b}'), "{config}");
    assert_eq!(config.matches("credential_process = ").count(), made.len());
    let run = home.run(&["sso", "populate"]);
    assert!(!run.err.contains('\u{1b}') && run.err.contains("8 of the roles had a profile already"), "{run:?}");
    let out = home.ok(&["sso", "accounts"]);
    assert!(!out.contains(['\u{1b}', '\u{9b}', '\u{202e}']) && out.lines().count() == 11, "{out}");
    let out = home.ok(&["sso", "accounts", "--json"]);
    assert!(!out.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{out}");
    let listed: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(listed[0]["email"], "x\u{9b}31m\u{202e}@x");

    change(&sandbox, center.account("121212121212", "two", "x@x", &["A", "B"]));
    for (args, said) in [
        (&["--name", "{account}"][..], "`{account}` means nothing"),
        (&["--name", "x-{account_name}"], "calls both"),
        (&["--account", "nobody"], "`--account nobody` fits nothing"),
        (&["--role", "Nobody"], "`--role Nobody` fits nothing"),
        (&["--region", "x.evil.com/#"], "is no region"),
    ] {
        let before = files(&home);
        let said_now = home.fails(2, &[&["sso", "populate"], args].concat());
        assert!(said_now.contains(said), "{said_now}");
        assert_eq!(files(&home), before, "{args:?}");
    }
    let only = populate(&home, &["--account", "two", "--role", "B", "--name", "{session}+{account_id}+{role}"]);
    assert_eq!(only, rows(&[("corp+121212121212+B", "populated")]));
}

#[test]
fn forty_accounts_are_asked_about_side_by_side() {
    let forty = (0..40).fold(IdentityCenter::new(START_URL, "eu-central-1"), |center, number| {
        let id = format!("{:012}", 100_000_000_000_u64 + number);
        center.account(&id, &format!("account{number:02}"), "x@x", &["Admin", "Developer", "ReadOnly"])
    });
    let (home, sandbox) = signed_in(forty);
    sandbox.inject(Rule::new(Fault::Latency(std::time::Duration::from_millis(100))).action("ListAccountRoles"));
    assert_eq!(populate(&home, &[]).len(), 120);
    assert_eq!((names(&home).len(), home.ok(&["list", "--names"]).lines().count()), (120, 120));
    assert_eq!(sandbox.calls_of("ListAccountRoles").len(), 40);
    home.ok(&["undo"]);
    assert!(names(&home).is_empty());
}
