//! Owns what the service manager is told (sd_notify(3)): that the command runs, how things stand, that the main loop lives, the end.
//! It refuses to fail for it: a manager that can't be told anything is none of the command's business.

use std::time::Duration;

use crate::environment::Environment;

/// The variables of the protocol; it is awstok's own, and no command's.
pub const VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/// The service manager, where there is one.
#[derive(Debug)]
pub struct Manager {
    socket: Option<socket::Socket>,
    watchdog: Option<Duration>,
}

impl Manager {
    /// Finds the manager that started the process `own`.
    pub fn from_environment(env: &Environment, own: u32) -> Self {
        let socket = env.get("NOTIFY_SOCKET").and_then(socket::Socket::to);
        let for_us = env.text("WATCHDOG_PID").is_none_or(|pid| pid.parse() == Ok(own));
        let limit = env.text("WATCHDOG_USEC").and_then(|text| text.parse().ok()).filter(|limit| *limit > 0);
        let watchdog = limit.filter(|_| for_us && socket.is_some()).map(Duration::from_micros);
        Self { socket, watchdog }
    }

    /// How often the manager wants to hear of the main loop: in half the time after which it would end the service.
    pub fn beat(&self) -> Option<Duration> {
        self.watchdog.map(|limit| limit / 2)
    }

    /// Tells that the command runs, and how things stand.
    pub fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={}", on_one_line(status)));
    }

    /// Tells how things stand.
    pub fn status(&self, status: &str) {
        self.tell(&format!("STATUS={}", on_one_line(status)));
    }

    /// Tells that the main loop lives.
    pub fn alive(&self) {
        self.tell("WATCHDOG=1");
    }

    /// Tells that the end has begun, and why.
    pub fn stopping(&self, status: &str) {
        self.tell(&format!("STOPPING=1\nSTATUS={}", on_one_line(status)));
    }

    fn tell(&self, text: &str) {
        if let Some(socket) = &self.socket {
            socket.send(text);
        }
    }
}

fn on_one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

#[cfg(unix)]
mod socket {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    use std::time::Duration;

    /// A manager that doesn't listen must not hold up the main loop for longer.
    const PATIENCE: Duration = Duration::from_secs(1);

    #[derive(Debug)]
    pub(super) struct Socket {
        socket: UnixDatagram,
        address: SocketAddr,
    }

    impl Socket {
        pub(super) fn to(place: &OsStr) -> Option<Self> {
            let address = match place.as_bytes() {
                [b'/', ..] => SocketAddr::from_pathname(place).ok()?,
                [b'@', name @ ..] => abstract_name(name)?,
                _ => return None, // vsock is for virtual machines
            };
            let socket = UnixDatagram::unbound().ok()?;
            socket.set_write_timeout(Some(PATIENCE)).ok()?;
            Some(Self { socket, address })
        }

        pub(super) fn send(&self, text: &str) {
            let _ = self.socket.send_to_addr(text.as_bytes(), &self.address);
        }
    }

    #[cfg(target_os = "linux")]
    fn abstract_name(name: &[u8]) -> Option<SocketAddr> {
        use std::os::linux::net::SocketAddrExt as _;
        SocketAddr::from_abstract_name(name).ok()
    }

    #[cfg(not(target_os = "linux"))]
    fn abstract_name(_: &[u8]) -> Option<SocketAddr> {
        None
    }
}

/// Elsewhere no service manager speaks this.
#[cfg(not(unix))]
mod socket {
    #[derive(Debug)]
    pub(super) enum Socket {}

    impl Socket {
        pub(super) fn to(_: &std::ffi::OsStr) -> Option<Self> {
            None
        }

        pub(super) fn send(&self, _: &str) {
            match *self {}
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn beat(pairs: &[(&str, &str)]) -> Option<Duration> {
        Manager::from_environment(&pairs.iter().copied().collect(), 42).beat()
    }

    #[test]
    fn the_beat_is_half_the_limit_and_only_for_the_process_that_is_meant() {
        let socket = ("NOTIFY_SOCKET", "/run/x");
        let second = ("WATCHDOG_USEC", "1000000");
        assert_eq!(beat(&[socket, second]), Some(Duration::from_millis(500)));
        assert_eq!(beat(&[socket, second, ("WATCHDOG_PID", "42")]), Some(Duration::from_millis(500)));
        for pairs in [
            &[socket, second, ("WATCHDOG_PID", "43")] as &[_],
            &[socket, ("WATCHDOG_USEC", "0")],
            &[socket, ("WATCHDOG_USEC", "x")],
            &[second],
            &[("NOTIFY_SOCKET", "vsock:2:1"), second],
            &[],
        ] {
            assert_eq!(beat(pairs), None, "{pairs:?}");
        }
    }
}
