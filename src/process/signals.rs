//! Owns what this process was started with as to signals: what its parent ignores stays ignored, for the program it runs too.
//! It refuses to change any.

/// Tells whether this process ignores a signal, as one that `nohup` or a shell's `&` started does.
///
/// To be asked before a handler is set; elsewhere than on Linux none counts as ignored.
#[cfg(target_os = "linux")]
pub fn is_ignored(signal: i32) -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores(&status, signal))
}

/// Tells whether this process ignores a signal; elsewhere than on Linux that can't be asked.
#[cfg(not(target_os = "linux"))]
pub fn is_ignored(_: i32) -> bool {
    false
}

/// Reads the mask of ignored signals (proc_pid_status(5), `SigIgn`): bit 0 is signal 1.
#[cfg(target_os = "linux")]
fn ignores(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    let bit = u32::try_from(signal).ok().and_then(|signal| signal.checked_sub(1));
    bit.and_then(|bit| mask.checked_shr(bit)).is_some_and(|rest| rest & 1 == 1)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_mask_counts_from_one() {
        let status = "Name:\tx\nSigIgn:\t0000000000001002\nSigCgt:\t0000000000000001\n";
        let ignored: Vec<i32> = (-1..70).filter(|signal| ignores(status, *signal)).collect();
        assert_eq!(ignored, [2, 13]);
        assert!(!ignores("", 2));
    }
}
