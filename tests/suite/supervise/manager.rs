//! The service manager's side: a socket as systemd's, and exactly what arrives on it.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use super::Stage;
#[cfg(target_os = "linux")]
use super::lives;

struct Manager(UnixDatagram);

impl Manager {
    fn at(path: &std::path::Path) -> Self {
        Self::of(UnixDatagram::bind(path).unwrap())
    }

    fn of(socket: UnixDatagram) -> Self {
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self(socket)
    }

    fn hears(&self) -> String {
        let mut bytes = [0; 4096];
        let length = self.0.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    fn hears_but_beats(&self) -> String {
        loop {
            match self.hears() {
                beat if beat == "WATCHDOG=1" => {}
                other => return other,
            }
        }
    }
}

#[test]
fn the_manager_hears_of_readiness_restarts_and_the_end() {
    let mut stage = Stage::new(Duration::from_secs(6));
    let manager = Manager::at(&stage.home.path("notify"));
    stage.home.set("NOTIFY_SOCKET", stage.home.path("notify").display().to_string());
    let script = "env | grep -c -e NOTIFY_SOCKET -e WATCHDOG >> log; exec sleep 100";
    let supervised = stage.start(&["worker", "--restart-before", "3s", "--", "sh", "-c", script]);
    let ready = manager.hears();
    let (first, status) = ready.split_once('\n').unwrap();
    assert_eq!(first, "READY=1");
    assert!(
        status.starts_with("STATUS=credentials until 20")
            && status.contains("s left), later ones are looked for from ")
    );
    assert_eq!(stage.sandbox.calls_of("GetCallerIdentity").len(), 1, "the credentials are checked before");
    let restarting = manager.hears();
    assert!(restarting.starts_with("STATUS=restarting the command with credentials until 20"), "{restarting}");
    let again = manager.hears();
    assert!(again.starts_with("STATUS=credentials until 20"), "{again}");
    supervised.send("TERM");
    assert_eq!(manager.hears(), "STOPPING=1\nSTATUS=ending the command");
    assert_eq!(supervised.end().0, 143);
    assert_eq!(stage.log()[0], "0", "the protocol is awstok's own");
}

#[test]
fn the_manager_is_told_nothing_before_the_command_runs() {
    let mut stage = Stage::new(Duration::from_secs(900));
    let manager = Manager::at(&stage.home.path("notify"));
    stage.home.set("NOTIFY_SOCKET", stage.home.path("notify").display().to_string());
    assert_eq!(stage.home.run(&["supervise", "worker", "--", "no-such-program"]).code, 127);
    manager.0.set_nonblocking(true).unwrap();
    assert!(manager.0.recv(&mut [0; 16]).is_err());
}

#[test]
fn the_watchdog_is_fed_twice_a_limit_and_only_where_it_is_meant() {
    let mut stage = Stage::new(Duration::from_secs(900));
    let manager = Manager::at(&stage.home.path("notify"));
    stage.home.set("NOTIFY_SOCKET", stage.home.path("notify").display().to_string());
    stage.home.set("WATCHDOG_USEC", "400000");
    let supervised = stage.start(&["worker", "--", "sleep", "100"]);
    assert!(manager.hears().starts_with("READY=1\n"));
    let begun = std::time::Instant::now();
    for _ in 0..5 {
        assert_eq!(manager.hears(), "WATCHDOG=1");
    }
    assert!(begun.elapsed() >= Duration::from_millis(900), "{:?}", begun.elapsed());
    supervised.send("TERM");
    assert_eq!(manager.hears_but_beats(), "STOPPING=1\nSTATUS=ending the command");
    assert_eq!(supervised.end().0, 143);
    stage.home.set("WATCHDOG_PID", "1");
    let supervised = stage.start(&["worker", "--", "sleep", "1"]);
    assert!(manager.hears_but_beats().starts_with("READY=1\n"));
    assert_eq!(manager.hears(), "STOPPING=1\nSTATUS=the command ended with status 0");
    assert_eq!(supervised.end().0, 0);
}

#[test]
fn a_main_loop_that_hangs_is_no_longer_alive() {
    let mut stage = Stage::new(Duration::from_secs(900));
    let manager = Manager::at(&stage.home.path("notify"));
    stage.home.set("NOTIFY_SOCKET", stage.home.path("notify").display().to_string());
    stage.home.set("WATCHDOG_USEC", "300000");
    let supervised = stage.start(&["worker", "--", "sleep", "100"]);
    assert!(manager.hears().starts_with("READY=1\n"));
    supervised.send("STOP");
    manager.0.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
    let mut bytes = [0; 64];
    // at most what was on its way
    let _ = manager.0.recv(&mut bytes);
    assert!(manager.0.recv(&mut bytes).is_err());
    supervised.send("CONT");
    manager.0.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    assert_eq!(manager.hears(), "WATCHDOG=1");
}

#[cfg(target_os = "linux")]
#[test]
fn a_manager_without_a_file_is_told_too() {
    use std::os::linux::net::SocketAddrExt as _;
    let mut stage = Stage::new(Duration::from_secs(900));
    let name = format!("awstok-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let manager = Manager::of(UnixDatagram::bind_addr(&address).unwrap());
    stage.home.set("NOTIFY_SOCKET", format!("@{name}"));
    let supervised = stage.start(&["worker", "--", "sh", "-c", "echo $$ > log; exit 3"]);
    assert!(manager.hears().starts_with("READY=1\n"));
    assert_eq!(manager.hears(), "STOPPING=1\nSTATUS=the command ended with status 3");
    assert_eq!(supervised.end().0, 3);
    assert!(!lives(&stage.log()[0]));
}
