//! What doctor says where it isn't at home: inside of `exec`, whose sources are those that awstok gives, and among another's files.

use crate::commands::Stage;
use crate::home::{AWSTOK, Run};
use crate::tools::tool;

#[test]
fn inside_of_exec_it_looks_at_what_the_command_finds() {
    let Some(sh) = tool("sh") else { return };
    let stage = Stage::new();
    let text = "[default]\naws_access_key_id = AKIAX\naws_secret_access_key = canary\naws_security_token = canary\n";
    stage.home.write(".aws/credentials", text);
    stage.home.write(".aws/config", "[other]\nregion = eu-central-1\n");
    stage.ok(&["token", "prod"]);
    let before = stage.home.read(".aws/config");
    let sh = sh.to_str().unwrap();
    let inside = |flags: &[&str], script: &str| {
        let script = format!("'{}' {script} --offline", AWSTOK);
        stage.home.run(&[&["exec", "prod"], flags, &["--", sh, "-c", &script]].concat())
    };
    let wins = |run: &Run, source: &str| assert!(run.out.contains(&format!("from {source}\n")), "{run:#?}");
    wins(&inside(&[], "doctor"), "environment");
    wins(&inside(&["--server"], "doctor"), "container");
    let fixing = inside(&["--server"], "doctor --fix");
    assert!(fixing.err.contains("nothing is mended inside of `awstok exec --server`"), "{fixing:#?}");
    assert_eq!(stage.home.read(".aws/config"), before);
}

#[cfg(target_os = "linux")]
#[test]
fn files_of_somebody_else_are_found() {
    use crate::tools::rare_tool;
    use std::os::unix::fs::{PermissionsExt as _, chown};

    // only root can give files away
    let Some(setpriv) = rare_tool("setpriv").filter(|_| rustix::process::geteuid().is_root()) else { return };
    let home = crate::home::Home::new();
    home.write(".aws/credentials", "");
    home.write(".aws/config", "");
    std::fs::set_permissions(home.path(".aws/credentials"), std::fs::Permissions::from_mode(0o644)).unwrap();
    for path in ["", ".aws", ".aws/config"] {
        chown(home.path(path), Some(4242), Some(4242)).unwrap();
    }
    let doctor = ["--reuid=4242", "--regid=4242", "--clear-groups", AWSTOK, "doctor", "--offline"];
    let run = Run::of(home.other(setpriv).args(doctor).output().unwrap());
    let lines: Vec<&str> = run.out.lines().filter(|line| line.starts_with("warning")).collect();
    let expected = ["warning ~/.aws/credentials [wide-permissions]", "warning ~/.aws/credentials [foreign-owner]"];
    assert_eq!((run.code, lines), (0, expected.to_vec()), "{run:#?}");
}
