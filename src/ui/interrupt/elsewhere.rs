//! Interrupts elsewhere than on Unix: in a choice, Ctrl-C is a key like others, and what is to be done before the end puts it off.
//! It refuses nothing.

/// A terminal, which the choice itself leaves as it was.
pub(super) struct Screen;

impl Screen {
    /// Notes nothing.
    #[allow(clippy::unnecessary_wraps)] // as on Unix
    pub(super) fn now() -> std::io::Result<Self> {
        Ok(Self)
    }

    /// Leaves it as it is.
    pub(super) fn restore(self) {}
}

/// Tells that an interrupt can be put off.
pub(super) fn attend() -> bool {
    true
}

/// Tells that an interrupt can be put off.
pub(super) fn attend_to_all() -> bool {
    true
}
