//! `awstok::provider` as a program in Rust uses it: the same sessions as the commands', one call for all who need one.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use awstok::environment::Environment;
use awstok::provider::{Builder, Provider};
use awstok::sandbox::{Fault, Options, Role, Rule, Sandbox, User, World};

use crate::home::Home;

const ARN: &str = "arn:aws:iam::210987654321:role/Admin";
const DEVICE: &str = "arn:aws:iam::123456789012:mfa/eve";

struct Stage {
    home: Home,
    sandbox: Sandbox,
}

impl Stage {
    fn new() -> Self {
        let mut world = World::new();
        world.add_user(User::new("123456789012", "ann", "AKIAIOSFODNN7EXAMPLE", "long+term+secret")).unwrap();
        let eve = User::new("123456789012", "eve", "AKIAI44QH8DHBEXAMPLE", "other");
        world.add_user(eve.device(DEVICE, "AWSTOKWATCHSEEDAWSTOKWATCHSEED23")).unwrap();
        world.add_role(Role::new(ARN).trusts("arn:aws:iam::123456789012:user/ann")).unwrap();
        let sandbox = Sandbox::start(world, Options::default()).unwrap();
        let mut home = Home::new();
        home.set("AWS_ENDPOINT_URL", sandbox.url());
        home.set("AWS_REGION", "eu-central-1");
        let keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = long+term+secret\n";
        home.profile("ann", &format!("{keys}session = none\n"));
        home.profile("prod", &format!("role_arn = {ARN}\nmaster_profile = ann\n"));
        let keys = "aws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = other\n";
        home.profile("eve", &format!("{keys}mfa_id = {DEVICE}\n"));
        Self { home, sandbox }
    }

    fn builder(&self, profile: &str) -> Builder {
        Provider::builder(profile).environment(self.home.environment().into_iter().collect::<Environment>())
    }

    fn lifetime(&self, seconds: u64) {
        self.sandbox.clear_faults();
        self.sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(seconds))));
    }
}

/// Waits for a future without any runtime.
fn wait<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

fn load(provider: &Provider) -> Result<Credentials, CredentialsError> {
    wait(provider.provide_credentials())
}

#[track_caller]
fn words(error: CredentialsError) -> String {
    std::error::Error::source(&error).unwrap().to_string()
}

#[test]
fn many_providers_and_commands_share_one_session_and_need_no_runtime() {
    let stage = Stage::new();
    stage.sandbox.inject(Rule::new(Fault::Latency(Duration::from_millis(200))));
    let providers: Vec<Provider> = (0..8).map(|_| stage.builder("prod").build()).collect();
    let keys: Vec<String> = std::thread::scope(|scope| {
        let loads: Vec<_> = providers
            .iter()
            .flat_map(|provider| [provider.clone(), provider.clone()])
            .map(|provider| scope.spawn(move || load(&provider).unwrap().access_key_id().to_owned()))
            .collect();
        loads.into_iter().map(|load| load.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
    assert!(stage.home.ok(&["env", "prod", "--format", "json"]).contains(&keys[0]));
    assert_eq!(stage.sandbox.calls().len(), 1);
    let credentials = load(&providers[0]).unwrap();
    assert!(credentials.expiry().unwrap() > SystemTime::now() + Duration::from_secs(3_500));
    assert_eq!(credentials.account_id().map(|id| id.as_str()), Some("210987654321"));
}

#[test]
fn sessions_are_renewed_before_their_end_and_old_ones_serve_to_it() {
    let stage = Stage::new();
    stage.lifetime(4);
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&warnings);
    let provider = stage.builder("prod").on_warning(move |text| kept.lock().unwrap().push(text.to_owned())).build();
    let first = load(&provider).unwrap();
    assert_eq!(load(&provider).unwrap().access_key_id(), first.access_key_id());
    std::thread::sleep(Duration::from_millis(3_200));
    let second = load(&provider).unwrap();
    assert_ne!(second.access_key_id(), first.access_key_id());
    assert!(second.expiry().unwrap() > first.expiry().unwrap());
    assert!(warnings.lock().unwrap().is_empty());

    stage.sandbox.inject(Rule::new(Fault::Answer { status: 400, content_type: "text/plain", body: String::new() }));
    let end = second.expiry().unwrap();
    let mut served = 0;
    let error = loop {
        match load(&provider) {
            Ok(credentials) => {
                assert_eq!(credentials.access_key_id(), second.access_key_id());
                // the moment between the load and this line may be the last one
                assert!(SystemTime::now() < end + Duration::from_millis(200), "expired credentials were served");
                served += 1;
            }
            Err(error) => break error,
        }
        assert!(SystemTime::now() < end + Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(served > 0 && SystemTime::now() >= end);
    assert!(matches!(error, CredentialsError::ProviderError(_)), "{error:?}");
    let said = warnings.lock().unwrap().clone();
    assert!(said[0].contains("the present one serves for ") && said[0].contains("profile `prod`"), "{said:?}");
    assert!(provider.fallback_on_interrupt().is_none(), "what is over is no fallback");
}

#[test]
fn codes_come_from_the_program_or_from_nobody() {
    let stage = Stage::new();
    let silent = stage.builder("eve").build();
    let error = words(load(&silent).unwrap_err());
    assert!(error.contains(&format!("needs a code of the device `{DEVICE}`")), "{error}");
    assert!(error.ends_with("(run `awstok token eve` on a terminal)"), "{error}");
    assert!(stage.sandbox.calls().is_empty());

    let asked = Arc::new(AtomicUsize::new(0));
    let (count, right) = (Arc::clone(&asked), stage.sandbox.unused_code(DEVICE).unwrap());
    let wrong = (0..).map(|n| format!("{n:06}")).find(|code| !stage.sandbox.accepts(DEVICE, code)).unwrap();
    let provider = stage.builder("eve").ask_codes(move |request| {
        assert_eq!((request.profile, request.device.serial.as_str()), ("eve", DEVICE));
        Ok(if count.fetch_add(1, Ordering::SeqCst) == 0 { wrong.clone() } else { right.clone() })
    });
    let provider = provider.build();
    load(&provider).unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    // what one got serves all, the command line too
    load(&silent).unwrap();
    stage.home.ok(&["token", "eve"]);
    assert_eq!(stage.sandbox.calls_of("GetSessionToken").len(), 2);
}

#[test]
fn failures_are_clear_and_end_in_time() {
    let stage = Stage::new();
    let unknown = load(&stage.builder("nosuch").build()).unwrap_err();
    assert!(matches!(unknown, CredentialsError::InvalidConfiguration(_)), "{unknown:?}");
    stage.home.profile("guarded", &format!("role_arn = {ARN}\nmaster_profile = ann\nguard = confirm\n"));
    let error = words(load(&stage.builder("guarded").build()).unwrap_err());
    assert!(error.contains("is guarded, and nobody agreed"), "{error}");
    assert!(stage.sandbox.calls().is_empty());
    load(&stage.builder("guarded").agreed().build()).unwrap();

    stage.home.ok(&["clear", "--all"]);
    stage.sandbox.inject(Rule::new(Fault::Silence));
    let begun = Instant::now();
    let provider = stage.builder("prod").build();
    let error = words(load(&provider).unwrap_err());
    assert!(begun.elapsed() < Duration::from_secs(31), "{:?}: {error}", begun.elapsed());
    let all = format!("{error} {provider:?} {:?}", load(&stage.builder("nosuch").build()));
    assert!(!all.contains("long+term+secret"), "{all}");
    assert_eq!(format!("{provider:?}"), "Provider { profile: \"prod\", .. }");
}

#[test]
fn a_question_that_panics_leaves_nobody_waiting() {
    let stage = Stage::new();
    let provider = stage.builder("eve").ask_codes(|_| panic!("the program's own matter")).build();
    for _ in 0..2 {
        assert_eq!(words(load(&provider).unwrap_err()), "the load could not be run to its end");
    }
}

#[test]
fn the_sdk_gives_up_waiting_and_the_last_credentials_serve() {
    let stage = Stage::new();
    let provider = stage.builder("prod").build();
    assert!(provider.fallback_on_interrupt().is_none());
    let credentials = load(&provider).unwrap();
    assert_eq!(provider.fallback_on_interrupt().unwrap().access_key_id(), credentials.access_key_id());
}
