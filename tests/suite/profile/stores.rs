//! Secrets that are kept elsewhere than in the profile file follow the profile's name; here under a passphrase.

use super::{ADMIN, SECRET, files, with_stdin};
use crate::home::Home;

fn home() -> Home {
    let mut home = Home::new();
    home.set("AWSTOK_PASSPHRASE", "open sesame");
    let run = with_stdin(
        &home,
        &["profile", "add", "ann", "--access-key-id", "AKIAANN", "--secret-stdin", "--store", "passphrase"],
        SECRET,
    );
    assert_eq!(run.code, 0, "{}", run.err);
    home
}

fn secret(home: &Home, name: &str) -> String {
    let shown: serde_json::Value =
        serde_json::from_str(&home.ok(&["profile", "show", name, "--show-secrets", "--json"])).unwrap();
    shown["keys"]["aws_secret_access_key"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_stored_secret_follows_the_profile() {
    let home = home();
    assert_eq!(home.read(".aws/aws-profiles/ann"), "[ann]\naws_access_key_id = AKIAANN\nsecret_store = passphrase\n");
    assert_eq!(secret(&home, "ann"), SECRET);
    assert!(home.ok(&["profile", "show", "ann"]).contains("aws_secret_access_key = ********\n"));
    home.profile("prod", &format!("role_arn = {ADMIN}\nmaster_profile = ann\n"));
    home.ok(&["profile", "copy", "ann", "copy"]);
    assert_eq!(secret(&home, "copy"), SECRET);
    home.ok(&["profile", "rename", "ann", "bob"]);
    assert_eq!(secret(&home, "bob"), SECRET);
    assert!(!home.exists(".aws/awstok/secrets/ann.age"));
    home.ok(&["undo"]);
    assert_eq!(secret(&home, "ann"), SECRET);
    assert!(!home.exists(".aws/awstok/secrets/bob.age"));
    let run = with_stdin(&home, &["profile", "edit", "ann", "--secret-stdin"], "another/secret");
    assert_eq!(
        run.err,
        "the stored secret is overwritten: `awstok undo` won't bring the old one back\nchanged `ann`\n"
    );
    assert_eq!(secret(&home, "ann"), "another/secret");
    assert!(files(&home).values().all(|bytes| !String::from_utf8_lossy(bytes).contains("another/secret")));
    assert!(home.fails(2, &["profile", "edit", "ann", "--secret-store", "file"]).contains("awstok secret move ann"));
    home.ok(&["profile", "remove", "ann", "--yes", "--force"]);
    assert!(!home.exists(".aws/awstok/secrets/ann.age"));
    let run = home.run(&["undo"]);
    let said = "warning: `aws_secret_access_key` of `ann` was kept elsewhere and can't be brought back; \
                `awstok profile edit ann --secret-stdin` stores another\n";
    assert!(run.code == 0 && run.err.contains(said), "{run:#?}");
}

#[test]
fn an_undo_says_which_overwritten_secret_stays() {
    let home = home();
    let stored = |args: &[&str], secret: &str| {
        let run = with_stdin(&home, args, secret);
        assert_eq!(run.code, 0, "{run:#?}");
    };
    let undone = || {
        let run = home.run(&["undo"]);
        let said = "warning: `aws_secret_access_key` of `ann` stays the newer one: the older one was overwritten where it is \
                    kept; `awstok profile edit ann --secret-stdin` stores another\n";
        assert!(run.code == 0 && run.err.contains(said), "{run:#?}");
    };
    let before = files(&home);
    stored(&["profile", "edit", "ann", "--region", "eu-west-1", "--secret-stdin"], "second/secret");
    undone();
    let add =
        ["profile", "add", "ann", "--access-key-id", "AKIAANN2", "--secret-stdin", "--store", "passphrase", "--force"];
    stored(&add, "third/secret");
    undone();
    stored(&["profile", "add", "bob", "--access-key-id", "AKIABOB", "--secret-stdin", "--store", "passphrase"], SECRET);
    home.ok(&["profile", "copy", "bob", "ann", "--force"]);
    undone();
    home.ok(&["undo"]);
    assert_eq!(files(&home), before);
    // who only changes the file loses nothing
    home.ok(&["profile", "edit", "ann", "--region", "eu-west-1"]);
    assert!(!home.run(&["undo"]).err.contains("warning"));
}

#[test]
fn nothing_lands_in_a_clearer_store_than_was_named() {
    let mut home = home();
    let before = files(&home);
    home.set("AWSTOK_PASSPHRASE", "");
    let add = |home: &Home, store: &str| {
        let args = ["profile", "add", "x", "--access-key-id", "AKIAX", "--secret-stdin", "--store", store];
        let start = std::time::Instant::now();
        let run = with_stdin(home, &args, SECRET);
        assert!(start.elapsed().as_secs() < 10, "no hang");
        run
    };
    let run = add(&home, "passphrase");
    assert!(run.code == 5 && run.err.contains("AWSTOK_PASSPHRASE"), "{run:#?}");
    let run = add(&home, "keyring");
    assert!(run.code != 0 && !run.err.contains(SECRET), "{run:#?}");
    assert_eq!(files(&home), before);
}

#[test]
fn what_is_refused_costs_no_stored_secret() {
    let home = home();
    let run = with_stdin(
        &home,
        &["profile", "add", "bob", "--access-key-id", "AKIABOB", "--secret-stdin", "--store", "passphrase"],
        "secret/of+bob",
    );
    assert_eq!(run.code, 0, "{}", run.err);
    home.write(".aws/credentials", "[new]\naws_access_key_id = AKIANEW\n");
    let sealed =
        || ["ann", "bob", "new"].map(|name| std::fs::read(home.path(format!(".aws/awstok/secrets/{name}.age"))).ok());
    let before = sealed();
    assert_eq!(with_stdin(&home, &["profile", "edit", "ann", "--secret-stdin", "--guard", "bogus"], "new/one").code, 2);
    home.fails(2, &["profile", "copy", "ann", "bob", "--force", "--guard", "bogus"]);
    home.fails(2, &["profile", "copy", "ann", "new", "--guard", "bogus"]);
    home.fails(2, &["profile", "rename", "ann", "new"]);
    assert!(sealed() == before);
    assert_eq!([secret(&home, "ann"), secret(&home, "bob")], [SECRET, "secret/of+bob"]);
}

#[test]
fn a_role_has_no_seed_whatever_the_settings_say_of_seeds() {
    let home = home();
    home.profile("prod", &format!("role_arn = {ADMIN}\nmaster_profile = ann\n"));
    home.write(".aws/awstok/settings", "[defaults]\nmfa_store = keyring\n");
    assert!(!home.ok(&["profile", "show", "prod"]).contains("mfa_secret"));
    home.ok(&["profile", "remove", "prod", "--yes"]);
}

#[test]
fn undo_of_a_forced_rename_leaves_the_other_its_own_seed() {
    let home = home();
    home.profile("bob", &format!("aws_access_key_id = AKIABOB\naws_secret_access_key = {SECRET}\nmfa_id = arn:aws:iam::123456789012:mfa/bob\n"));
    let add = ["mfa", "add", "bob", "--secret-stdin", "--store", "passphrase"];
    assert_eq!(with_stdin(&home, &add, "AWSTOK23AWSTOK23AWSTOK23AWSTOK23").code, 0);
    home.ok(&["profile", "rename", "ann", "bob", "--force"]);
    home.ok(&["undo"]);
    assert_eq!(secret(&home, "ann"), SECRET);
    assert_eq!(home.ok(&["mfa", "code", "bob"]).trim().len(), 6);
}

#[test]
fn what_is_kept_for_a_profile_that_cannot_be_read_is_not_left_behind() {
    let home = home();
    let file = ".aws/aws-profiles/ann";
    home.write(file, format!("{}guard = bogus\n", home.read(file)));
    let error = home.fails(3, &["profile", "rename", "ann", "bob"]);
    assert!(error.contains("aws-profiles/ann:4"), "{error}");
    assert!(home.exists(file) && home.exists(".aws/awstok/secrets/ann.age"));
    home.ok(&["profile", "remove", "ann", "--yes"]);
    assert!(!home.exists(".aws/awstok/secrets/ann.age"));
}
