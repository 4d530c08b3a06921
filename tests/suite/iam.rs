//! The calls to IAM against the stand-in: devices and access keys through their whole lives, limits, and answers that are lost.

use aws_credential_types::Credentials;
use awstok::clock::Clock;
use awstok::error::{Kind, kind_of};
use awstok::iam::{Caller, Iam, IamSettings, Refusal, refusal_of};
use awstok::sandbox::{Display, Fault, Options, Rule, Sandbox, User, World};
use awstok::secret::Secret;
use awstok::sts::{Caller as StsCaller, Sts, StsSettings};
use awstok::wire::Network;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn sandbox() -> Sandbox {
    let mut world = World::new();
    world.add_user(User::new("123456789012", "ann", KEY, SECRET)).unwrap();
    Sandbox::start(world, Options::default()).unwrap()
}

fn iam(sandbox: &Sandbox) -> Iam {
    let settings = IamSettings { endpoint: Some(sandbox.url()), ..IamSettings::default() };
    Iam::new(settings, Network::default(), Clock::System)
}

fn caller(credentials: &Credentials) -> Caller<'_> {
    Caller { credentials, region: None, arn: None }
}

fn ann() -> Credentials {
    Credentials::new(KEY, SECRET, None, None, "test")
}

/// The codes of the window before this one and of this one.
fn codes(seed: &str) -> [Secret<String>; 2] {
    let device = awstok::mfa::Seed::read(seed).unwrap();
    let now = Clock::System.now();
    [device.code_at(now - jiff::SignedDuration::from_secs(30)), device.code_at(now)]
}

#[test]
fn a_device_lives_and_goes() {
    let sandbox = sandbox();
    let (iam, ann) = (iam(&sandbox), ann());
    let caller = caller(&ann);
    assert_eq!(iam.get_user(caller).unwrap().name, "ann");
    let device = iam.create_virtual_mfa_device(caller, "phone").unwrap();
    assert_eq!(device.serial, "arn:aws:iam::123456789012:mfa/phone");
    assert_eq!(device.seed.expose().len(), 64);
    let taken = iam.create_virtual_mfa_device(caller, "phone").unwrap_err();
    assert_eq!((refusal_of(&taken), kind_of(&taken)), (Some(Refusal::Exists), Kind::Refused));
    assert_eq!(iam.list_mfa_devices(caller, "ann").unwrap(), []);
    assert_eq!(iam.list_virtual_mfa_devices(caller).unwrap()[0].user_arn, None);

    let [first, second] = codes(device.seed.expose());
    let wrong = iam.enable_mfa_device(caller, "ann", &device.serial, [&second, &first]).unwrap_err();
    assert_eq!(refusal_of(&wrong), Some(Refusal::WrongCode), "{wrong:#}");
    iam.enable_mfa_device(caller, "ann", &device.serial, [&first, &second]).unwrap();
    assert_eq!(iam.list_mfa_devices(caller, "ann").unwrap()[0].serial, device.serial);
    assert!(matches!(sandbox.display(&device.serial), Some(Display::Used { .. } | Display::Code { .. })));
    let owned = iam.list_virtual_mfa_devices(caller).unwrap().remove(0).user_arn;
    assert_eq!(owned.as_deref(), Some("arn:aws:iam::123456789012:user/ann"));

    let in_use = iam.delete_virtual_mfa_device(caller, &device.serial).unwrap_err();
    assert_eq!(kind_of(&in_use), Kind::Refused);
    iam.deactivate_mfa_device(caller, "ann", &device.serial).unwrap();
    iam.delete_virtual_mfa_device(caller, &device.serial).unwrap();
    let gone = iam.delete_virtual_mfa_device(caller, &device.serial).unwrap_err();
    assert_eq!(refusal_of(&gone), Some(Refusal::Absent));
}

#[test]
fn a_ninth_device_and_a_third_key_are_refused() {
    let sandbox = sandbox();
    let (iam, ann) = (iam(&sandbox), ann());
    let caller = caller(&ann);
    for number in 0..9 {
        let device = iam.create_virtual_mfa_device(caller, &format!("d{number}")).unwrap();
        let codes = codes(device.seed.expose());
        let enabled = iam.enable_mfa_device(caller, "ann", &device.serial, codes.each_ref());
        assert_eq!(enabled.as_ref().err().and_then(refusal_of), (number == 8).then_some(Refusal::Full), "{number}");
    }
    iam.create_access_key(caller).unwrap();
    assert_eq!(refusal_of(&iam.create_access_key(caller).unwrap_err()), Some(Refusal::Full));
}

#[test]
fn a_key_lives_and_goes_and_isnt_known_everywhere_at_once() {
    let sandbox = sandbox();
    sandbox.change(|world| world.forget_new_keys_for(2));
    let (iam, ann) = (iam(&sandbox), ann());
    let caller = caller(&ann);
    let key = iam.create_access_key(caller).unwrap();
    let settings = StsSettings { endpoint: Some(sandbox.url()), ..StsSettings::default() };
    let sts = Sts::new(settings, Network::default(), Clock::System);
    let new = Credentials::new(&key.id, key.secret.expose(), None, None, "test");
    let known = || sts.get_caller_identity(StsCaller { credentials: &new, region: None });
    assert_eq!(iam.get_access_key_last_used(caller, &key.id).unwrap(), None);
    assert_eq!(refusal_of(&known().unwrap_err()), Some(Refusal::UnknownKey));
    known().unwrap_err();
    assert_eq!(known().unwrap().arn, "arn:aws:iam::123456789012:user/ann");
    assert!(iam.get_access_key_last_used(caller, &key.id).unwrap().is_some());

    iam.update_access_key(caller, &key.id, false).unwrap();
    known().unwrap_err();
    let mut listed: Vec<_> =
        iam.list_access_keys(caller).unwrap().into_iter().map(|key| (key.id, key.active)).collect();
    listed.sort_by_key(|(_, active)| *active);
    assert_eq!(listed, [(key.id.clone(), false), (KEY.to_owned(), true)]);
    iam.delete_access_key(caller, &key.id).unwrap();
    assert_eq!(refusal_of(&iam.delete_access_key(caller, &key.id).unwrap_err()), Some(Refusal::Absent));
}

#[test]
fn what_creates_goes_once_and_what_can_be_repeated_is() {
    let sandbox = sandbox();
    let (iam, ann) = (iam(&sandbox), ann());
    let caller = caller(&ann);
    for action in ["CreateAccessKey", "CreateVirtualMFADevice"] {
        sandbox.inject(Rule::new(Fault::LostAnswer).action(action).times(1));
    }
    assert_eq!(kind_of(&iam.create_access_key(caller).unwrap_err()), Kind::Unreachable);
    assert_eq!(kind_of(&iam.create_virtual_mfa_device(caller, "x").unwrap_err()), Kind::Unreachable);
    assert_eq!(sandbox.calls_of("CreateAccessKey").len(), 1);
    assert_eq!(iam.list_access_keys(caller).unwrap().len(), 2);
    assert_eq!(iam.list_virtual_mfa_devices(caller).unwrap().len(), 1);
    sandbox.inject(Rule::new(Fault::HangUp).action("ListAccessKeys").times(1));
    assert_eq!(iam.list_access_keys(caller).unwrap().len(), 2);
}
