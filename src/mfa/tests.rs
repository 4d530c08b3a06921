//! Codes typed, mistyped, given and used, on a clock that stands still.

use std::sync::Mutex;

use super::*;
use crate::error::kind_of;

/// Hands out codes in a row; what was asked and waited for is kept.
struct Script {
    codes: Mutex<Vec<&'static str>>,
    origin: Origin,
    asked: Mutex<Vec<(u32, Reason)>>,
    waits: Mutex<u32>,
}

impl Script {
    fn new(origin: Origin, codes: &[&'static str]) -> Self {
        let codes = Mutex::new(codes.iter().rev().copied().collect());
        Self { codes, origin, asked: Mutex::default(), waits: Mutex::default() }
    }
}

impl AskCode for Script {
    fn ask(&self, request: &CodeRequest<'_>) -> Result<Code> {
        self.asked.lock().unwrap().push((request.attempt, request.reason));
        match self.codes.lock().unwrap().pop() {
            Some(code) => Ok(Code { digits: code.into(), origin: self.origin }),
            None => Err(Failure::new(Kind::InputNeeded, "nobody is there").into()),
        }
    }

    fn waiting(&self, _: &CodeRequest<'_>, _: Duration) {
        *self.waits.lock().unwrap() += 1;
    }
}

struct House {
    _home: tempfile::TempDir,
    devices: Devices,
    device: Device,
    sent: Mutex<Vec<String>>,
}

impl House {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let env = [("HOME", home.path())].into_iter().collect();
        let clock = Clock::Fixed(Timestamp::from_second(1_800_000_010).unwrap());
        let devices = Devices::new(&Paths::from_environment(&env).unwrap(), clock);
        let device = Device { serial: "arn:aws:iam::123456789012:mfa/ann".into(), ..Device::default() };
        Self { _home: home, devices, device, sent: Mutex::default() }
    }

    /// Spends a code; `right` is the one that is taken.
    fn spend(&self, script: &Script, right: &str) -> Result<()> {
        self.devices.spend(&self.device, "ann", None, script, |code| {
            self.sent.lock().unwrap().push(code.expose().clone());
            match code.expose() == right {
                true => Outcome::Accepted(()),
                false => Outcome::WrongCode(Failure::new(Kind::Refused, "wrong").into()),
            }
        })
    }
}

#[test]
fn six_digits_may_be_spaced() {
    assert_eq!(six_digits(" 123 456\n").unwrap().expose(), "123456");
    for bad in ["", "12345", "1234567", "12345a", "１２３４５６"] {
        assert!(six_digits(bad).is_none(), "{bad}");
    }
}

#[test]
fn a_wrong_code_may_be_typed_again_three_times_in_all() {
    let house = House::new();
    let script = Script::new(Origin::Typed, &["111111", "x", "333333", "444444"]);
    assert_eq!(kind_of(&house.spend(&script, "444444").unwrap_err()), Kind::Refused);
    let asked = script.asked.lock().unwrap();
    assert_eq!(*asked, [(1, Reason::Needed), (2, Reason::Wrong), (3, Reason::Malformed)]);
    assert_eq!(*house.sent.lock().unwrap(), ["111111", "333333"]);
}

#[test]
fn a_given_code_is_final() {
    let house = House::new();
    let script = Script::new(Origin::Given, &["111111", "222222"]);
    assert_eq!(kind_of(&house.spend(&script, "222222").unwrap_err()), Kind::Refused);
    assert_eq!(*house.sent.lock().unwrap(), ["111111"]);
}

#[test]
fn a_used_code_is_never_sent_again() {
    let house = House::new();
    house.spend(&Script::new(Origin::Typed, &["123456"]), "123456").unwrap();
    let given = house.spend(&Script::new(Origin::Given, &["123 456"]), "123456").unwrap_err();
    assert_eq!(kind_of(&given), Kind::Refused);
    let script = Script::new(Origin::Typed, &["123456", "654321"]);
    house.spend(&script, "654321").unwrap();
    assert_eq!(*house.sent.lock().unwrap(), ["123456", "654321"]);
    assert_eq!(*script.waits.lock().unwrap(), 20);
    assert_eq!(script.asked.lock().unwrap()[1], (2, Reason::Used));
}

#[test]
fn a_code_that_never_left_is_still_good() {
    let house = House::new();
    let script = Script::new(Origin::Given, &["123456"]);
    let offline = |_: &Secret<String>| Outcome::<()>::NotSent(anyhow::anyhow!("offline"));
    assert!(house.devices.spend(&house.device, "ann", None, &script, offline).is_err());
    house.spend(&Script::new(Origin::Given, &["123456"]), "123456").unwrap();
}

#[test]
fn the_record_holds_no_code() {
    let house = House::new();
    house.spend(&Script::new(Origin::Typed, &["123456"]), "123456").unwrap();
    let record = house.devices.records.join(format!("{}.json", file_name(&house.device.serial)));
    assert!(!std::fs::read_to_string(record).unwrap().contains("123456"));
}

#[test]
fn a_machine_makes_another_code_once_and_one_that_stays_the_same_is_not_sent_again() {
    let house = House::new();
    let script = Script::new(Origin::Made, &["111111", "111111", "222222", "333333"]);
    let error = house.spend(&script, "333333").unwrap_err();
    assert_eq!(error.to_string(), "wrong");
    assert_eq!(*house.sent.lock().unwrap(), ["111111", "222222"]);
    assert_eq!(*script.waits.lock().unwrap(), 20, "until the next window");

    let house = House::new();
    let script = Script::new(Origin::Made, &["111111", "111111", "111111"]);
    assert_eq!(house.spend(&script, "222222").unwrap_err().to_string(), "wrong");
    assert_eq!(*house.sent.lock().unwrap(), ["111111"]);
}
