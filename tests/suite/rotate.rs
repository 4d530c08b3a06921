//! `rotate`: at every moment the profile holds a key that works, and the same command finishes what was begun.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use awstok::sandbox::{Fault, Options, Role, Rule, Sandbox, User, World};
use serde_json::{Value, json};

use crate::commands::{DEVICE, SECRET};
use crate::home::Home;

const OLD: &str = "AKIAIOSFODNN7EXAMPLE";
const FILE: &str = ".aws/aws-profiles/ann";
const NOTE: &str = ".aws/awstok/secrets/ann.rotating";
const ADMIN: &str = "arn:aws:iam::210987654321:role/Admin";

struct House {
    home: Home,
    sandbox: Sandbox,
}

impl House {
    /// `ann` with these further keys in her profile, and her role `prod`.
    fn with(keys: &str) -> Self {
        let mut world = World::new();
        world.add_user(User::new("123456789012", "ann", OLD, SECRET).device(DEVICE, &"AWSTOK23".repeat(4))).unwrap();
        world.add_role(Role::new(ADMIN).trusts("arn:aws:iam::123456789012:user/ann")).unwrap();
        let sandbox = Sandbox::start(world, Options::default()).unwrap();
        let mut home = Home::new();
        home.set("AWS_ENDPOINT_URL", sandbox.url());
        home.profile("ann", &format!("# mine\naws_access_key_id = {OLD}\naws_secret_access_key = {SECRET}\n{keys}"));
        home.profile("prod", &format!("role_arn = {ADMIN}\nmaster_profile = ann\n"));
        Self { home, sandbox }
    }

    /// The key that the profile names.
    fn key(&self) -> String {
        let file = self.home.read(FILE);
        let line = file.lines().find_map(|line| line.strip_prefix("aws_access_key_id = "));
        line.unwrap_or_else(|| panic!("{file}")).to_owned()
    }

    /// What a new session of the profile is, which only a key that works gives.
    #[track_caller]
    fn works(&self) {
        self.home.ok(&["whoami", "ann"]);
        self.home.ok(&["clear", "ann"]);
        self.home.ok(&["whoami", "ann"]);
    }

    /// The user's keys, as IAM lists them.
    fn keys(&self) -> Vec<String> {
        use awstok::{clock::Clock, iam::Caller, iam::Iam, iam::IamSettings, wire::Network};
        let settings = IamSettings { endpoint: Some(self.sandbox.url()), ..IamSettings::default() };
        let variables: Value =
            serde_json::from_str(&self.home.ok(&["profile", "show", "ann", "--json", "--show-secrets"])).unwrap();
        let key = |name: &str| variables["keys"][name].as_str().unwrap_or_else(|| panic!("{variables}")).to_owned();
        let credentials = aws_credential_types::Credentials::new(
            key("aws_access_key_id"),
            key("aws_secret_access_key"),
            None,
            None,
            "test",
        );
        let iam = Iam::new(settings, Network::default(), Clock::System);
        let caller = Caller { credentials: &credentials, region: None, arn: None };
        let mut keys: Vec<_> = iam.list_access_keys(caller).unwrap().into_iter().map(|key| key.id).collect();
        keys.sort();
        keys
    }

    fn inject(&self, action: &str, fault: Fault, times: u32) {
        self.sandbox.inject(Rule::new(fault).action(action).times(times));
    }

    /// Runs it with `--json`; gives exit code and report.
    fn rotate(&self, args: &[&str]) -> (i32, Value, String) {
        let run = self.home.run(&[&["rotate", "ann", "--yes", "--json"][..], args].concat());
        (run.code, serde_json::from_str(&run.out).unwrap_or_default(), run.err)
    }

    /// Starts it, and kills it once `is_there`.
    fn kill_once(&self, is_there: impl Fn() -> bool) {
        let mut child = self.start();
        let end = Instant::now() + Duration::from_secs(60);
        while !is_there() {
            assert!(Instant::now() < end && child.try_wait().unwrap().is_none(), "it never came so far");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn start(&self) -> Child {
        let mut command = self.home.command(["rotate", "ann", "--yes"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn stage(&self) -> String {
        let note = std::fs::read(self.home.path(NOTE)).unwrap_or_default();
        let note: Value = serde_json::from_slice(&note).unwrap_or_default();
        note["stage"].as_str().unwrap_or_default().to_owned()
    }

    /// The same command finishes what was begun: one key, the profile's.
    #[track_caller]
    fn finishes(&self) {
        self.works();
        let (code, report, said) = self.rotate(&[]);
        assert_eq!(code, 0, "{report} {said}");
        assert_eq!(self.keys(), [self.key()]);
        assert!(!self.home.exists(NOTE));
        assert_ne!(self.key(), OLD);
        self.works();
    }
}

fn steps(outcomes: [&str; 5]) -> Value {
    let names = ["create", "verify", "store", "deactivate", "delete"];
    Value::Object(names.iter().zip(outcomes).map(|(name, outcome)| ((*name).to_owned(), outcome.into())).collect())
}

#[test]
fn a_key_is_replaced_where_it_stood() {
    let house = House::with("# about the rest\ncolor = red\n");
    house.home.ok(&["token", "prod"]);
    let (code, report, said) = house.rotate(&[]);
    assert_eq!(code, 0, "{said}");
    let new = house.key();
    assert_eq!(
        report,
        json!({"profile": "ann", "old_key": OLD, "new_key": new, "steps": steps(["done"; 5]), "resumed": false})
    );
    assert_eq!(house.keys(), [new.as_str()]);
    let file = house.home.read(FILE);
    assert!(
        file.contains("# mine\naws_access_key_id = ") && file.ends_with("# about the rest\ncolor = red\n"),
        "{file}"
    );
    assert!(!file.contains(SECRET) && !file.contains(OLD));
    house.works();
    // nothing that `undo` can bring back is dead
    for _ in 0..3 {
        house.home.run(&["undo"]);
        if house.home.exists(FILE) {
            assert_eq!(house.key(), new);
        }
    }
    for entry in std::fs::read_dir(house.home.path(".aws/awstok/journal")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(memchr::memmem::find(&bytes, SECRET.as_bytes()).is_none());
    }
    let said = house.home.run(&["rotate", "ann", "--yes", "--keep-old"]);
    assert_eq!((said.code, said.out.as_str()), (0, ""));
    assert!(said.err.contains(&format!("`{new}` is inactive")), "{}", said.err);
    assert_eq!(house.keys().len(), 2);
}

#[test]
fn one_code_serves_for_all_of_it() {
    let house = House::with(&format!("mfa_id = {DEVICE}\n"));
    house.sandbox.change(|world| world.forget_new_keys_for(3));
    let code = house.sandbox.unused_code(DEVICE).unwrap();
    let (code, report, said) = house.rotate(&["--mfa-code", &code]);
    assert_eq!((code, &report["steps"]), (0, &steps(["done"; 5])), "{said}");
    assert_eq!(house.sandbox.calls_of("GetSessionToken").len(), 1);
    assert_eq!(house.keys(), [house.key()]);
}

#[test]
fn two_keys_are_explained_and_one_that_is_named_makes_room() {
    let house = House::with("");
    let (_, report, _) = house.rotate(&["--keep-old"]);
    let current = report["new_key"].as_str().unwrap().to_owned();
    let (code, report, said) = house.rotate(&[]);
    assert_eq!((code, &report["steps"]), (4, &steps(["skipped"; 5])));
    let ours = format!("`{current}`, the one that awstok uses: active, created ");
    assert!(
        said.contains(&ours) && said.contains(&format!("`{OLD}`: inactive")) && said.contains("last used"),
        "{said}"
    );
    assert!(said.contains(&format!("--delete-key {OLD}")), "{said}");
    assert_eq!(house.rotate(&["--delete-key", &current]).0, 2);
    assert_eq!(house.rotate(&["--delete-key", "AKIANOBODYNOBODYNOBO"]).0, 2);
    assert_eq!(house.key(), current);
    let (code, _, said) = house.rotate(&["--delete-key", OLD]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(house.keys(), [house.key()]);
}

#[test]
fn whatever_is_refused_the_profile_keeps_a_key_that_works() {
    // the call, how often it is refused, what the report says, whether the new key is in the profile
    let cases = [
        ("ListAccessKeys", 1, ["skipped"; 5], false),
        ("CreateAccessKey", 1, ["failed", "skipped", "skipped", "skipped", "skipped"], false),
        ("UpdateAccessKey", 1, ["done", "done", "done", "failed", "skipped"], true),
        ("DeleteAccessKey", 1, ["done", "done", "done", "done", "failed"], true),
    ];
    for (action, times, outcomes, is_new) in cases {
        let house = House::with("");
        house.inject(action, Fault::Refused(403, "AccessDenied"), times);
        let (code, report, said) = house.rotate(&[]);
        assert_eq!((code, &report["steps"]), (4, &steps(outcomes)), "{action}: {said}");
        assert_eq!(house.key() != OLD, is_new, "{action}");
        assert!(!said.contains(SECRET));
        if is_new {
            assert!(said.contains("`awstok rotate ann` finishes it"), "{said}");
            house.works();
            let (code, report, _) = house.rotate(&[]);
            assert_eq!((code, &report["resumed"], &report["old_key"]), (0, &json!(true), &json!(OLD)));
            assert_eq!(report["steps"], steps(["done"; 5]));
            assert_eq!(house.keys(), [house.key()]);
        } else {
            assert!(!house.home.exists(NOTE), "{action}");
            house.finishes();
        }
    }
}

#[test]
fn a_key_that_never_gets_known_is_deleted_again() {
    let house = House::with("");
    house.sandbox.change(|world| world.forget_new_keys_for(1_000));
    let before = house.home.read(FILE);
    let (code, report, said) = house.rotate(&["--wait", "1s"]);
    assert_eq!((code, &report["steps"]), (4, &steps(["done", "failed", "skipped", "skipped", "skipped"])), "{said}");
    assert!(said.contains("the new key was deleted again, and nothing changed"), "{said}");
    assert_eq!((house.keys(), house.home.read(FILE)), (vec![OLD.to_owned()], before));
    assert!(!house.home.exists(NOTE));
}

#[test]
fn an_answer_that_is_lost_leaves_no_key_behind() {
    for action in ["CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"] {
        let house = House::with("");
        house.inject(action, Fault::LostAnswer, 1);
        let (code, _, said) = house.rotate(&[]);
        if action == "CreateAccessKey" {
            assert_eq!((code, house.keys()), (6, vec![OLD.to_owned()]), "{said}");
        }
        house.finishes();
    }
}

#[test]
fn killed_at_each_step_it_goes_on() {
    for (action, stage) in [
        ("CreateAccessKey", "create"),
        ("GetCallerIdentity", "verify"),
        ("UpdateAccessKey", "deactivate"),
        ("DeleteAccessKey", "delete"),
    ] {
        let house = House::with("");
        house.inject(action, Fault::Silence, 1);
        let arrived = || !house.sandbox.calls_of(action).is_empty();
        house.kill_once(|| house.stage() == stage && arrived());
        house.sandbox.clear_faults();
        assert_eq!(house.stage(), stage);
        house.finishes();
    }
}

#[test]
fn killed_at_any_moment_it_goes_on() {
    let stores = [("", None), ("secret_store = passphrase\n", Some("correct horse"))];
    for (store, passphrase) in stores {
        let mut house = House::with("");
        if let Some(passphrase) = passphrase {
            house.home.set("AWSTOK_PASSPHRASE", passphrase);
            house.home.ok(&["secret", "move", "ann", "--to", "passphrase"]);
            assert!(house.home.read(FILE).contains(store));
        }
        for round in 0..4_u64 {
            let mut child = house.start();
            std::thread::sleep(Duration::from_millis(150 + 350 * round));
            let _ = child.kill();
            child.wait().unwrap();
            house.works();
            assert!(house.keys().len() <= 2);
        }
        house.finishes();
    }
}

#[test]
fn a_secret_under_a_passphrase_stays_there() {
    let mut house = House::with("");
    house.home.set("AWSTOK_PASSPHRASE", "correct horse");
    house.home.ok(&["secret", "move", "ann", "--to", "passphrase"]);
    house.finishes();
    let file = house.home.read(FILE);
    assert!(!file.contains("aws_secret_access_key") && file.contains("secret_store = passphrase"), "{file}");
}

#[test]
fn what_stands_in_the_credentials_file_as_it_is_follows() {
    let house = House::with("session = none\n");
    house.home.ok(&["token", "ann"]);
    house.rotate(&[]);
    let credentials = house.home.read(".aws/credentials");
    assert!(credentials.contains(&house.key()) && !credentials.contains(OLD) && !credentials.contains(SECRET));
}

#[test]
fn nothing_begins_without_a_yes_and_only_users_have_keys() {
    let house = House::with("");
    house.home.profile("twin", &format!("aws_access_key_id = {OLD}\naws_secret_access_key = {SECRET}\n"));
    let said = house.home.fails(5, &["rotate", "ann"]);
    assert!(
        said.contains("`--yes`") && said.contains("warning: `twin` holds the same key, and keeps the old one"),
        "{said}"
    );
    let said = house.home.fails(3, &["rotate", "prod", "--yes"]);
    assert!(said.contains("`awstok rotate ann`"), "{said}");
    assert_eq!(house.sandbox.calls().len(), 0);
}

/// What moves, copies, replaces or forgets the secrets of `ann`.
const MOVES: [&[&str]; 9] = [
    &["secret", "move", "ann", "--to", "passphrase"],
    &["profile", "rename", "ann", "eve"],
    &["profile", "rename", "bob", "ann", "--force"],
    &["profile", "copy", "ann", "eve"],
    &["profile", "copy", "bob", "ann", "--force"],
    &["profile", "remove", "ann", "--yes", "--force"],
    &["profile", "add", "ann", "--force", "--role-arn", ADMIN, "--master-profile", "bob"],
    &["profile", "import", "ann", "--force"],
    &["undo"],
];

#[test]
fn what_moves_secrets_waits_until_it_is_finished() {
    let mut house = House::with("");
    house.home.profile("bob", "credential_process = /bin/true\n");
    house
        .home
        .write(".aws/config", "[profile ann]\nrole_arn = arn:aws:iam::210987654321:role/Admin\nsource_profile = bob\n");
    house.home.set("AWSTOK_PASSPHRASE", "correct horse");
    for store in ["file", "passphrase"] {
        house.home.ok(&["secret", "move", "ann", "--to", store, "--yes"]);
        house.inject("UpdateAccessKey", Fault::Refused(403, "AccessDenied"), 1);
        assert_eq!(house.rotate(&[]).0, 4);
        let before = house.home.read(FILE);
        for args in MOVES {
            let said = house.home.fails(3, args);
            assert!(
                said.contains("the key of `ann` is being replaced\n\nhint: finish that first: `awstok rotate ann`"),
                "{args:?}: {said}"
            );
        }
        assert_eq!(house.home.read(FILE), before);
        // the key and the secret that belong together, wherever that lies meanwhile
        assert!(house.keys().contains(&house.key()));
        house.finishes();
    }
    house.home.ok(&["profile", "rename", "ann", "eve"]);
    house.home.ok(&["profile", "remove", "eve", "prod", "--yes"]);
}

#[test]
fn nothing_is_taken_away_while_a_rotation_is_on_its_way() {
    let house = House::with("");
    house.inject("ListAccessKeys", Fault::Latency(Duration::from_secs(60)), 1);
    let mut running = house.start();
    let lock = house.home.path(".aws/awstok/locks/rotate-ann.lock");
    let end = Instant::now() + Duration::from_secs(60);
    while std::fs::read_to_string(&lock).unwrap_or_default().is_empty() {
        assert!(Instant::now() < end && running.try_wait().unwrap().is_none(), "it never came so far");
        std::thread::sleep(Duration::from_millis(5));
    }
    // nothing is noted yet; whoever waits too long says for whom
    assert!(!house.home.exists(NOTE));
    let said = house.home.fails(1, &["profile", "rename", "ann", "eve"]);
    assert!(said.contains("rotate-ann.lock") && said.contains(&running.id().to_string()), "{said}");
    running.kill().unwrap();
    running.wait().unwrap();
    house.home.ok(&["profile", "rename", "ann", "eve"]);
}

#[test]
fn a_file_that_was_put_back_to_a_dead_key_costs_no_other() {
    let house = House::with(&format!("mfa_id = {DEVICE}\n"));
    let code = house.sandbox.unused_code(DEVICE).unwrap();
    let before = house.home.read(FILE);
    house.inject("DeleteAccessKey", Fault::Refused(403, "AccessDenied"), 1);
    assert_eq!(house.rotate(&["--mfa-code", &code]).0, 4);
    let after = house.home.read(FILE);
    // the old key's session is there still, and signs
    house.home.write(FILE, &before);
    let (code, _, said) = house.rotate(&[]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains(&format!("`{OLD}` is no active key of the user")) && said.contains("awstok undo"), "{said}");
    house.home.write(FILE, after);
    let code = house.sandbox.unused_code(DEVICE).unwrap();
    let (code, _, said) = house.rotate(&["--mfa-code", &code]);
    assert_eq!((code, house.keys()), (0, vec![house.key()]), "{said}");
}

#[test]
fn two_at_once_take_turns() {
    let house = House::with("");
    let mut both = [house.start(), house.start()];
    assert!(both.iter_mut().map(|child| child.wait().unwrap()).filter(|status| status.success()).count() >= 1);
    assert_eq!(house.keys(), [house.key()]);
    house.works();
}
