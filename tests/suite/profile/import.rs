//! `import`: odd and usual AWS files, read as botocore reads them, and after it the same meaning.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{SECRET, files, undone};
use crate::commands::{ADMIN, DEVICE, Stage};
use crate::home::{Home, Run};
use crate::tools::python;

/// The config file, the credentials file, and what becomes of each profile: `user`, `role` … or a part of the reason.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const KEYS: &str = "aws_access_key_id = AKIAX\naws_secret_access_key = sec/ret+x\n";

const CASES: [Case; 35] = [
    ("", "[default]\nKEYS", &[("default", "user")]),
    ("[default]\nregion = eu-west-1\n", "[default]\nKEYS", &[("default", "user")]),
    ("[profile ann]\nregion = eu-west-1\nmfa_serial = GAHT12345678\n", "[ann]\nKEYS", &[("ann", "user")]),
    ("[profile ann]\nKEYSoutput = json\n", "", &[("ann", "user")]),
    ("[profile ann]\nregion = a-b-1\n", "[ann]\nKEYSregion = eu-west-1\n", &[("ann", "user")]),
    (
        "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = ann\nmfa_serial = GAHT12345678\nduration_seconds = 3600\nexternal_id = e-1\n",
        "[ann]\nKEYS",
        &[("ann", "user"), ("r", "role")],
    ),
    (
        "[default]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = default\n",
        "[default]\nKEYS",
        &[("default", "role")],
    ),
    (
        "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/x\ncredential_source = Ec2InstanceMetadata\n",
        "",
        &[("r", "role")],
    ),
    ("[profile r]\nrole_arn = arn:aws:iam::123456789012:role/x\n", "", &[("r", "no `master_profile`")]),
    ("[profile r]\nrole_arn = nonsense\nsource_profile = ann\n", "", &[("r", "no IAM role's ARN")]),
    (
        "[profile w]\nrole_arn = arn:aws:iam::123456789012:role/x\nweb_identity_token_file = /t\n",
        "",
        &[("w", "web-identity")],
    ),
    (
        "[profile s]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = R\n[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n",
        "",
        &[("s", "sso")],
    ),
    (
        "[profile s]\nsso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = R\n",
        "",
        &[("s", "sso")],
    ),
    ("[profile p]\ncredential_process = /bin/x --y \"a b\"\n", "", &[("p", "process")]),
    ("[profile p]\ncredential_process = /bin/x --y 'a #b'\n", "", &[("p", "see a comment")]),
    ("[profile p]\ncredential_process = /bin/x\nKEYS", "", &[("p", "process")]),
    ("[profile p]\ncredential_process = /bin/x\n", "[p]\nKEYS", &[("p", "user")]),
    (
        "[profile x]\nregion = eu-west-1\n",
        "[x-long-term]\nKEYSaws_mfa_device = GAHT12345678\n[x]\naws_access_key_id = ASIAT\naws_secret_access_key = t\naws_session_token = t\nassumed_role = False\nexpiration = 2020-01-01 00:00:00\n",
        &[("x", "user")],
    ),
    (
        "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = x-long-term\n",
        "[x-long-term]\nKEYSaws_mfa_device = GAHT12345678\n",
        &[("r", "role"), ("x", "user")],
    ),
    ("", "[x-long-term]\nKEYS", &[("x-long-term", "user")]),
    (
        "",
        "[t]\naws_access_key_id = ASIAT\naws_secret_access_key = t\naws_session_token = t\n",
        &[("t", "temporary credentials")],
    ),
    (
        "",
        "[t]\naws_access_key_id = AKIAT\naws_secret_access_key = t\naws_security_token = t\n",
        &[("t", "temporary credentials")],
    ),
    (
        "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = ann\n",
        "[r]\naws_access_key_id = ASIAT\naws_secret_access_key = t\naws_session_token = t\n[ann]\nKEYS",
        &[("ann", "user"), ("r", "role")],
    ),
    (
        "[profile two words]\nregion = eu-west-1\n[profile \"two words\"]\nKEYS",
        "",
        &[("two words", "can't be a profile's name")],
    ),
    ("", "[a/b]\nKEYS[DEFAULT]\nKEYS", &[("DEFAULT", "spreads"), ("a/b", "can't be called so")]),
    ("[profile c]\nregion = eu-west-1\n", "", &[("c", "no source of credentials")]),
    ("[profile l]\nlogin_session = arn:aws:iam::123456789012:user/x\n", "", &[("l", "process")]),
    ("[profile l]\nlogin_session = arn:x\ncredential_process = /bin/x\nKEYS", "", &[("l", "process")]),
    ("[profile l]\nlogin_session = arn:x\n", "[l]\nKEYS", &[("l", "user")]),
    (
        "[profile l]\nlogin_session = arn:x\n",
        "[l]\naws_access_key_id = ASIAX\naws_secret_access_key = x\naws_session_token = x\n",
        &[("l", "hide its `login_session`")],
    ),
    (
        "[profile n]\nKEYSs3 =\n    max_concurrent_requests = 20\n    addressing_style = virtual\ncli_pager =\n",
        "",
        &[("n", "user")],
    ),
    (
        "\u{feff}[profile b]\r\naws_access_key_id=AKIAX\r\naws_secret_access_key:sec/ret+x\r\nREGION\t=  eu-west-1  \r\n",
        "",
        &[("b", "user")],
    ),
    (
        "[foo]\nKEYS[profilebar]\nKEYS[services y]\ns3 =\n  endpoint_url = https://x\n[profile z] ; c\nKEYS",
        "",
        &[("z", "user")],
    ),
    ("", "[h]\naws_access_key_id = AKIAX\n", &[("h", "no `aws_secret_access_key`")]),
    ("", "[d]\nKEYSregion = eu-west-1\n[e]\nKEYS", &[("d", "user"), ("e", "user")]),
];

/// Says how botocore reads the files of each home.
const READ: &str = "
import json, os, sys
import botocore.exceptions, botocore.session
for home in sys.argv[1:]:
    os.environ['AWS_CONFIG_FILE'] = home + '/.aws/config'
    os.environ['AWS_SHARED_CREDENTIALS_FILE'] = home + '/.aws/credentials'
    try:
        print(json.dumps(botocore.session.Session().full_config['profiles']))
    except botocore.exceptions.ConfigParseError:
        print('null') # a byte order mark
";

fn home(config: &str, credentials: &str) -> Home {
    let home = Home::new();
    for (file, text) in [(".aws/config", config), (".aws/credentials", credentials)] {
        home.write(file, text.replace("KEYS", KEYS));
    }
    home
}

fn rows(text: &str) -> Vec<Value> {
    serde_json::from_str::<Value>(text).unwrap().as_array().unwrap().clone()
}

#[test]
fn odd_and_usual_files_become_what_botocore_takes_them_for() {
    let homes: Vec<Home> = CASES.iter().map(|(config, credentials, _)| home(config, credentials)).collect();
    let read = |python: &std::path::Path| -> Vec<Option<BTreeMap<String, BTreeMap<String, Value>>>> {
        let paths: Vec<String> = homes.iter().map(|home| home.path("").display().to_string()).collect();
        let run = Run::of(homes[0].other(python).arg("-c").arg(READ).args(&paths).output().unwrap());
        assert_eq!(run.code, 0, "{}", run.err);
        run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let python = python("botocore");
    let meant = python.as_deref().map(read);
    if let Some(meant) = &meant {
        assert_eq!(meant.iter().filter(|meant| meant.is_none()).count(), 1, "botocore reads all but one");
    }
    for (nth, ((_, _, expected), home)) in CASES.iter().zip(&homes).enumerate() {
        let before = files(home);
        let rows = rows(&home.ok(&["profile", "import", "--all", "--json"]));
        let got: Vec<_> = rows.iter().map(|row| row["profile"].as_str().unwrap()).collect();
        assert_eq!(got, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "case {nth}");
        for (row, (name, what)) in rows.iter().zip(*expected) {
            let (status, reason) = (row["status"].as_str().unwrap(), row["reason"].as_str().unwrap_or_default());
            if status == "imported" {
                assert_eq!(row["kind"], *what, "case {nth}: {row}");
                if let Some(meant) = meant.as_ref().and_then(|meant| meant[nth].as_ref()) {
                    same_meaning(home, name, meant);
                }
            } else {
                assert!(status == "skipped" && reason.contains(what), "case {nth}: {row}");
            }
        }
        let after = files(home);
        assert!(before.iter().all(|(file, bytes)| after[file] == *bytes), "case {nth}: both files stay");
    }
}

/// Every value that botocore sees of a profile stands in its file, but for a session's.
#[track_caller]
fn same_meaning(home: &Home, name: &str, profiles: &BTreeMap<String, BTreeMap<String, Value>>) {
    let shown = home.ok(&["profile", "show", name, "--json", "--show-secrets"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let pair = profiles.get(&format!("{name}-long-term")).filter(|pair| pair.contains_key("aws_mfa_device"));
    let Some(meant) = pair.or_else(|| profiles.get(name)) else { panic!("botocore knows no `{name}`") };
    let is_session = meant.contains_key("aws_session_token");
    let process = meant.contains_key("credential_process") && shown["kind"] == "process";
    let by_login = meant.contains_key("login_session") && shown["kind"] == "process";
    for (key, value) in meant {
        let ours = match key.as_str() {
            "aws_mfa_device" | "mfa_serial" => "mfa_id",
            "role_arn" => "role_name",
            "source_profile" => "master_profile",
            "duration_seconds" => "duration",
            "aws_session_token" => continue,
            "login_session" | "credential_process" if by_login => continue,
            "aws_access_key_id" | "aws_secret_access_key" if is_session || process => continue,
            key => key,
        };
        match value.as_str() {
            Some(value) => assert_eq!(shown["keys"][ours], value.trim_end_matches("-long-term"), "{name}: {key}"),
            None => assert!(shown["keys"][ours].as_str().unwrap().contains(" = "), "{name}: {key} is nested"),
        }
    }
}

/// What `aws login` keeps is asked of the AWS CLI, whose place a script takes here.
#[cfg(unix)]
#[test]
fn a_sign_in_of_the_aws_cli_is_handed_on() {
    let config = "[profile l]\nlogin_session = arn:aws:iam::123456789012:user/x\nregion = eu-west-1\n";
    let mut home = home(config, "");
    home.ok(&["profile", "import", "l"]);
    assert_eq!(
        home.read(".aws/aws-profiles/l"),
        "[l]\nregion = eu-west-1\ncredential_process = aws configure export-credentials --profile l --format process\n\
         auto_refresh = yes\n"
    );
    assert_eq!(home.read(".aws/config"), config);
    let said = r#"{"Version":1,"AccessKeyId":"ASIAL","SecretAccessKey":"s","SessionToken":"t","Expiration":"EXP"}"#;
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let said = said.replace("EXP", &awstok::clock::rfc3339(end));
    home.write(
        "bin/aws",
        format!("#!/bin/sh\nprintf '%s ' \"$@\" >> ../asked\nprintf '%s' '{said}'\n")
            .replace("../asked", home.path("asked").to_str().unwrap()),
    );
    std::fs::set_permissions(home.path("bin/aws"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let path = format!("{}:{}", home.path("bin").display(), std::env::var("PATH").unwrap());
    home.set("PATH", path);
    let env: Value = serde_json::from_str(&home.ok(&["env", "l", "--format", "json"])).unwrap();
    assert_eq!(env["AWS_ACCESS_KEY_ID"], "ASIAL");
    assert_eq!(home.read("asked"), "configure export-credentials --profile l --format process ");
    home.ok(&["token", "l"]);
    // nothing in the credentials file hides the sign-in from the AWS CLI, and it stays in the config file
    assert!(!home.exists(".aws/credentials") || !home.read(".aws/credentials").contains("[l]"));
    assert!(home.read(".aws/config").contains("login_session = arn:aws:iam::123456789012:user/x\n"));
}

#[test]
fn sign_ins_of_identity_center_are_offered() {
    let session = |name: &str| {
        format!("[sso-session {name}]\nsso_start_url = https://{name}.awsapps.com/start\nsso_region = us-east-1\n")
    };
    let profile = "[profile s]\nsso_session = used\nsso_account_id = 123456789012\nsso_role_name = R\n\
                   [profile m]\nsso_session = missing\nsso_account_id = 123456789012\nsso_role_name = R\n";
    let home = home(&format!("{}{}{profile}", session("used"), session("idle")), "");
    let run = home.run(&["profile", "import", "--all"]);
    assert_eq!(run.code, 0, "{run:?}");
    let offered = "`[sso-session idle]` has no profile: `awstok sso populate --session idle` makes one for each role\n";
    assert!(run.err.contains(offered) && !run.err.contains("--session used"), "{run:?}");
    assert!(run.err.contains("warning: ") && run.err.contains("names `[sso-session missing]`"), "{run:?}");
    assert!(home.read(".aws/aws-profiles/s").contains("sso_session = used\n"));
}

#[test]
fn what_exists_and_what_is_named() {
    let home = home("[profile r]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = ann\n", "[ann]\nKEYS");
    home.profile("ann", "aws_access_key_id = AKIAOLD\naws_secret_access_key = old\n");
    let said = home.fails(3, &["profile", "import", "nobody"]);
    assert!(said.contains("neither of the AWS files has a profile `nobody`"), "{said}");
    undone(&home, &["profile", "import", "r"]);
    let found = rows(&home.ok(&["profile", "import", "--all", "--json"]));
    assert_eq!((&found[0]["status"], &found[1]["status"]), (&"exists".into(), &"imported".into()));
    assert!(home.read(".aws/aws-profiles/ann").contains("AKIAOLD"));
    assert_eq!(rows(&home.ok(&["profile", "import", "ann", "--force", "--json"]))[0]["kind"], "user");
    assert!(home.read(".aws/aws-profiles/ann").contains("aws_access_key_id = AKIAX"));
}

#[test]
fn a_dry_run_shows_the_diff_without_secrets_and_changes_nothing() {
    let home = home("[profile ann]\nregion = eu-west-1\n", "# mine\n[ann]\nKEYS");
    let before = files(&home);
    let run = home.run(&["profile", "import", "--all", "--clean", "--dry-run"]);
    assert_eq!((run.code, run.err.as_str()), (0, "would import `ann` (user)\n"));
    assert!(
        run.out.contains("+++ ~/.aws/aws-profiles/ann") && run.out.contains("-aws_access_key_id = AKIAX"),
        "{}",
        run.out
    );
    assert!(!run.out.contains("sec/ret") && run.out.contains("+aws_secret_access_key = ********"), "{}", run.out);
    assert_eq!(files(&home), before);
    assert!(!home.exists(".aws/awstok"));
}

#[test]
fn clean_takes_out_what_was_taken_over_and_nothing_else() {
    let config = "# top\n[default]\nregion = eu-west-1\n\n[profile r]\nrole_arn = arn:aws:iam::123456789012:role/x # c\nsource_profile = ann\nregion = eu-west-2\n\n[profile c]\nregion = eu-west-3\n";
    let credentials = "[ann]\nKEYSmine = stays\n\n[bob]\nKEYS\n[t]\naws_access_key_id = ASIAT\naws_secret_access_key = t\naws_session_token = t\n";
    let home = home(config, credentials);
    undone(&home, &["profile", "import", "--all", "--clean"]);
    home.ok(&["profile", "import", "--all", "--clean"]);
    assert_eq!(
        home.read(".aws/config"),
        "# top\n[default]\nregion = eu-west-1\n\n[profile r]\nregion = eu-west-2\n\n[profile c]\nregion = eu-west-3\n"
    );
    assert_eq!(
        home.read(".aws/credentials"),
        "[ann]\nmine = stays\n\n[t]\naws_access_key_id = ASIAT\naws_secret_access_key = t\naws_session_token = t\n"
    );
}

#[test]
fn files_that_cant_be_read_are_named_with_their_line() {
    for (text, line) in [("x = y\n", 1), ("[a]\nb = c\n[d\n", 3), ("[]\n", 1)] {
        let home = home(text, "");
        let said = home.fails(3, &["profile", "import", "--all"]);
        assert!(said.contains(&format!("/.aws/config:{line}`: ")), "{said}");
    }
    assert_eq!(rows(&Home::new().ok(&["profile", "import", "--all", "--json"])).len(), 0);
    let twice = home("", "[a]\nKEYS[a]\nKEYS[b]\nKEYSregion = x\nregion = y\n[c]\nKEYSjunk\n");
    let found = rows(&twice.ok(&["profile", "import", "--all", "--json"]));
    for (row, why) in found.iter().zip(["stands there again", "`region` stands there twice", "neither a key"]) {
        assert!(row["status"] == "skipped" && row["reason"].as_str().unwrap().contains(why), "{row}");
    }
}

/// From a usual `~/.aws` to fresh credentials, which botocore then finds under the same name.
#[test]
fn after_import_token_works_and_botocore_finds_its_credentials() {
    let stage = Stage::empty();
    stage.home.write(
        ".aws/credentials",
        format!("[mainuser]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n"),
    );
    stage.home.write(".aws/config", format!("[profile mainuser]\nmfa_serial = {DEVICE}\nregion = eu-central-1\n\n[profile prod]\nrole_arn = {ADMIN}\nsource_profile = mainuser\nregion = eu-west-1\ns3 =\n    addressing_style = path\n"));
    stage.home.ok(&["profile", "import", "--all", "--clean"]);
    stage.ok(&["token", "prod"]);
    assert!(!stage.home.read(".aws/config").contains("role_arn"));
    assert!(!stage.home.read(".aws/credentials").contains(SECRET));
    let Some(python) = python("botocore") else { return };
    let script = "import botocore.session as s; x = s.Session(profile='prod'); c = x.get_credentials(); \
                  print(c.access_key, c.method, x.get_config_variable('region'), x.get_scoped_config()['s3']['addressing_style'])";
    let run = Run::of(stage.home.other(python).args(["-c", script]).output().unwrap());
    let id = stage.variables("prod")["AWS_ACCESS_KEY_ID"].as_str().unwrap().to_owned();
    assert_eq!((run.code, run.out), (0, format!("{id} shared-credentials-file eu-west-1 path\n")), "{}", run.err);
}

#[test]
fn a_role_without_its_master_is_taken_over_with_a_warning() {
    for (names, is_whole) in [(["r"].as_slice(), false), (&["r", "base"], true)] {
        let home = Home::new();
        home.write(".aws/credentials", "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = its/secret\n");
        let role = "[profile r]\nrole_arn = arn:aws:iam::210987654321:role/Admin\nsource_profile = base\n";
        home.write(".aws/config", role);
        let run = home.run(&[["profile", "import", "--clean", "--yes"].as_slice(), names].concat());
        assert_eq!(run.code, 0, "{run:#?}");
        let said = "the master of `r`, `base`, is no profile, nor taken over with it";
        assert_eq!(run.err.contains(said), !is_whole, "{}", run.err);
    }
}
