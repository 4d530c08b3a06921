//! Guards: what stands between a person and credentials that bite, on the built binary.

use awstok::sandbox::{Options, Role, Sandbox, User, World};

use crate::home::Home;

const ARN: &str = "arn:aws:iam::210987654321:role/Admin";

fn house(guard: &str) -> (Home, Sandbox) {
    let mut world = World::new();
    world.add_user(User::new("123456789012", "ann", "AKIAIOSFODNN7EXAMPLE", "secret")).unwrap();
    world.add_role(Role::new(ARN).trusts("arn:aws:iam::123456789012:user/ann")).unwrap();
    let sandbox = Sandbox::start(world, Options::default()).unwrap();
    let mut home = Home::new();
    home.set("AWS_ENDPOINT_URL_STS", sandbox.url());
    home.profile("ann", "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n");
    home.profile("prod", &format!("role_arn = {ARN}\nmaster_profile = ann\nguard = {guard}\n"));
    home.profile("free", &format!("role_arn = {ARN}\nmaster_profile = ann\n"));
    (home, sandbox)
}

#[test]
fn confirm_holds_for_every_way_out_and_before_any_call() {
    let (home, sandbox) = house("confirm");
    for args in [&["token", "prod"][..], &["env", "prod", "--shell", "sh"], &["credential-process", "prod"]] {
        let error = home.fails(5, args);
        assert!(error.contains("`--yes`"), "{error}");
    }
    assert!(sandbox.calls().is_empty());
    home.ok(&["token", "prod", "--yes"]);
    home.fails(5, &["env", "prod", "--shell", "sh"]);
    home.ok(&["env", "prod", "--shell", "sh", "-y"]);
    assert_eq!(sandbox.calls().len(), 1);
}

#[test]
fn one_guarded_profile_does_not_keep_the_others_from_theirs() {
    let (home, _sandbox) = house("confirm");
    let run = home.run(&["token", "--all", "--json"]);
    assert_eq!(run.code, 1);
    let reports: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let status = |at: usize| reports[at]["status"].as_str().unwrap().to_owned();
    assert_eq!([status(0), status(1), status(2)], ["fetched", "fetched", "failed"]);
    let credentials = home.read(".aws/credentials");
    assert!(credentials.contains("[free]") && !credentials.contains("[prod]"));
}

#[test]
fn a_name_must_be_typed_to_the_letter() {
    let (home, sandbox) = house("type-name");
    home.fails(5, &["token", "prod", "--yes"]);
    home.fails(2, &["token", "prod", "--confirm", "Prod"]);
    assert!(sandbox.calls().is_empty());
    home.ok(&["token", "prod", "--confirm", "prod"]);
}

#[cfg(unix)]
#[test]
fn a_no_hands_out_nothing() {
    let (home, sandbox) = house("confirm");
    let mut terminal = home.on_terminal(&["env", "prod", "--shell", "sh"]);
    terminal.expect("hand out the credentials of `prod`? [y/N]: ");
    terminal.send("n\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, 1);
    assert!(shown.contains("error: the credentials of `prod` were not handed out"), "{shown}");
    assert!(sandbox.calls().is_empty());
}

#[test]
fn read_only_is_a_session_of_its_own_that_write_lifts() {
    let (home, sandbox) = house("read-only");
    home.ok(&["env", "prod", "--shell", "sh"]);
    home.fails(5, &["env", "prod", "--shell", "sh", "--write"]);
    home.ok(&["env", "prod", "--shell", "sh", "--write", "--yes"]);
    let policies: Vec<_> =
        sandbox.calls().iter().map(|call| call.parameter("PolicyArns.member.1.arn").map(str::to_owned)).collect();
    assert_eq!(policies, [Some("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()), None]);
}
