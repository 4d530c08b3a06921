//! `add`, `edit`, `show`, `copy` and `remove` with flags: whole files, whole outputs.

use super::{ADMIN, SECRET, files, home, undone, with_stdin};
use crate::home::Home;

#[test]
fn every_kind_is_made_of_flags_alone() {
    let home = Home::new();
    let add = |name: &str, flags: &[&str], text: &str| {
        home.ok(&[&["profile", "add", name], flags].concat());
        assert_eq!(home.read(&format!(".aws/aws-profiles/{name}")), format!("[{name}]\n{text}"), "{name}");
    };
    let run = with_stdin(
        &home,
        &["profile", "add", "ann", "--secret-stdin", "--access-key-id", "AKIAANN", "--mfa-id", "GAHT12345678"],
        &format!("{SECRET}\n"),
    );
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    assert_eq!(run.err, "wrote `~/.aws/aws-profiles/ann`; next: `awstok token ann`\n");
    assert_eq!(
        home.read(".aws/aws-profiles/ann"),
        format!("[ann]\naws_access_key_id = AKIAANN\naws_secret_access_key = {SECRET}\nmfa_id = GAHT12345678\n")
    );
    add(
        "prod",
        &["--master-profile", "ann", "--role-arn", ADMIN],
        &format!("role_arn = {ADMIN}\nmaster_profile = ann\n"),
    );
    add(
        "stage",
        &["--role-name", "team/x", "--account-id", "012345678901", "--source-profile", "ann", "--duration", "45m"],
        "role_name = team/x\nsource_profile = ann\naccount_id = 012345678901\nduration = 45m\n",
    );
    add(
        "portal",
        &[
            "--sso-start-url",
            "https://x.awsapps.com/start",
            "--sso-region",
            "us-east-1",
            "--sso-account-id",
            "123456789012",
            "--sso-role-name",
            "R",
        ],
        "sso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = R\n",
    );
    add("named", &["--sso-session", "corp"], "sso_session = corp\n");
    add("program", &["--credential-process", "/bin/x 'a b'"], "credential_process = /bin/x 'a b'\n");
    add("machine", &["--credential-source", "Environment"], "credential_source = Environment\n");
    add(
        "web",
        &["--web-identity-token-file", "/t", "--role-arn", ADMIN, "--kind", "role"],
        &format!("role_arn = {ADMIN}\nweb_identity_token_file = /t\n"),
    );
    add(
        "plain",
        &[
            "--kind",
            "config",
            "--set",
            "cli_pager=",
            "--set",
            "color=#f2b0a9",
            "--region",
            "eu-west-1",
            "--set",
            "Services = mine",
        ],
        "region = eu-west-1\ncolor = f2b0a9\ncli_pager =\nservices = mine\n",
    );
    home.ok(&["profile", "add", "plain", "--kind", "config", "--force"]);
    assert_eq!(home.read(".aws/aws-profiles/plain"), "[plain]\n");
    home.ok(&["undo"]);
    assert!(home.read(".aws/aws-profiles/plain").contains("services"));
    home.ok(&["undo"]);
    assert!(!home.exists(".aws/aws-profiles/plain"));
}

#[cfg(unix)]
#[test]
fn what_is_made_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    home.ok(&["profile", "add", "x", "--kind", "config"]);
    let mode = |path: &str| home.path(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(".aws/aws-profiles/x"), mode(".aws/aws-profiles")), (0o600, 0o700));
}

#[test]
fn an_edit_changes_only_its_lines_and_keeps_comments() {
    let home = home();
    let before = home.read(".aws/aws-profiles/ann");
    home.ok(&[
        "profile",
        "edit",
        "ann",
        "--region",
        "us-east-1",
        "--mfa-id",
        "GAHT12345678",
        "--access-key-id",
        "AKIANEW",
        "--output",
        "json",
    ]);
    let after = before
        .replace("= eu-west-1\t; home", "= us-east-1\t; home")
        .replace("arn:aws:iam::123456789012:mfa/ann", "GAHT12345678")
        .replace("AKIAANN   #", "AKIANEW   #")
        + "output = json\n";
    assert_eq!(home.read(".aws/aws-profiles/ann"), after);
    home.ok(&["undo"]);
    assert_eq!(home.read(".aws/aws-profiles/ann"), before);
    home.ok(&["profile", "edit", "ann", "--unset", "mfa_id", "--unset", "nothing"]);
    assert_eq!(
        home.read(".aws/aws-profiles/ann"),
        before.replace("mfa_serial: arn:aws:iam::123456789012:mfa/ann\n", "")
    );
    let run = with_stdin(&home, &["profile", "edit", "ann", "--secret-stdin"], "other/secret+x");
    assert_eq!((run.code, run.err.as_str()), (0, "changed `ann`\n"));
    assert!(home.read(".aws/aws-profiles/ann").contains("\naws_secret_access_key=other/secret+x\n"));
    let same = home.run(&["profile", "edit", "ann", "--region", "eu-west-1"]);
    assert_eq!((same.code, same.err.as_str()), (0, "`ann` is as it was\n"));
    // the file's spelling stays where the value suits it
    home.ok(&["profile", "edit", "prod", "--role-name", "arn:aws:iam::1:role/x", "--account-id", "000000000001"]);
    assert!(home.read(".aws/aws-profiles/prod").contains("role_arn = arn:aws:iam::1:role/x\n"));
    home.ok(&["profile", "edit", "prod", "--role-name", "Reader"]);
    assert!(
        home.read(".aws/aws-profiles/prod").ends_with("role_name = Reader\n"),
        "{}",
        home.read(".aws/aws-profiles/prod")
    );
    home.profile("few", "region = eu-west-1\n");
    home.ok(&["profile", "edit", "few", "--unset", "region"]);
    assert_eq!(home.read(".aws/aws-profiles/few"), "[few]\n");
}

#[test]
fn odd_bytes_of_a_profile_file_stay() {
    let home = Home::new();
    let text = "\u{feff}; top\r\n[odd] ; head\r\n  Region = eu-west-1   # a\r\ns3 =\r\n\tx = y\r\n\r\n# tail";
    home.write(".aws/aws-profiles/odd", text);
    home.ok(&["profile", "edit", "odd", "--region", "us-east-1"]);
    assert_eq!(home.read(".aws/aws-profiles/odd"), text.replace("eu-west-1", "us-east-1"));
    home.ok(&["profile", "rename", "odd", "even"]);
    assert_eq!(home.read(".aws/aws-profiles/even"), text.replace("eu-west-1", "us-east-1").replace("[odd]", "[even]"));
}

#[test]
fn an_invalid_file_can_be_mended_and_else_is_exit_3() {
    let home = Home::new();
    home.profile("bad", "region = nowhere at all\n");
    let said = home.fails(3, &["profile", "edit", "bad", "--output", "json"]);
    assert!(said.contains("bad:2`: `region` is `nowhere at all`"), "{said}");
    home.ok(&["profile", "edit", "bad", "--region", "eu-west-1"]);
    assert_eq!(home.read(".aws/aws-profiles/bad"), "[bad]\nregion = eu-west-1\n");
}

#[test]
fn show_gives_first_names_and_masks_secrets() {
    let home = home();
    assert_eq!(
        home.ok(&["profile", "show", "ann"]),
        "[ann]\naws_access_key_id = AKIAANN\naws_secret_access_key = ********\nmfa_id = arn:aws:iam::123456789012:mfa/ann\nregion = eu-west-1\n"
    );
    assert!(home.ok(&["profile", "show", "ann", "--show-secrets"]).contains(SECRET));
    let shown = |args: &[&str]| -> serde_json::Value { serde_json::from_str(&home.ok(args)).unwrap() };
    let json = shown(&["profile", "show", "ann", "--json"]);
    assert_eq!(
        json,
        serde_json::json!({
            "profile": "ann", "file": home.path(".aws/aws-profiles/ann"), "kind": "user",
            "keys": {"aws_access_key_id": "AKIAANN", "aws_secret_access_key": null,
                     "mfa_id": "arn:aws:iam::123456789012:mfa/ann", "region": "eu-west-1"},
            "secret_store": "file", "mfa_store": null
        })
    );
    assert_eq!(shown(&["profile", "show", "ann", "--json", "--show-secrets"])["keys"]["aws_secret_access_key"], SECRET);
    home.profile("nest", "s3 =\n  a = b\n  c = d\nmy_password = hidden\n");
    assert_eq!(home.ok(&["profile", "show", "nest"]), "[nest]\ns3 =\n  a = b\n  c = d\nmy_password = ********\n");
    assert!(home.fails(3, &["profile", "show", "an"]).contains("did you mean `ann`?"));
}

#[test]
fn a_copy_has_the_changes_and_the_original_stays() {
    let home = home();
    let original = home.read(".aws/aws-profiles/ann");
    home.ok(&["profile", "copy", "ann", "bob", "--set", "region=us-east-1"]);
    assert_eq!(home.read(".aws/aws-profiles/ann"), original);
    assert_eq!(
        home.read(".aws/aws-profiles/bob"),
        original.replace("[ann]", "[bob]").replace("eu-west-1", "us-east-1")
    );
    home.profile(
        "self",
        &format!("role_arn = {ADMIN}\nmaster_profile = self\naws_access_key_id = AKIAX\naws_secret_access_key = y\n"),
    );
    home.ok(&["profile", "copy", "self", "other"]);
    assert!(home.read(".aws/aws-profiles/other").contains("master_profile = other\n"));
    assert!(home.fails(2, &["profile", "copy", "ann", "prod"]).contains("there is a profile `prod` already"));
    home.ok(&["profile", "copy", "ann", "prod", "--force"]);
    assert_eq!(home.read(".aws/aws-profiles/prod"), original.replace("[ann]", "[prod]"));
    undone(&home, &["profile", "copy", "bob", "carl"]);
}

#[test]
fn remove_takes_only_what_is_awstoks() {
    let home = home();
    let credentials = "[audit]\naws_access_key_id = ASIAX\naws_secret_access_key = y\naws_session_token = z\nmine = stays\n\n[foreign]\nx = y\n\n[prod]\naws_access_key_id = ASIAX\nregion = eu-west-1\n";
    let config = "# top\n[profile foreign]\na = b\n";
    home.write(".aws/credentials", credentials);
    home.write(".aws/config", config);
    home.ok(&["sync"]);
    assert!(home.read(".aws/config").contains("[profile audit]"));
    undone(&home, &["profile", "remove", "audit", "prod", "--yes"]);
    home.ok(&["profile", "remove", "prod", "audit", "-y"]);
    assert_eq!(home.read(".aws/credentials"), "[audit]\nmine = stays\n\n[foreign]\nx = y\n");
    let config = home.read(".aws/config");
    assert!(config.starts_with("# top\n[profile foreign]\na = b\n") && !config.contains("[profile prod]"), "{config}");
    assert!(config.contains("[profile ann]") && !home.exists(".aws/aws-profiles/prod"), "{config}");
    home.fails(3, &["profile", "remove", "prod", "--yes"]);
}

/// People keep their files elsewhere and link to them.
#[cfg(unix)]
#[test]
fn a_link_that_was_removed_comes_back_as_a_link() {
    let home = home();
    home.write("dotfiles/dev", "[dev]\nregion = eu-west-1\n");
    let link = home.path(".aws/aws-profiles/dev");
    std::os::unix::fs::symlink("../../dotfiles/dev", &link).unwrap();
    let leads_to = |home: &Home| std::fs::read_link(home.path(".aws/aws-profiles/dev")).ok();
    for args in [&["profile", "remove", "dev", "--yes"][..], &["profile", "rename", "dev", "test"]] {
        let before = files(&home);
        home.ok(args);
        assert!(!home.exists(".aws/aws-profiles/dev") && home.exists("dotfiles/dev"), "{args:?}");
        home.ok(&["undo"]);
        assert_eq!((files(&home), leads_to(&home)), (before, Some("../../dotfiles/dev".into())), "{args:?}");
        assert_eq!(home.ok(&["undo", "--list", "--json"]).matches("\"link\"").count(), 1, "{args:?}");
        std::fs::remove_dir_all(home.path(".aws/awstok/journal")).unwrap();
    }
    // what was changed behind it meanwhile stays changed
    home.ok(&["profile", "remove", "dev", "--yes"]);
    home.write("dotfiles/dev", "[dev]\nregion = us-east-1\n");
    home.ok(&["undo"]);
    assert_eq!(home.read(".aws/aws-profiles/dev"), "[dev]\nregion = us-east-1\n");
    assert_eq!(leads_to(&home), Some("../../dotfiles/dev".into()));
    // without anything to lead to, the bytes come back
    home.ok(&["profile", "remove", "dev", "--yes"]);
    std::fs::remove_file(home.path("dotfiles/dev")).unwrap();
    home.ok(&["undo"]);
    assert_eq!((home.read(".aws/aws-profiles/dev"), leads_to(&home)), ("[dev]\nregion = us-east-1\n".into(), None));
}

#[test]
fn a_master_is_not_removed_from_under_others() {
    let home = home();
    let before = files(&home);
    let said = home.fails(2, &["profile", "remove", "ann", "--yes"]);
    assert!(said.contains("`ann` is the master of `prod`\n") && said.contains("--force"), "{said}");
    home.write(".aws/awstok/settings", "[defaults]\nmaster_profile = ann\n");
    home.profile("dev", "role_arn = arn:aws:iam::333344445555:role/dev\n");
    assert!(home.fails(2, &["profile", "remove", "ann", "-y"]).contains("the master of `dev`, `prod`"));
    std::fs::remove_file(home.path(".aws/aws-profiles/dev")).unwrap();
    std::fs::remove_file(home.path(".aws/awstok/settings")).unwrap();
    assert_eq!(files(&home), before);
    home.ok(&["profile", "remove", "ann", "--yes", "--force"]);
    home.ok(&["undo"]);
    home.ok(&["profile", "remove", "audit", "prod", "ann", "--yes"]);
    assert!(files(&home).keys().all(|file| !file.contains("aws-profiles")));
    home.ok(&["undo"]);
    assert_eq!(files(&home), before);
}
