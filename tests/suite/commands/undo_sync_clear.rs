//! `awstok undo`, `sync` and `clear`: each can be taken back, byte for byte, and none takes what isn't awstok's.

use serde_json::json as object;

use super::{Stage, json, words};

impl Stage {
    fn both(&self) -> [Option<Vec<u8>>; 2] {
        [".aws/credentials", ".aws/config"].map(|file| std::fs::read(self.home.path(file)).ok())
    }
}

#[test]
fn undo_goes_back_run_by_run() {
    let stage = Stage::new();
    let run = stage.home.run(&["undo"]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", "there is nothing to undo\n"));
    assert_eq!(stage.home.ok(&["undo", "--json"]), "null\n");
    stage.home.write(".aws/credentials", "# mine\r\n[prod]\r\nmine = kept");
    let mut states = vec![stage.both()];
    stage.ok(&["token", "prod"]);
    states.push(stage.both());
    stage.home.profile(
        "prod",
        "region = eu-west-3\nrole_arn = arn:aws:iam::210987654321:role/Admin\nmaster_profile = mainuser\n",
    );
    stage.home.ok(&["sync"]);
    states.push(stage.both());
    stage.home.ok(&["clear", "prod"]);
    assert_ne!(states[2], stage.both());
    let run = stage.home.run(&["undo"]);
    assert!(
        run.err.starts_with("undid `clear` of 2") && run.err.ends_with(": put back `~/.aws/credentials`\n"),
        "{}",
        run.err
    );
    assert_eq!(stage.both(), states[2]);
    let report = json(&stage.home.ok(&["undo", "--json"]));
    let config = stage.home.path(".aws/config").canonicalize().unwrap().display().to_string();
    assert_eq!(report, object!({"undone": 2, "command": "sync", "files": [config]}));
    assert_eq!(stage.both(), states[1]);
    stage.home.ok(&["undo"]);
    assert_eq!(stage.both(), states[0], "a file that didn't exist is gone again");
    assert_eq!(stage.home.run(&["undo"]).err, "there is nothing to undo\n");

    let out = stage.home.ok(&["undo", "--list"]);
    let rows: Vec<_> = words(&out).into_iter().skip(1).map(|row| [&row[..1], &row[2..]].concat().join(" ")).collect();
    assert_eq!(
        rows,
        [
            "1 token ~/.aws/credentials ~/.aws/config undone",
            "2 sync ~/.aws/config undone",
            "3 clear ~/.aws/credentials undone",
            "4 undo 3 ~/.aws/credentials undid 3",
            "5 undo 2 ~/.aws/config undid 2",
            "6 undo 1 ~/.aws/credentials ~/.aws/config undid 1",
        ]
    );
}

#[test]
fn undo_leaves_what_somebody_else_wrote_since() {
    let stage = Stage::new();
    stage.ok(&["token", "prod"]);
    let edited = format!("{}# by hand\n", stage.home.read(".aws/credentials"));
    stage.home.write(".aws/credentials", &edited);
    let before = stage.files();
    let said = stage.home.fails(3, &["undo"]);
    assert!(said.contains(".aws/credentials` was changed by somebody else since run 1 (token)"), "{said}");
    assert!(said.contains("\n\nhint: `awstok undo --force` puts the old bytes back"), "{said}");
    assert_eq!(stage.files(), before, "all files of a run, or none");
    stage.home.ok(&["undo", "--force"]);
    assert_eq!(stage.both(), [None, None]);
    assert!(
        std::fs::read(stage.home.path(".aws/awstok/journal/00000002"))
            .unwrap()
            .ends_with([edited.as_bytes(), before[1].1.as_deref().unwrap()].concat().as_slice())
            || stage.home.exists(".aws/awstok/journal/00000002")
    );
    stage.home.fails(2, &["undo", "--list", "--force"]);
}

#[test]
fn clear_takes_only_own_keys_and_sessions() {
    let stage = Stage::new();
    stage.home.write(".aws/credentials", "# mine\n[old]\naws_access_key_id = AKIAOLD\n\n[prod]\nmine = kept\n");
    let original = stage.home.read(".aws/credentials");
    stage.ok(&["token", "prod", "plain", "ci"]);
    let run = stage.home.run(&["clear", "prod"]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", "cleared prod\n"));
    let rest = stage.home.read(".aws/credentials");
    assert!(rest.starts_with(&original), "{rest}");
    assert_eq!(rest, [original.clone(), stage.section("ci"), stage.section("plain")].join("\n"));
    stage.calls();
    assert_eq!(stage.home.run(&["clear", "prod"]).err, "there was nothing to clear of prod\n");
    // the user's session is its own, and serves the role again
    stage.home.ok(&["token", "prod"]);
    assert_eq!(stage.calls(), ["AssumeRole"]);
    let report = json(&stage.home.ok(&["clear", "--all", "--json"]));
    assert_eq!(
        report,
        object!({"cleared": ["audit", "bob", "ci", "mainuser", "plain", "prod", "stage"], "sessions": 3})
    );
    assert_eq!(stage.home.read(".aws/credentials"), original);
    assert_eq!(std::fs::read_dir(stage.home.path(".aws/awstok/cache")).unwrap().count(), 0);
    assert!(stage.home.exists(".aws/aws-profiles/prod"));
    stage.home.fails(5, &["token", "prod"]);
}

#[test]
fn clear_wants_names_that_exist() {
    let stage = Stage::new();
    stage.home.ok(&["token", "ci"]);
    let before = stage.files();
    let said = stage.home.fails(2, &["clear"]);
    assert_eq!(said, "error: nothing was named to clear\n\nhint: name profiles, or use `--all`\n");
    let said = stage.home.fails(3, &["clear", "ci", "prd"]);
    assert!(said.contains("there is no profile `prd`") && said.contains("hint: did you mean `prod`?"), "{said}");
    stage.home.fails(2, &["clear", "ci", "--all"]);
    assert_eq!(stage.files(), before);
}

#[test]
fn sync_regenerates_the_config_file_alone() {
    let stage = Stage::new();
    stage.home.write(".aws/credentials", "[old]\naws_access_key_id = AKIAOLD");
    let plan = stage.home.ok(&["sync", "--dry-run"]);
    assert!(plan.starts_with("--- ~/.aws/config\n+++ ~/.aws/config\n@@ -0,0 "), "{plan}");
    assert_eq!(json(&stage.home.ok(&["sync", "--dry-run", "--json"])), object!({ "diff": plan }));
    assert!(!stage.home.exists(".aws/config"));
    let changed = json(&stage.home.ok(&["sync", "--json"]));
    assert!(changed["changed"][0].as_str().unwrap().ends_with("config"), "{changed}");
    assert_eq!(stage.home.read(".aws/credentials"), "[old]\naws_access_key_id = AKIAOLD");
    let config = stage.home.read(".aws/config");
    assert!(config.contains("[profile old]\n") && config.contains("[profile prod]\n"), "{config}");
    let before = stage.files();
    let run = stage.home.run(&["sync"]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", "the config file is up to date\n"));
    assert_eq!(stage.home.ok(&["sync", "--dry-run"]), "nothing would change\n");
    assert_eq!(stage.home.ok(&["sync", "--json"]), "{\n  \"changed\": []\n}\n");
    assert_eq!(stage.files(), before);
    assert_eq!(stage.calls(), [""; 0]);
}

#[test]
fn sync_drops_what_is_gone_and_keeps_what_is_unusable_or_added() {
    let stage = Stage::new();
    stage.home.ok(&["sync"]);
    let config = stage.home.read(".aws/config");
    stage.home.write(".aws/config", config.replace("[profile ci]\n", "[profile ci]\nmine = kept\n"));
    std::fs::remove_file(stage.home.path(".aws/aws-profiles/ci")).unwrap();
    std::fs::remove_file(stage.home.path(".aws/aws-profiles/bob")).unwrap();
    stage.home.write(".aws/aws-profiles/prod", "junk");
    let run = stage.home.run(&["sync"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(
        run.err.contains("warning: ")
            && run.err.contains("aws-profiles/prod")
            && run.err.contains("its sections stay as they are"),
        "{}",
        run.err
    );
    let config = stage.home.read(".aws/config");
    assert!(config.contains("[profile ci]\nmine = kept\n") && !config.contains("us-east-1"), "{config}");
    assert!(!config.contains("[profile bob]"), "{config}");
    assert!(config.contains(
        "[profile prod]\n# generated by awstok from ~/.aws/aws-profiles/prod; its keys: region\nregion = eu-central-1\n"
    ));
}

#[test]
fn a_home_that_never_saw_awstok_is_told_how_to_begin() {
    let home = crate::home::Home::new();
    let said = |args: &[&str]| {
        let run = home.run(args);
        (run.code, run.out, run.err)
    };
    assert_eq!(said(&["clear", "--all"]), (0, String::new(), "there was nothing to clear\n".into()));
    assert_eq!(said(&["undo"]), (0, String::new(), "there is nothing to undo\n".into()));
    let begin = "hint: `awstok profile add` makes one, `awstok profile import` takes over those of the AWS files\n";
    for args in [&["token", "--all"][..], &["watch", "--all"], &["token"], &["explain"], &["whoami"]] {
        let (code, out, err) = said(args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.starts_with("error: there are no profiles") && err.ends_with(begin), "{args:?}: {err}");
    }
}
