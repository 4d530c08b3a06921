//! What doctor says inside of `exec`, where the command's sources are those that awstok gives it.

use crate::commands::Stage;
use crate::home::Run;
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
        let script = format!("'{}' {script} --offline", crate::home::AWSTOK);
        stage.home.run(&[&["exec", "prod"], flags, &["--", sh, "-c", &script]].concat())
    };
    let wins = |run: &Run, source: &str| assert!(run.out.contains(&format!("from {source}\n")), "{run:#?}");
    wins(&inside(&[], "doctor"), "environment");
    wins(&inside(&["--server"], "doctor"), "container");
    let fixing = inside(&["--server"], "doctor --fix");
    assert!(fixing.err.contains("nothing is mended inside of `awstok exec --server`"), "{fixing:#?}");
    assert_eq!(stage.home.read(".aws/config"), before);
}
