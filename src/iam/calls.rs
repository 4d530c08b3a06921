//! Owns the requests: the SDK's client with our limits of time and tries, and plain values in place of its answers.
//! It refuses to try again what creates something or carries codes, unless the request surely never left this machine.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_iam::Client;
use aws_sdk_iam::client::customize::CustomizableOperation;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::StatusType;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::remedies::remedy;
use super::{AccessKey, Caller, IamSettings, MfaDevice, NewAccessKey, NewDevice, User, VirtualDevice};
use crate::clock::Clock;
use crate::error::Result;
use crate::secret::Secret;
use crate::wire::{Call, CallWatch, GoesOnce, Network, client_config, times};

/// Pages of a list; an account has some thousands of devices at most.
const MOST_PAGES: usize = 100;

/// What all calls share.
#[derive(Debug)]
pub(super) struct Shared {
    settings: IamSettings,
    clock: Clock,
    network: Network,
    clients: Mutex<HashMap<String, Client>>,
}

/// Who signs a call, and in which region.
#[derive(Debug)]
pub(super) struct Signer {
    credentials: Credentials,
    region: String,
}

/// A device and two consecutive codes on their way into a request.
#[derive(Debug)]
pub(super) struct Codes {
    user: String,
    serial: String,
    codes: [Secret<String>; 2],
}

impl Codes {
    pub(super) fn new(user: &str, serial: &str, codes: [&Secret<String>; 2]) -> Self {
        Self { user: user.to_owned(), serial: serial.to_owned(), codes: codes.map(Clone::clone) }
    }
}

impl Shared {
    pub(super) fn new(settings: IamSettings, network: Network, clock: Clock) -> Self {
        Self { settings, clock, network, clients: Mutex::default() }
    }

    pub(super) fn network(&self) -> &Network {
        &self.network
    }

    pub(super) fn signer(&self, caller: Caller<'_>) -> Result<Signer> {
        self.settings.checked_endpoint()?;
        let region = self.settings.region_for(caller.region, caller.arn)?;
        Ok(Signer { credentials: caller.credentials.clone(), region })
    }

    pub(super) async fn get_user(&self, signer: Signer) -> Result<User> {
        let one = self.one("GetUser", &signer);
        let answer = one.check(one.tailor(self.client(&signer)?.get_user().customize()).send().await)?;
        let user = answer.user().ok_or_else(|| one.incomplete())?;
        Ok(User { name: user.user_name().to_owned(), arn: user.arn().to_owned() })
    }

    pub(super) async fn list_mfa_devices(&self, signer: Signer, user: String) -> Result<Vec<MfaDevice>> {
        let (one, mut found, mut marker) = (self.one("ListMFADevices", &signer), Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let call = self.client(&signer)?.list_mfa_devices().user_name(&user).set_marker(marker);
            let answer = one.check(one.tailor(call.customize()).send().await)?;
            found.extend(answer.mfa_devices().iter().map(|device| MfaDevice {
                serial: device.serial_number().to_owned(),
                enabled: instant(device.enable_date()).unwrap_or_default(),
            }));
            marker = answer.marker.filter(|_| answer.is_truncated);
            if marker.is_none() {
                break;
            }
        }
        Ok(found)
    }

    pub(super) async fn list_virtual_mfa_devices(&self, signer: Signer) -> Result<Vec<VirtualDevice>> {
        let (one, mut found, mut marker) = (self.one("ListVirtualMFADevices", &signer), Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let call = self.client(&signer)?.list_virtual_mfa_devices().set_marker(marker);
            let answer = one.check(one.tailor(call.customize()).send().await)?;
            found.extend(answer.virtual_mfa_devices().iter().map(|device| VirtualDevice {
                serial: device.serial_number().to_owned(),
                user_arn: device.user().map(|user| user.arn().to_owned()),
            }));
            marker = answer.marker.filter(|_| answer.is_truncated);
            if marker.is_none() {
                break;
            }
        }
        Ok(found)
    }

    pub(super) async fn create_virtual_mfa_device(&self, signer: Signer, name: String) -> Result<NewDevice> {
        let one = self.one("CreateVirtualMFADevice", &signer).only_once();
        let call = self.client(&signer)?.create_virtual_mfa_device().virtual_mfa_device_name(name);
        let answer = one.check(one.tailor(call.customize()).send().await)?;
        let device = answer.virtual_mfa_device().ok_or_else(|| one.incomplete())?;
        let seed = device.base32_string_seed().and_then(|seed| std::str::from_utf8(seed.as_ref()).ok());
        let seed = Secret::new(seed.ok_or_else(|| one.incomplete())?.to_owned());
        Ok(NewDevice { serial: device.serial_number().to_owned(), seed })
    }

    pub(super) async fn enable_mfa_device(&self, signer: Signer, given: Codes) -> Result<()> {
        let one = self.one("EnableMFADevice", &signer).with_codes(&given);
        let [first, second] = &given.codes;
        let call = self.client(&signer)?.enable_mfa_device().user_name(&given.user).serial_number(&given.serial);
        let call = call.authentication_code1(first.expose()).authentication_code2(second.expose());
        one.check(one.tailor(call.customize()).send().await).map(drop)
    }

    pub(super) async fn resync_mfa_device(&self, signer: Signer, given: Codes) -> Result<()> {
        let one = self.one("ResyncMFADevice", &signer).with_codes(&given);
        let [first, second] = &given.codes;
        let call = self.client(&signer)?.resync_mfa_device().user_name(&given.user).serial_number(&given.serial);
        let call = call.authentication_code1(first.expose()).authentication_code2(second.expose());
        one.check(one.tailor(call.customize()).send().await).map(drop)
    }

    pub(super) async fn deactivate_mfa_device(&self, signer: Signer, user: String, serial: String) -> Result<()> {
        let one = self.one("DeactivateMFADevice", &signer);
        let call = self.client(&signer)?.deactivate_mfa_device().user_name(user).serial_number(serial);
        one.check(one.tailor(call.customize()).send().await).map(drop)
    }

    pub(super) async fn delete_virtual_mfa_device(&self, signer: Signer, serial: String) -> Result<()> {
        let one = self.one("DeleteVirtualMFADevice", &signer);
        let call = self.client(&signer)?.delete_virtual_mfa_device().serial_number(serial);
        one.check(one.tailor(call.customize()).send().await).map(drop)
    }

    pub(super) async fn create_access_key(&self, signer: Signer) -> Result<NewAccessKey> {
        let one = self.one("CreateAccessKey", &signer).only_once();
        let answer = one.check(one.tailor(self.client(&signer)?.create_access_key().customize()).send().await)?;
        let key = answer.access_key().ok_or_else(|| one.incomplete())?;
        Ok(NewAccessKey { id: key.access_key_id().to_owned(), secret: key.secret_access_key().into() })
    }

    pub(super) async fn list_access_keys(&self, signer: Signer) -> Result<Vec<AccessKey>> {
        let one = self.one("ListAccessKeys", &signer);
        let answer = one.check(one.tailor(self.client(&signer)?.list_access_keys().customize()).send().await)?;
        let key = |key: &aws_sdk_iam::types::AccessKeyMetadata| {
            Some(AccessKey {
                id: key.access_key_id()?.to_owned(),
                active: key.status() == Some(&StatusType::Active),
                created: key.create_date().and_then(instant),
            })
        };
        Ok(answer.access_key_metadata().iter().filter_map(key).collect())
    }

    pub(super) async fn update_access_key(&self, signer: Signer, id: String, active: bool) -> Result<()> {
        let one = self.one("UpdateAccessKey", &signer);
        let status = if active { StatusType::Active } else { StatusType::Inactive };
        let call = self.client(&signer)?.update_access_key().access_key_id(id).status(status);
        one.check(one.tailor(call.customize()).send().await).map(drop)
    }

    pub(super) async fn delete_access_key(&self, signer: Signer, id: String) -> Result<()> {
        let one = self.one("DeleteAccessKey", &signer);
        let call = self.client(&signer)?.delete_access_key().access_key_id(id);
        one.check(one.tailor(call.customize()).send().await).map(drop)
    }

    pub(super) async fn get_access_key_last_used(&self, signer: Signer, id: String) -> Result<Option<Timestamp>> {
        let one = self.one("GetAccessKeyLastUsed", &signer);
        let call = self.client(&signer)?.get_access_key_last_used().access_key_id(id);
        let answer = one.check(one.tailor(call.customize()).send().await)?;
        Ok(answer.access_key_last_used().and_then(|used| used.last_used_date()).and_then(instant))
    }

    fn client(&self, signer: &Signer) -> Result<Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&signer.region) {
            return Ok(client.clone());
        }
        let client = Client::new(&client_config(&self.settings, &signer.region, &self.network)?);
        clients.insert(signer.region.clone(), client.clone());
        Ok(client)
    }

    fn one<'a>(&'a self, operation: &'static str, signer: &'a Signer) -> One<'a> {
        One { shared: self, operation, signer, codes: None, once: false, watch: CallWatch::new(self.clock) }
    }
}

/// One call on its way.
struct One<'a> {
    shared: &'a Shared,
    operation: &'static str,
    signer: &'a Signer,
    codes: Option<&'a Codes>,
    once: bool,
    watch: CallWatch,
}

impl<'a> One<'a> {
    fn only_once(self) -> Self {
        Self { once: true, ..self }
    }

    fn with_codes(self, codes: &'a Codes) -> Self {
        Self { codes: Some(codes), ..self }.only_once()
    }

    fn tailor<T, E, B>(&self, operation: CustomizableOperation<T, E, B>) -> CustomizableOperation<T, E, B> {
        let mut config = aws_sdk_iam::Config::builder()
            .credentials_provider(SharedCredentialsProvider::new(self.signer.credentials.clone()))
            .timeout_config(times(self.once));
        if self.once {
            config = config.retry_classifier(GoesOnce);
        }
        operation.config_override(config).interceptor(self.watch.clone())
    }

    fn call(&self) -> Call<'_> {
        let credentials = &self.signer.credentials;
        let mut secrets = vec![credentials.secret_access_key()];
        secrets.extend(credentials.session_token());
        secrets.extend(self.codes.iter().flat_map(|given| &given.codes).map(|code| code.expose().as_str()));
        Call {
            operation: self.operation,
            place: self.shared.settings.place(&self.watch, &self.signer.region),
            secrets,
            ahead: self.watch.ahead(),
            remedy,
        }
    }

    /// Gives the answer where it can be trusted.
    fn check<T, E>(&self, answer: Result<T, SdkError<E, HttpResponse>>) -> Result<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        Ok(self.call().check(answer)?)
    }

    fn incomplete(&self) -> anyhow::Error {
        self.call().unreachable("the answer lacks what was asked for".into()).into()
    }
}

fn instant(time: &DateTime) -> Option<Timestamp> {
    Timestamp::from_second(time.secs()).ok()
}
