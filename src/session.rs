//! Owns the result of every credential source: credentials with the facts that lists and summaries need.
//! It refuses to judge freshness by itself: `now` is handed in.

use aws_credential_types::Credentials;
use jiff::Timestamp;

/// Credentials together with when they were issued and to whom.
#[derive(Debug, Clone)]
pub struct Session {
    /// The credentials; `expiry` and `account_id` are set where the source says them.
    pub credentials: Credentials,
    /// When the source handed them out; the lifetime is counted from here.
    pub issued_at: Timestamp,
    /// The ARN of the assumed role, where a role was assumed.
    pub arn: Option<String>,
}

impl Session {
    /// Gives the end of the credentials' life; long-term credentials have none.
    pub fn expiration(&self) -> Option<Timestamp> {
        self.credentials.expiry().and_then(|end| Timestamp::try_from(end).ok())
    }

    /// Gives the account the credentials belong to: the source's word, else the role's ARN.
    pub fn account_id(&self) -> Option<&str> {
        let from_arn = || self.arn.as_deref().and_then(|arn| arn.split(':').nth(4)).filter(|id| !id.is_empty());
        self.credentials.account_id().map(|id| id.as_str()).or_else(from_arn)
    }
}
