//! What `--fix` changes, and that it changes nothing else: whole files, the diff, and the way back.

use serde_json::Value;

use super::{ids, report};
use crate::home::Home;

const SESSION: &str = "aws_access_key_id = ASIAX\naws_secret_access_key = canary-1\naws_session_token = canary-2\n";

fn home() -> Home {
    let mut home = Home::new();
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    home.profile("prod", "role_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = user\n");
    home.profile("own", "role_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = user\nauto_refresh = yes\n");
    home.profile("user", "aws_access_key_id = AKIAX\naws_secret_access_key = canary-3\n");
    home
}

const CREDENTIALS: &str = "# mine\n[other]\naws_security_token = canary-4\naws_session_token=canary-5\n\n[prod]\n";
const CONFIG: &str =
    "; kept\r\n[stage]\r\nregion = eu-central-1 \r\n\r\n[profile own]\r\ncredential_process = cat x\r\n";

#[test]
fn only_the_lines_that_are_named_change_and_undo_takes_them_back() {
    let home = home();
    let credentials = format!("{CREDENTIALS}{SESSION}aws_security_token = canary-6\nmine = kept\n\n[own]\n{SESSION}");
    home.write(".aws/credentials", &credentials);
    home.write(".aws/config", CONFIG);
    let before = report(&home, 1, &["--offline"]);
    assert_eq!(ids(&before), ["config-missing-profile-prefix", "credentials-shadow-process", "stale-security-token"]);
    assert_eq!((home.read(".aws/credentials"), home.read(".aws/config").as_str()), (credentials.clone(), CONFIG));

    let run = home.run(&["doctor", "--fix", "--offline", "--json"]);
    assert!(
        run.err.contains("--- ~/.aws/credentials\n") && run.err.contains("-aws_security_token = ********\n"),
        "{run:#?}"
    );
    assert!(run.err.contains("-[stage]\n+[profile stage]\n"), "{run:#?}");
    assert!(!run.err.contains("canary") && !run.out.contains("canary"), "{run:#?}");
    assert_eq!(home.read(".aws/credentials"), format!("{CREDENTIALS}{SESSION}mine = kept\n"));
    assert_eq!(home.read(".aws/config"), CONFIG.replace("[stage]", "[profile stage]"));
    // the section of somebody else keeps what Python stumbles over, and that stays an error
    let after: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(run.code, 1, "{after:#}");
    let findings = after["findings"].as_array().unwrap();
    let of = |fixed: bool| -> Vec<(&str, &str)> {
        let those = findings.iter().filter(|it| it["severity"] == "error" && it["fixed"] == fixed);
        those.map(|it| (it["id"].as_str().unwrap(), it["profile"].as_str().unwrap())).collect()
    };
    assert_eq!(of(false), [("stale-security-token", "other")]);
    let mut fixed = of(true);
    fixed.sort_unstable();
    assert_eq!(
        fixed,
        [
            ("config-missing-profile-prefix", "stage"),
            ("credentials-shadow-process", "own"),
            ("stale-security-token", "prod")
        ]
    );

    let again = home.run(&["doctor", "--fix", "--offline"]);
    assert_eq!((again.code, again.err.as_str()), (1, ""), "nothing is left to mend");
    home.ok(&["undo"]);
    assert_eq!((home.read(".aws/credentials"), home.read(".aws/config").as_str()), (credentials, CONFIG));
}

#[test]
fn what_is_not_safe_is_left() {
    let home = home();
    // a long-term key that no profile file holds, a name that is taken, a section that stands there twice
    let credentials = "[own]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = canary\n";
    let config =
        "[prod]\nregion = x\n[profile prod]\nregion = y\n[stage]\n[stage]\n[profile own]\ncredential_process = cat x\n";
    home.write(".aws/credentials", credentials);
    home.write(".aws/config", config);
    let report = report(&home, 1, &["--offline", "--fix"]);
    assert!(
        report["findings"].as_array().unwrap().iter().all(|it| it["fixable"] == false && it["fixed"] == false),
        "{report:#}"
    );
    assert_eq!((home.read(".aws/credentials").as_str(), home.read(".aws/config").as_str()), (credentials, config));
    assert!(!home.exists(".aws/awstok"), "nothing was journaled");
}

#[test]
fn a_byte_order_mark_goes_with_the_rest() {
    let home = home();
    home.write(".aws/config", "\u{feff}[a]\nregion = x\n\n[b]\nregion = y\n");
    report(&home, 0, &["--offline", "--fix"]);
    assert_eq!(home.read(".aws/config"), "[profile a]\nregion = x\n\n[profile b]\nregion = y\n");
    home.ok(&["undo"]);
    assert_eq!(home.read(".aws/config"), "\u{feff}[a]\nregion = x\n\n[b]\nregion = y\n");
}

#[cfg(unix)]
#[test]
fn a_diagnosis_changes_nothing() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = home();
    let folder = home.path(".aws/aws-profiles");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(ids(&report(&home, 0, &["--offline"])), ["wide-permissions"]);
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    assert!(!home.exists(".aws/awstok"));
}
