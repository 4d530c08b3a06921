//! Owns AWS's refusals: status, error code and message, in AWS's own words where they are known.
//! It refuses to decide when; the modules that hold a rule do.

use super::xml::Element;

/// An answer that isn't a success.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// Refuses a parameter.
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// Refuses what the caller may not do.
    pub(super) fn denied(message: impl Into<String>) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    /// Refuses a key or a session token that AWS never issued.
    pub(super) fn unknown_token() -> Self {
        Self::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    }

    /// Refuses a signature.
    pub(super) fn signature(message: impl Into<String>) -> Self {
        Self::new(403, "SignatureDoesNotMatch", message)
    }

    /// Renders the refusal as the Query API does.
    pub(super) fn element(&self, request_id: &str) -> Element {
        let blame = if self.status < 500 { "Sender" } else { "Receiver" };
        Element::of(
            "ErrorResponse",
            vec![
                Element::of(
                    "Error",
                    vec![
                        Element::text("Type", blame),
                        Element::text("Code", self.code),
                        Element::text("Message", self.message.as_str()),
                    ],
                ),
                Element::text("RequestId", request_id),
            ],
        )
    }
}
