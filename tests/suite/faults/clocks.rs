//! The clock is set, or the machine slept, while something waits: Linux says so to the next timer that is set.
#![cfg(target_os = "linux")]

use super::Stage;
use crate::home::{AWSTOK, Run};
use crate::tools::tool;

#[test]
fn a_clock_that_is_set_ends_nothing() {
    let stage = Stage::new();
    let Some(strace) = tool("strace") else { return };
    let set = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=timerfd_settime"];
    for nth in ["1", "2", "2+"] {
        let injected = format!("inject=timerfd_settime:error=ECANCELED:when={nth}");
        let mut command = stage.home.other(&strace);
        command.args(set).args(["-e", &injected, AWSTOK, "supervise", "role", "--", "sh", "-c"]);
        let run = Run::of(command.arg("trap : USR1; kill -USR1 $PPID; sleep 1; exit 7").output().unwrap());
        assert_eq!(run.code, 7, "{nth}: {run:#?}");
        assert!(!run.err.contains("timer"), "{nth}: {}", run.err);
    }
}
