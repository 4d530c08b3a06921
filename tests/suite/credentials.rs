//! Plans walked against the stand-in: one call and one code for everyone, wrong and used codes, chains, a failing AWS.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use awstok::clock::Clock;
use awstok::credentials::{Executor, Life, Resolved, Silent, Sources, Want};
use awstok::environment::Environment;
use awstok::error::{Failure, Kind, Result, kind_of};
use awstok::mfa::{AskCode, Code, CodeRequest, Origin, Reason};
use awstok::paths::Paths;
use awstok::profile::plan::{AssumeRole, Base, Device, Plan, Step};
use awstok::sandbox::{Fault, Rule, Sandbox};
use awstok::secret::Secret;
use awstok::sso::AskSignIn;
use awstok::sts::{Sts, StsSettings};
use awstok::vault::AskPassphrase;
use awstok::wire::Network;

use crate::sandbox::{BEHIND, DEVICE, KEY, LONG, ROLE, SECRET, code, start};

/// Someone with the device in hand; what is scripted is typed first.
struct Person<'a> {
    sandbox: &'a Sandbox,
    slips: Mutex<VecDeque<String>>,
    origin: Origin,
    asked: Mutex<Vec<Reason>>,
}

impl AskSignIn for Person<'_> {}

impl AskPassphrase for Person<'_> {
    fn ask(&self, sealed: awstok::vault::Sealed<'_>, reason: awstok::vault::Reason) -> Result<Secret<String>> {
        panic!("asked for a passphrase of {sealed}: {reason:?}")
    }
}

impl AskCode for Person<'_> {
    fn ask(&self, request: &CodeRequest<'_>) -> Result<Code> {
        self.asked.lock().unwrap().push(request.reason);
        let slip = self.slips.lock().unwrap().pop_front();
        let digits = slip.or_else(|| self.sandbox.unused_code(&request.device.serial));
        match digits {
            Some(digits) => Ok(Code { digits: digits.as_str().into(), origin: self.origin }),
            None => Err(Failure::new(Kind::InputNeeded, "no code is left").into()),
        }
    }

    fn waiting(&self, _: &CodeRequest<'_>, _: Duration) {}
}

/// A home, a stand-in, and someone to ask.
struct House {
    _home: tempfile::TempDir,
    sandbox: Sandbox,
    paths: Paths,
    settings: StsSettings,
}

impl House {
    fn new() -> Self {
        let (home, sandbox) = (tempfile::tempdir().unwrap(), start());
        let env: Environment =
            [("HOME", home.path().to_str().unwrap()), ("AWS_ENDPOINT_URL", &sandbox.url())].into_iter().collect();
        let (paths, settings) = (Paths::from_environment(&env).unwrap(), StsSettings::from_environment(&env, "STS"));
        Self { _home: home, sandbox, paths, settings }
    }

    fn person(&self, slips: &[&str]) -> Person<'_> {
        let slips = Mutex::new(slips.iter().map(ToString::to_string).collect());
        Person { sandbox: &self.sandbox, slips, origin: Origin::Typed, asked: Mutex::default() }
    }

    fn resolve(&self, person: &Person<'_>, plan: &Plan, want: Want) -> Result<Resolved> {
        let sts = Sts::new(self.settings.clone(), Network::default(), Clock::System);
        Executor::new(&sts, &self.settings, &Sources::default(), person, &Silent, &self.paths, Clock::System)
            .resolve(plan, &want)
    }

    fn count(&self, action: &str) -> usize {
        self.sandbox.calls_of(action).len()
    }
}

const FORCE: Want = Want { life: Life::Usual, force: true };

fn user() -> Step {
    let mfa = Some(Device { serial: DEVICE.into(), ..Device::default() });
    Step::GetSessionToken { profile: "ann".into(), mfa, duration: Duration::from_secs(43_200), region: None }
}

fn role(arn: &str) -> Step {
    let request = AssumeRole { duration: Duration::from_secs(3_600), ..crate::sts::role(arn) };
    Step::AssumeRole { profile: "role".into(), request: Box::new(request), region: None }
}

fn plan(steps: Vec<Step>) -> Plan {
    let base = Base::LongTerm {
        profile: "ann".into(),
        access_key_id: KEY.into(),
        secret_access_key: SECRET.into(),
        account_id: None,
    };
    Plan { profile: "role".into(), base, steps, region: None, guard: None, caches: vec![], reasons: vec![] }
}

#[test]
fn sixty_four_at_once_make_one_call_and_one_prompt() {
    let (house, plan) = (House::new(), plan(vec![user(), role(ROLE)]));
    let person = house.person(&[]);
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| house.resolve(&person, &plan, Want::default()).unwrap());
        }
    });
    assert_eq!((house.count("GetSessionToken"), house.count("AssumeRole")), (1, 1));
    assert_eq!(*person.asked.lock().unwrap(), [Reason::Needed]);
}

#[test]
fn a_chain_of_roles_takes_one_code_and_its_masters_serve_others() {
    let (house, chain) = (House::new(), plan(vec![user(), role(ROLE), role(BEHIND)]));
    let person = house.person(&[]);
    let session = house.resolve(&person, &chain, Want::default()).unwrap().session;
    assert_eq!(session.arn.as_deref(), Some("arn:aws:sts::210987654321:assumed-role/behind/ann"));
    assert!(house.resolve(&person, &plan(vec![user(), role(ROLE)]), Want::default()).unwrap().reused);
    house.resolve(&person, &plan(vec![user(), role(LONG)]), Want::default()).unwrap();
    assert_eq!((house.count("GetSessionToken"), house.count("AssumeRole")), (1, 3));
}

#[test]
fn a_wrong_code_may_be_typed_again_but_only_three_times_in_all() {
    let house = House::new();
    let plan = plan(vec![user()]);
    let person = house.person(&["000000", "99999"]);
    house.resolve(&person, &plan, Want::default()).unwrap();
    assert_eq!(*person.asked.lock().unwrap(), [Reason::Needed, Reason::Wrong, Reason::Malformed]);

    let house = House::new();
    let error = house.resolve(&house.person(&["000000", "000001", "000002"]), &plan, Want::default()).unwrap_err();
    assert_eq!((kind_of(&error), house.count("GetSessionToken")), (Kind::Refused, 3));
}

#[test]
fn a_code_given_as_an_argument_is_spent_once_for_all_processes() {
    let house = House::new();
    let given = code(&house.sandbox);
    let person = Person { origin: Origin::Given, ..house.person(&[&given, &given]) };
    let plan = plan(vec![user()]);
    house.resolve(&person, &plan, Want::default()).unwrap();
    let error = house.resolve(&person, &plan, FORCE).unwrap_err();
    assert_eq!((kind_of(&error), house.count("GetSessionToken")), (Kind::Refused, 1));
}

#[test]
fn the_old_session_serves_while_aws_is_down_and_not_under_force() {
    let (house, plan) = (House::new(), plan(vec![user()]));
    let first = house.resolve(&house.person(&[]), &plan, Want::default()).unwrap().session;
    house.sandbox.inject(Rule::new(Fault::Failure(500)));
    let min = Want::of_life(Some(Duration::from_secs(50_000)));
    let served = house.resolve(&house.person(&["111111"]), &plan, min).unwrap();
    assert_eq!(served.session.credentials.session_token(), first.credentials.session_token());
    assert!(served.reused && served.warning.unwrap().contains("status 500"));
    let error = house.resolve(&house.person(&["222222"]), &plan, FORCE).unwrap_err();
    assert_eq!(kind_of(&error), Kind::Unreachable);
}

#[test]
fn a_hostile_answer_leaves_nothing_behind() {
    let (house, plan) = (House::new(), plan(vec![user()]));
    house.sandbox.inject(Rule::new(Fault::value("SessionToken", "x\n[default]\ny")));
    assert_eq!(kind_of(&house.resolve(&house.person(&[]), &plan, Want::default()).unwrap_err()), Kind::Unreachable);
    assert!(std::fs::read_dir(house.paths.cache()).is_err());
}

#[test]
fn a_masters_session_that_aws_no_longer_knows_is_replaced() {
    let mut house = House::new();
    let chain = plan(vec![user(), role(ROLE)]);
    house.resolve(&house.person(&[]), &chain, Want::default()).unwrap();
    house.sandbox.inject(
        Rule::new(Fault::Answer { status: 403, content_type: "text/xml", body: UNKNOWN.into() })
            .action("AssumeRole")
            .times(1),
    );
    let person = house.person(&[]);
    assert!(!house.resolve(&person, &chain, FORCE).unwrap().reused);
    assert_eq!(*person.asked.lock().unwrap(), [Reason::Needed]);
    assert_eq!((house.count("GetSessionToken"), house.count("AssumeRole")), (2, 3));
    // what doesn't help is not repeated
    house.sandbox = start();
    house.sandbox.change(|world| world.remove_access_key(KEY));
    house.settings.endpoint = Some(house.sandbox.url());
    let error = house.resolve(&house.person(&["123456"]), &chain, Want::default()).unwrap_err();
    assert_eq!((kind_of(&error), house.sandbox.calls().len()), (Kind::Refused, 1));
}

const UNKNOWN: &str = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
<Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.</Message></Error>\
<RequestId>1</RequestId></ErrorResponse>";
