//! Profile files that can't be used: file, line, key and remedy are named, nothing is called, nothing is written.

use super::{DEVICE, SECRET, Stage, errors::has_shape};
use crate::home::Home;

/// A profile file `bad`, what is said about it, and what can be done.
const CASES: [(&str, &str, &str); 27] = [
    ("", "bad` has no section", "begin it with the line `[bad]`"),
    (
        "[other]\nregion = a\n",
        "bad:1`: the section `[other]` differs from the file's name",
        "write `[bad]`, or call the file `other`",
    ),
    ("[bad]\n[second]\n", "bad:2`: a second section, `[second]`", "move this one into a file of its own"),
    (
        "[bad]\nregion = eu-west-1\nREGION = eu-west-2\n",
        "bad:3`: `REGION` is repeated: it stands in line 2",
        "keep one of the two lines",
    ),
    (
        "[bad]\nmfa_id = a123456789\nmfa_serial = b123456789\n",
        "bad:3`: `mfa_serial` is repeated: it means the same as `mfa_id` in line 2",
        "keep one",
    ),
    (
        "[bad]\naws_secret_access_key = SECRET\n",
        "bad:2`: `aws_secret_access_key` has no `aws_access_key_id` beside it",
        "write both",
    ),
    (
        "[bad]\naws_access_key_id = AKIA1\n",
        "bad:2`: `aws_access_key_id` has no `aws_secret_access_key` beside it",
        "write both",
    ),
    (
        "[bad]\nrole_arn = arn:aws:iam::210987654321:role/x\nmaster_profile = manuser\n",
        "bad:3`: `master_profile` names the profile `manuser`, which can't be used",
        "did you mean `mainuser`?",
    ),
    ("[bad]\nrole_arn = arn:aws:iam::210987654321:role/x\n", "bad:2`: `role_arn` ", "master_profile"),
    (
        "[bad]\nrole_arn = arn:aws:iam::210987654321:role/x\nmaster_profile = bad\n",
        "bad:3`: `master_profile` names the profile itself",
        "name the profile of the IAM user",
    ),
    (
        "[bad]\nrole_name = x\naccount_id = 12345678901\nmaster_profile = mainuser\n",
        "bad:3`: `account_id` ",
        "twelve digits",
    ),
    (
        "[bad]\nrole_name = x\naccount_id = 12345678901a\nmaster_profile = mainuser\n",
        "bad:3`: `account_id` ",
        "twelve digits",
    ),
    (
        "[bad]\nrole_name = x\nmaster_profile = mainuser\n",
        "bad:2`: `role_name` has no `account_id` beside it",
        "write `account_id` with twelve digits",
    ),
    ("[bad]\nrole_arn = Admin\nmaster_profile = mainuser\n", "bad:2`: `role_arn` ", "hint: "),
    (
        "[bad]\nduration = 13h\nrole_arn = arn:aws:iam::210987654321:role/x\nmaster_profile = mainuser\n",
        "bad:2`: `duration` is more than AWS gives a role",
        "write `12h` or less",
    ),
    ("[bad]\nduration = soon\nKEYS", "bad:2`: `duration` ", "hint: "),
    ("[bad]\nsession = never\nKEYS", "bad:2`: `session` ", "none"),
    ("[bad]\nguard = maybe\nKEYS", "bad:2`: `guard` ", "type-name"),
    ("[bad]\nauto_refresh = perhaps\nKEYS", "bad:2`: `auto_refresh` ", "yes"),
    ("[bad]\nregion = x.evil.com/#\nKEYS", "bad:2`: `region` ", "hint: "),
    ("[bad]\nmfa_id = mfa id!\nKEYS", "bad:2`: `mfa_id` ", "hint: "),
    (
        "[bad]\nmfa_type = command\nKEYS",
        "bad:2`: `mfa_type` is `command`, and no `mfa_command` stands beside it",
        "mfa_command = PROGRAM",
    ),
    (
        "[bad]\nsession_policy = {\"Version\"\nrole_arn = arn:aws:iam::210987654321:role/x\nmaster_profile = mainuser\n",
        "bad:2`: `session_policy` ",
        "write a policy in JSON",
    ),
    (
        "[bad]\naws_session_token = SECRET\nKEYS",
        "bad:2`: `aws_session_token` belongs to temporary credentials",
        "long-term access key",
    ),
    ("[bad]\njust words\nKEYS", "bad:2`: neither a key with its value nor a comment", "write `key = value`"),
    (
        "[bad]\ndescription = a\u{1b}[2Jb\nKEYS",
        "bad:2`: `description` holds a control character",
        "write the value anew",
    ),
    (
        "[bad]\nregion = eu-west-1\n",
        "the profile `bad` has no credentials: it only feeds the config file",
        "write long-term keys or a role",
    ),
];

#[test]
fn each_names_file_line_key_and_remedy() {
    let stage = Stage::new();
    let before = stage.files();
    let keys = format!("aws_access_key_id = AKIA1\naws_secret_access_key = {SECRET}\n");
    for (text, problem, remedy) in CASES {
        stage.home.write(".aws/aws-profiles/bad", text.replace("KEYS", &keys).replace("SECRET", SECRET));
        for command in [&["token", "bad"][..], &["env", "bad", "--json"], &["token", "bad", "--dry-run"]] {
            let said = stage.home.fails(3, command);
            has_shape(&said);
            assert!(said.contains("aws-profiles/bad") || problem.starts_with("the profile"), "{text}: {said}");
            assert!(said.contains(problem) && said.contains(remedy), "{text}\n{said}");
            assert!(!said.contains(SECRET), "{said}");
        }
        let run = stage.home.run(&["list", "--json"]);
        assert_eq!(run.code, 0, "{text}: {run:#?}");
        assert!(!run.out.contains(SECRET) && !run.err.contains(SECRET), "{text}: {run:#?}");
    }
    assert_eq!((stage.calls(), stage.files()), (Vec::new(), before));
}

#[test]
fn loops_are_shown_whole() {
    let stage = Stage::new();
    let role = |name: &str, master: &str| {
        stage
            .home
            .profile(name, &format!("role_arn = arn:aws:iam::210987654321:role/{name}\nmaster_profile = {master}\n"));
    };
    role("a", "b");
    role("b", "c");
    role("c", "a");
    let said = stage.home.fails(3, &["token", "a"]);
    assert!(said.contains("aws-profiles/c:3`: `master_profile` closes a loop: a → b → c → a\n"), "{said}");
    assert!(said.ends_with("hint: let one of them name the profile of an IAM user\n"), "{said}");
}

#[test]
fn the_name_default_in_capitals_is_refused_and_in_small_letters_fine() {
    let stage = Stage::new();
    stage.home.write(".aws/aws-profiles/DEFAULT", "[DEFAULT]\nregion = a\n");
    let said = stage.home.fails(3, &["token", "DEFAULT"]);
    assert!(said.contains("aws-profiles/DEFAULT:1`: Python's parser spreads"), "{said}");
    std::fs::remove_file(stage.home.path(".aws/aws-profiles/DEFAULT")).unwrap();
    stage.home.profile(
        "default",
        "session = none\naws_access_key_id = AKIA1\naws_secret_access_key = x\nregion = eu-west-1\n",
    );
    stage.home.ok(&["token", "default"]);
    assert!(stage.home.read(".aws/credentials").starts_with("[default]\n"));
    assert!(stage.home.read(".aws/config").contains("[default]\n# generated by awstok"));
}

#[test]
fn bytes_that_arent_utf_8_and_missing_profiles_are_named() {
    let stage = Stage::new();
    stage.home.write(".aws/aws-profiles/bad", b"[bad]\n\nregion = \xff\n");
    let said = stage.home.fails(3, &["token", "bad"]);
    assert!(said.contains("aws-profiles/bad:3`: the bytes are not UTF-8\n\nhint: save the file as UTF-8\n"), "{said}");
    let said = stage.home.fails(3, &["token", "prd"]);
    let folder = stage.home.path(".aws/aws-profiles");
    assert_eq!(
        said,
        format!("error: there is no profile `prd` in `{}`\n\nhint: did you mean `prod`?\n", folder.display())
    );
    let said = stage.home.fails(3, &["token", "zzz"]);
    assert!(said.ends_with("hint: `awstok list` shows the profiles\n"), "{said}");
    let said = Stage::empty().home.fails(3, &["token", "prod"]);
    assert!(said.contains("hint: there are no profiles yet: "), "{said}");
}

#[test]
fn an_odd_account_of_a_user_is_only_a_warning() {
    let stage = Stage::new();
    let user =
        "aws_access_key_id = AKIAROBOTROBOTROBOT1\naws_secret_access_key = 9drTJvcXLB89EXAMPLELB8923FB892xMFIEXAMPL\n";
    stage.home.profile("old", &format!("{user}account_id = 1234567890\n"));
    let run = stage.home.run(&["token", "old"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.err.starts_with("warning: `") && run.err.contains("aws-profiles/old:4`: `account_id`"), "{}", run.err);
    stage.home.profile("mfa", &format!("{user}mfa_id = {DEVICE}\n"));
    stage.home.fails(5, &["token", "mfa"]);
}

#[test]
fn a_sign_in_that_no_section_describes_is_refused_before_any_call() {
    let stage = Stage::new();
    stage
        .home
        .profile("sso", "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev\nregion = eu-west-1\n");
    let said = stage.home.fails(3, &["token", "sso"]);
    has_shape(&said);
    assert!(said.contains("aws-profiles/sso:") && said.contains("`sso_session` names `[sso-session corp]`"), "{said}");
    assert_eq!(stage.calls(), [""; 0]);
}

/// The profile stays out by file and line; the others are delivered, with what a person put beside them.
#[test]
fn a_value_that_cannot_be_passed_on_stops_no_delivery() {
    let home = Home::new();
    home.profile("ci", "aws_access_key_id = AKIACI\naws_secret_access_key = its/secret\nsession = none\n");
    home.profile("odd", "s3 =\n  max_queue_size 1000\n");
    home.write(".aws/credentials", "[ci]\nregion = eu-west-3\noutput = text\n");
    home.ok(&["token", "ci"]);
    let run = home.run(&["sync"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.err.contains("aws-profiles/odd:2`: `s3` has a nested line that is no `key = value`"), "{}", run.err);
    assert_eq!(
        home.read(".aws/credentials"),
        "[ci]\nregion = eu-west-3\noutput = text\naws_access_key_id = AKIACI\naws_secret_access_key = its/secret\n"
    );
}
