//! Owns the calls to AWS IAM by which users look after their own MFA devices and access keys: blocking functions, named after the API.
//! It refuses to start anything before the first call, and to send twice what creates something or carries codes.

mod calls;
mod remedies;

use std::sync::Arc;

use aws_credential_types::Credentials;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::error::Result;
use crate::secret::Secret;
use crate::wire::{LIMIT, Network};

pub use crate::wire::{ApiSettings as IamSettings, Refusal, refusal_of, surely_not_sent};

/// Who calls, and where.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// What the call is signed with: long-term credentials, or a user's session that was made with MFA.
    pub credentials: &'a Credentials,
    /// The profile's region, which tells the partition.
    pub region: Option<&'a str>,
    /// An ARN of the account, which tells the partition where no region does.
    pub arn: Option<&'a str>,
}

/// A user, as GetUser says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name without its path.
    pub name: String,
    /// The ARN.
    pub arn: String,
}

/// A virtual device that was just created: nobody has it yet.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// Its ARN.
    pub serial: String,
    /// Its seed in base 32, which AWS never says again.
    pub seed: Secret<String>,
}

/// A device that a user has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MfaDevice {
    /// An ARN, or the serial number of a hardware device.
    pub serial: String,
    /// Since when it is enabled.
    pub enabled: Timestamp,
}

/// A virtual device of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualDevice {
    /// Its ARN.
    pub serial: String,
    /// Whose it is; none while it isn't enabled.
    pub user_arn: Option<String>,
}

/// A long-term access key that was just created.
#[derive(Debug, Clone)]
pub struct NewAccessKey {
    /// Its id.
    pub id: String,
    /// Its secret, which AWS never says again.
    pub secret: Secret<String>,
}

/// An access key as ListAccessKeys says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// Whether it may sign.
    pub active: bool,
    /// When it was created.
    pub created: Option<Timestamp>,
}

/// The handle to IAM.
#[derive(Debug)]
pub struct Iam {
    shared: Arc<calls::Shared>,
}

impl Iam {
    /// Keeps the settings; nothing starts yet.
    pub fn new(settings: IamSettings, network: Network, clock: Clock) -> Self {
        Self { shared: Arc::new(calls::Shared::new(settings, network, clock)) }
    }

    /// GetUser of the caller.
    ///
    /// # Errors
    /// When AWS refuses (`Kind::Refused`) or gives no usable answer (`Kind::Unreachable`).
    pub fn get_user(&self, caller: Caller<'_>) -> Result<User> {
        self.run(caller, move |shared, signer| async move { shared.get_user(signer).await })
    }

    /// ListMFADevices: those that are enabled for the user.
    ///
    /// # Errors
    /// As in [`Iam::get_user`].
    pub fn list_mfa_devices(&self, caller: Caller<'_>, user: &str) -> Result<Vec<MfaDevice>> {
        let user = user.to_owned();
        self.run(caller, move |shared, signer| async move { shared.list_mfa_devices(signer, user).await })
    }

    /// ListVirtualMFADevices: all of the account, enabled or not.
    ///
    /// # Errors
    /// As in [`Iam::get_user`].
    pub fn list_virtual_mfa_devices(&self, caller: Caller<'_>) -> Result<Vec<VirtualDevice>> {
        self.run(caller, move |shared, signer| async move { shared.list_virtual_mfa_devices(signer).await })
    }

    /// CreateVirtualMFADevice. Where the answer is lost the device may exist all the same, and nobody knows its seed.
    ///
    /// # Errors
    /// As in [`Iam::get_user`]; `Refusal::Exists` for a name that is taken.
    pub fn create_virtual_mfa_device(&self, caller: Caller<'_>, name: &str) -> Result<NewDevice> {
        let name = name.to_owned();
        self.run(caller, move |shared, signer| async move { shared.create_virtual_mfa_device(signer, name).await })
    }

    /// EnableMFADevice with two consecutive codes.
    ///
    /// # Errors
    /// As in [`Iam::get_user`]; `Refusal::WrongCode` where the codes aren't those of the device.
    pub fn enable_mfa_device(
        &self,
        caller: Caller<'_>,
        user: &str,
        serial: &str,
        codes: [&Secret<String>; 2],
    ) -> Result<()> {
        let given = calls::Codes::new(user, serial, codes);
        self.run(caller, move |shared, signer| async move { shared.enable_mfa_device(signer, given).await })
    }

    /// ResyncMFADevice with two consecutive codes.
    ///
    /// # Errors
    /// As in [`Iam::enable_mfa_device`].
    pub fn resync_mfa_device(
        &self,
        caller: Caller<'_>,
        user: &str,
        serial: &str,
        codes: [&Secret<String>; 2],
    ) -> Result<()> {
        let given = calls::Codes::new(user, serial, codes);
        self.run(caller, move |shared, signer| async move { shared.resync_mfa_device(signer, given).await })
    }

    /// DeactivateMFADevice.
    ///
    /// # Errors
    /// As in [`Iam::get_user`]; `Refusal::Absent` where the user doesn't have it.
    pub fn deactivate_mfa_device(&self, caller: Caller<'_>, user: &str, serial: &str) -> Result<()> {
        let (user, serial) = (user.to_owned(), serial.to_owned());
        self.run(caller, move |shared, signer| async move { shared.deactivate_mfa_device(signer, user, serial).await })
    }

    /// DeleteVirtualMFADevice, which must not be anyone's any more.
    ///
    /// # Errors
    /// As in [`Iam::get_user`]; `Refusal::Absent` where there is none.
    pub fn delete_virtual_mfa_device(&self, caller: Caller<'_>, serial: &str) -> Result<()> {
        let serial = serial.to_owned();
        self.run(caller, move |shared, signer| async move { shared.delete_virtual_mfa_device(signer, serial).await })
    }

    /// CreateAccessKey for the caller. Where the answer is lost the key may exist all the same, and nobody knows its secret.
    ///
    /// # Errors
    /// As in [`Iam::get_user`]; `Refusal::Full` where there are two.
    pub fn create_access_key(&self, caller: Caller<'_>) -> Result<NewAccessKey> {
        self.run(caller, move |shared, signer| async move { shared.create_access_key(signer).await })
    }

    /// ListAccessKeys of the caller.
    ///
    /// # Errors
    /// As in [`Iam::get_user`].
    pub fn list_access_keys(&self, caller: Caller<'_>) -> Result<Vec<AccessKey>> {
        self.run(caller, move |shared, signer| async move { shared.list_access_keys(signer).await })
    }

    /// UpdateAccessKey of the caller: `active` or not.
    ///
    /// # Errors
    /// As in [`Iam::get_user`]; `Refusal::Absent` where there is none.
    pub fn update_access_key(&self, caller: Caller<'_>, id: &str, active: bool) -> Result<()> {
        let id = id.to_owned();
        self.run(caller, move |shared, signer| async move { shared.update_access_key(signer, id, active).await })
    }

    /// DeleteAccessKey of the caller.
    ///
    /// # Errors
    /// As in [`Iam::get_user`]; `Refusal::Absent` where there is none.
    pub fn delete_access_key(&self, caller: Caller<'_>, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.run(caller, move |shared, signer| async move { shared.delete_access_key(signer, id).await })
    }

    /// GetAccessKeyLastUsed; none for a key that never signed.
    ///
    /// # Errors
    /// As in [`Iam::get_user`].
    pub fn get_access_key_last_used(&self, caller: Caller<'_>, id: &str) -> Result<Option<Timestamp>> {
        let id = id.to_owned();
        self.run(caller, move |shared, signer| async move { shared.get_access_key_last_used(signer, id).await })
    }

    fn run<T, W, F>(&self, caller: Caller<'_>, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(Arc<calls::Shared>, calls::Signer) -> F,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let signer = self.shared.signer(caller)?;
        self.shared.network().run(LIMIT, work(Arc::clone(&self.shared), signer))?
    }
}
