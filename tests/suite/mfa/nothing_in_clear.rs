//! Three commands take a user from clear-text keys in the AWS files to a keyring and codes of its own. A role session needs no
//! typing then, and a search of the whole home and of every process finds no secret.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use awstok::sandbox::Role;
use serde_json::Value;

use crate::canaries::Canaries;
use crate::commands::Stage;
use crate::vault::keyrings::Desktop;
use crate::vault::moves::files;

const ROLE: &str = "arn:aws:iam::210987654321:role/Deploy";
const USER: &str = "arn:aws:iam::123456789012:user/robot";
const SECRET: &str = "9drTJvcXLB89EXAMPLELB8923FB892xMFIEXAMPL";
const CREDENTIALS: &str = "# by hand\n[other]\nregion = eu-west-1\n\n[robot]\naws_access_key_id = AKIAROBOTROBOTROBOT1\n\
    aws_secret_access_key = 9drTJvcXLB89EXAMPLELB8923FB892xMFIEXAMPL\n";

/// Gathers what every process of that home shows of itself, until told to stop: which secrets there are is known later.
fn processes(home: &str, until: &AtomicBool) -> BTreeSet<(String, Vec<u8>)> {
    let mut seen = BTreeSet::new();
    while !until.load(Ordering::SeqCst) {
        for process in fs::read_dir("/proc").unwrap().flatten() {
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            if memchr::memmem::find(&environment, home.as_bytes()).is_none() {
                continue;
            }
            let arguments = fs::read(process.path().join("cmdline")).unwrap_or_default();
            seen.insert(("environ".to_owned(), environment));
            seen.insert(("cmdline".to_owned(), arguments));
        }
    }
    seen
}

#[test]
fn from_keys_in_clear_to_keyring_and_codes_of_its_own_with_three_commands() {
    let mut stage = Stage::empty();
    let Some(_desktop) = Desktop::start(&mut stage.home) else { return };
    let role = Role::new(ROLE).trusts(USER).requires_mfa();
    stage.sandbox.change(|world| world.add_role(role)).unwrap();
    stage.home.write(".aws/credentials", CREDENTIALS);
    let config = format!(
        "[profile robot]\nregion = eu-central-1\n\n[profile deploy]\nrole_arn = {ROLE}\nsource_profile = robot\nregion = eu-central-1\n"
    );
    stage.home.write(".aws/config", config);

    let home = stage.home.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    let done = AtomicBool::new(false);
    let (texts, seen) = std::thread::scope(|scope| {
        let watching = scope.spawn(|| processes(&home, &done));
        let mut texts = Vec::new();
        let mut run = |args: &[&str]| {
            let run = stage.home.run(args);
            assert_eq!(run.code, 0, "{args:?}: {run:#?}");
            texts.push((format!("{args:?}"), run.out.clone(), run.err));
            run.out
        };
        run(&["profile", "import", "robot", "deploy", "--clean"]);
        run(&["secret", "move", "robot", "--to", "keyring"]);
        let serial = run(&["mfa", "enroll", "robot"]);
        assert_eq!(serial, "arn:aws:iam::123456789012:mfa/robot\n");

        // nobody is there to type
        run(&["token", "deploy", "-vv"]);
        run(&["exec", "deploy", "--", "true"]);
        run(&["mfa", "list", "deploy", "--json"]);
        run(&["profile", "show", "robot", "--json"]);
        run(&["explain", "deploy"]);
        run(&["token", "deploy", "--force", "-vv"]);
        done.store(true, Ordering::SeqCst);
        (texts, watching.join().unwrap())
    });
    let calls = stage.calls();
    let last: Vec<_> = calls.iter().skip_while(|action| *action != "EnableMFADevice").collect();
    assert_eq!(last, ["EnableMFADevice", "GetSessionToken", "AssumeRole", "GetUser", "ListMFADevices", "AssumeRole"]);

    let shown: Value =
        serde_json::from_str(&stage.home.ok(&["profile", "show", "robot", "--show-secrets", "--json"])).unwrap();
    assert_eq!((&shown["secret_store"], &shown["mfa_store"]), (&"keyring".into(), &"keyring".into()), "{shown}");
    let seed = shown["keys"]["mfa_secret"].as_str().unwrap();
    assert_eq!(shown["keys"]["aws_secret_access_key"].as_str(), Some(SECRET));
    let mut canaries = Canaries::default();
    for secret in [SECRET, seed, &seed.to_lowercase()] {
        canaries.add(secret);
    }

    assert!(seen.iter().any(|(kind, text)| kind == "cmdline" && memchr::memmem::find(text, b"enroll").is_some()));
    for (kind, text) in &seen {
        assert_eq!(canaries.found(text), None, "{kind}: {}", String::from_utf8_lossy(text));
    }
    for (args, out, err) in &texts {
        assert_eq!(canaries.found(format!("{out}{err}").as_bytes()), None, "{args} prints it");
    }
    let search = || -> Vec<String> {
        let files = files(&stage.home.path(""));
        let holds = |file: &std::path::PathBuf| fs::read(file).is_ok_and(|text| canaries.found(&text).is_some());
        files.into_iter().filter(holds).map(|file| file.display().to_string()).collect()
    };
    assert_eq!(search(), [""; 0]);
    let credentials = stage.home.read(".aws/credentials");
    assert!(credentials.starts_with("# by hand\n[other]\nregion = eu-west-1\n"), "{credentials}");
    // what is in the clear is found
    stage.home.write("notes", format!("my seed: {}", seed.to_lowercase()));
    assert_eq!(search().len(), 1);
}
