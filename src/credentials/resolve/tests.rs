//! The walk with a stand-in that counts calls: who calls, who waits, who reuses.

#![allow(clippy::disallowed_methods)] // the tests play the other programs

use std::sync::Mutex;

use super::*;
use crate::credentials::tests::{House, chain, session};
use crate::error::Failure;
use crate::mfa::{Code, CodeRequest, Origin};
use crate::profile::plan::{AssumeRole, AssumeRoleWithWebIdentity, Base};

/// A stand-in that counts calls and gives sessions of its clock's time.
struct Fake {
    clock: Clock,
    calls: Mutex<Vec<String>>,
    codes: Mutex<Vec<String>>,
    asked: Mutex<u32>,
    failure: Option<fn() -> Failure>,
}

impl Fake {
    fn new(now: Timestamp) -> Self {
        let (calls, codes, asked) = Default::default();
        Self { clock: Clock::Fixed(now), calls, codes, asked, failure: None }
    }

    fn answer(&self, operation: &str, caller: Caller<'_>, life: Duration) -> Result<Session> {
        std::thread::sleep(Duration::from_millis(20));
        let mut calls = self.calls.lock().unwrap();
        calls.push(format!("{operation} by {}", caller.credentials.session_token().unwrap_or("long-term")));
        match self.failure {
            Some(failure) => Err(failure().into()),
            None => Ok(session(&format!("{operation}-{}", calls.len()), self.clock.now(), life.as_secs() as i64)),
        }
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    fn resolve(&self, house: &House, plan: &Plan, want: Want) -> Result<Resolved> {
        let settings = StsSettings::default();
        let sources = Sources::default();
        Executor::new(self, &settings, &sources, self, &Silent, &house.paths, self.clock).resolve(plan, &want)
    }
}

impl StsApi for Fake {
    fn get_session_token(&self, caller: Caller<'_>, mfa: Option<Mfa<'_>>, duration: Duration) -> Result<Session> {
        self.codes.lock().unwrap().extend(mfa.map(|mfa| mfa.code.expose().clone()));
        self.answer("user", caller, duration)
    }

    fn assume_role(&self, caller: Caller<'_>, request: &AssumeRole, code: Option<&Secret<String>>) -> Result<Session> {
        assert_eq!(request.mfa.is_some(), code.is_some());
        self.answer("role", caller, request.duration)
    }

    fn assume_role_with_web_identity(
        &self,
        request: &AssumeRoleWithWebIdentity,
        session_name: &str,
        token: &Secret<String>,
        _: Option<&str>,
    ) -> Result<Session> {
        let credentials = Credentials::new(session_name, "", Some(token.expose().clone()), None, "test");
        self.answer("web", Caller { credentials: &credentials, region: None }, request.duration)
    }

    fn connect(&self, _: Option<&str>, _: Option<&str>) {}
}

impl AskSignIn for Fake {}

impl AskPassphrase for Fake {
    fn ask(&self, sealed: vault::Sealed<'_>, reason: vault::Reason) -> Result<Secret<String>> {
        panic!("asked for a passphrase of {sealed}: {reason:?}")
    }
}

impl AskCode for Fake {
    fn ask(&self, _: &CodeRequest<'_>) -> Result<Code> {
        let mut asked = self.asked.lock().unwrap();
        *asked += 1;
        Ok(Code { digits: format!("{asked:06}").as_str().into(), origin: Origin::Typed })
    }

    fn waiting(&self, _: &CodeRequest<'_>, _: Duration) {}
}

const FORCE: Want = Want { life: Life::Usual, force: true };

fn wanting(seconds: u64) -> Want {
    Want::of_life(Some(Duration::from_secs(seconds)))
}

fn later(house: &House, seconds: i64) -> Fake {
    Fake::new(house.now() + SignedDuration::from_secs(seconds))
}

#[test]
fn a_chain_is_walked_once_and_then_reused() {
    let (house, plan) = (House::new(), chain());
    let fake = later(&house, 0);
    let first = fake.resolve(&house, &plan, Want::default()).unwrap();
    assert!(!first.reused);
    assert_eq!(fake.calls(), ["user by long-term", "role by user-1"]);
    let again = fake.resolve(&house, &plan, Want::default()).unwrap();
    assert!(again.reused && fake.calls().len() == 2);
    let (settings, sources) = (StsSettings::default(), Sources::default());
    let cached = |life| cached(&Cache::new(&house.paths), &plan, &settings, &sources, life, house.now());
    assert_eq!(cached(Life::Usual).unwrap().credentials.session_token(), Some("role-2"));
    assert!(cached(Life::AtLeast(Duration::from_secs(3_601))).is_none());
}

#[test]
fn a_role_that_ran_out_is_renewed_with_its_masters_session() {
    let (house, plan) = (House::new(), chain());
    later(&house, 0).resolve(&house, &plan, Want::default()).unwrap();
    let fake = later(&house, 43_200 - 60);
    fake.resolve(&house, &plan, Want::default()).unwrap();
    assert_eq!(fake.calls(), ["role by user-1"]);
    let fake = later(&house, 43_200 - 59 + 3_600);
    fake.resolve(&house, &plan, Want::default()).unwrap();
    assert_eq!(fake.calls(), ["user by long-term", "role by user-1"]);
}

#[test]
fn force_renews_the_last_step_only() {
    let (house, plan) = (House::new(), chain());
    later(&house, 0).resolve(&house, &plan, Want::default()).unwrap();
    let fake = later(&house, 1);
    assert!(!fake.resolve(&house, &plan, FORCE).unwrap().reused);
    assert_eq!(fake.calls(), ["role by user-1"]);
}

#[test]
fn sixty_four_at_once_make_one_call_and_one_prompt() {
    for want in [Want::default(), FORCE, wanting(100_000)] {
        let (house, plan) = (House::new(), chain());
        let fake = later(&house, 0);
        let (settings, sources) = (StsSettings::default(), Sources::default());
        // all of them begin before the first one gets anything
        let all: Vec<_> = (0..64)
            .map(|_| Executor::new(&fake, &settings, &sources, &fake, &Silent, &house.paths, fake.clock))
            .collect();
        std::thread::scope(|scope| {
            for one in &all {
                scope.spawn(|| {
                    assert_eq!(one.resolve(&plan, &want).unwrap().session.account_id(), Some("123456789012"))
                });
            }
        });
        assert_eq!(fake.calls(), ["user by long-term", "role by user-1"], "{want:?}");
        assert_eq!(*fake.asked.lock().unwrap(), 1);
    }
}

#[test]
fn a_session_shorter_than_asked_for_is_taken() {
    let (house, plan) = (House::new(), chain());
    let fake = later(&house, 0);
    assert!(!fake.resolve(&house, &plan, wanting(50_000)).unwrap().reused);
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn while_aws_is_down_the_old_session_serves_to_its_real_end() {
    let (house, mut plan) = (House::new(), chain());
    plan.steps.truncate(1);
    later(&house, 0).resolve(&house, &plan, Want::default()).unwrap();
    let down =
        |seconds| Fake { failure: Some(|| Failure::new(Kind::Unreachable, "AWS is down")), ..later(&house, seconds) };
    let served = down(43_199).resolve(&house, &plan, Want::default()).unwrap();
    assert_eq!(served.session.credentials.session_token(), Some("user-1"));
    assert!(served.warning.unwrap().contains("AWS is down"));
    assert_eq!(kind_of(&down(43_200).resolve(&house, &plan, Want::default()).unwrap_err()), Kind::Unreachable);
    assert!(down(43_000).resolve(&house, &plan, FORCE).is_err());
}

#[test]
fn the_same_code_typed_for_a_second_session_is_not_sent() {
    let (house, mut plan) = (House::new(), chain());
    plan.steps.truncate(1);
    let first = later(&house, 0);
    first.resolve(&house, &plan, FORCE).unwrap();
    let second = later(&house, 1);
    second.resolve(&house, &plan, FORCE).unwrap();
    assert_eq!(*first.codes.lock().unwrap(), ["000001"]);
    assert_eq!((*second.codes.lock().unwrap()).as_slice(), ["000002"]);
}

#[test]
fn a_plan_without_steps_gives_its_base() {
    let (house, mut plan) = (House::new(), chain());
    plan.steps.clear();
    let base = later(&house, 0).resolve(&house, &plan, Want::default()).unwrap();
    assert_eq!(base.session.credentials.access_key_id(), "AKIAIOSFODNN7EXAMPLE");
    assert!(base.reused && base.session.expiration().is_none());
}

/// A role, assumed with the token in a file; nothing behind it.
fn web_identity(house: &House) -> Plan {
    let token_file = house.paths.own.join("token");
    std::fs::create_dir_all(&house.paths.own).unwrap();
    std::fs::write(&token_file, "token-canary\n").unwrap();
    let request = Box::new(AssumeRoleWithWebIdentity {
        role_arn: "arn:aws:iam::123456789012:role/web".into(),
        session_name: None,
        token_file,
        duration: Duration::from_secs(3_600),
        policy: None,
        policy_arns: vec![],
    });
    Plan { base: Base::WebIdentity { profile: "web".into(), request, region: None }, steps: vec![], ..chain() }
}

#[test]
fn a_source_goes_through_the_same_cache_and_flight_as_a_call() {
    let house = House::new();
    let plan = web_identity(&house);
    let (fake, settings, sources) = (later(&house, 0), StsSettings::default(), Sources::default());
    let all: Vec<_> =
        (0..16).map(|_| Executor::new(&fake, &settings, &sources, &fake, &Silent, &house.paths, fake.clock)).collect();
    std::thread::scope(|scope| {
        for one in &all {
            scope.spawn(|| one.resolve(&plan, &Want::default()).unwrap());
        }
    });
    assert_eq!(fake.calls(), ["web by token-canary"]);
    let down = |seconds| Fake { failure: Some(|| Failure::new(Kind::Refused, "no role")), ..later(&house, seconds) };
    let served = down(3_599).resolve(&house, &plan, Want::default()).unwrap();
    assert_eq!(served.session.credentials.session_token(), Some("web-1"));
    assert!(served.warning.unwrap().contains("no role"));
    assert_eq!(kind_of(&down(3_600).resolve(&house, &plan, Want::default()).unwrap_err()), Kind::Refused);
    let off = || {
        Failure::new(Kind::Unreachable, "x").because(ClockOff { ahead: SignedDuration::from_hours(1), whose: "its" })
    };
    let off = Fake { failure: Some(off), ..later(&house, 3_000) };
    assert!(off.resolve(&house, &plan, Want::default()).is_err(), "a wrong clock can't tell what lives");
}

#[test]
fn a_role_behind_a_source_is_signed_with_what_it_gave() {
    let house = House::new();
    let plan = Plan { steps: chain().steps.split_off(1), ..web_identity(&house) };
    let fake = later(&house, 0);
    fake.resolve(&house, &plan, Want::default()).unwrap();
    assert_eq!(fake.calls(), ["web by token-canary", "role by web-1"]);
    let again = later(&house, 1);
    again.resolve(&house, &plan, FORCE).unwrap();
    assert_eq!(again.calls(), ["role by web-1"]);
    assert_eq!(identities(&plan, &StsSettings::default(), &Sources::default()).len(), 2);
}

#[test]
fn a_token_that_is_none_is_not_sent() {
    let house = House::new();
    let plan = web_identity(&house);
    for text in ["", "a b c", "x\ny", "é-token"] {
        std::fs::write(house.paths.own.join("token"), text).unwrap();
        let error = later(&house, 0).resolve(&house, &plan, Want::default()).unwrap_err();
        assert_eq!(kind_of(&error), Kind::Invalid, "{text:?}");
    }
    std::fs::remove_file(house.paths.own.join("token")).unwrap();
    assert_eq!(kind_of(&later(&house, 0).resolve(&house, &plan, Want::default()).unwrap_err()), Kind::Invalid);
}
