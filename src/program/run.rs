//! Owns one run of a program: its output, bounded, and its end, in time.
//! It refuses to hand it more input than a pipe takes at once, and to wait for what the program left running behind it.

use std::ffi::OsString;
use std::io::{Read, Result, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

/// Credentials take a few kilobytes.
const MOST_OUTPUT: usize = 64 * 1024;
/// What is kept of the end of the talk.
const LAST_WORDS: usize = 4 * 1024;
/// How long output may still come after the program's end: someone it left behind may hold the pipe open.
const AFTER_THE_END: Duration = Duration::from_millis(500);
const FIRST_PAUSE: Duration = Duration::from_micros(500);
const LONGEST_PAUSE: Duration = Duration::from_millis(16);

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Well,
    Failed(String),
    TooLate,
    TooMuch,
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) ended: Ended,
    pub(super) stdout: Zeroizing<Vec<u8>>,
    pub(super) last_words: Zeroizing<Vec<u8>>,
}

/// Runs a program to its end, at most `limit`. It stays in this process's group, so that it may ask on the terminal.
pub(super) fn run(
    program: &str,
    arguments: &[String],
    environment: &[(OsString, OsString)],
    input: &[u8],
    limit: Duration,
) -> Result<Output> {
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let until = Instant::now() + limit;
    if let Some(mut stdin) = child.stdin.take() {
        // it fits into any pipe; a program that doesn't read it is judged by what it prints
        let _ = stdin.write_all(input);
    }
    let stdout = Collected::of(child.stdout.take(), |kept, piece| {
        kept.extend_from_slice(piece);
        kept.len() <= MOST_OUTPUT
    });
    let stderr = Collected::of(child.stderr.take(), |kept, piece| {
        kept.extend_from_slice(piece);
        kept.drain(..kept.len().saturating_sub(LAST_WORDS));
        true
    });
    let ended = end_of(&mut child, until, &stdout)?;
    let stdout = stdout.whole();
    // a program that nobody listens to any more fails; that isn't why
    let ended = if stdout.len() > MOST_OUTPUT { Ended::TooMuch } else { ended };
    Ok(Output { ended, stdout, last_words: stderr.whole() })
}

/// Waits for the end, and brings it about where it doesn't come.
fn end_of(child: &mut Child, until: Instant, stdout: &Collected) -> Result<Ended> {
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(if status.success() { Ended::Well } else { Ended::Failed(words(status)) });
        }
        let too_much = stdout.len() > MOST_OUTPUT;
        if too_much || Instant::now() >= until {
            let _ = child.kill();
            let _ = child.wait();
            return Ok(if too_much { Ended::TooMuch } else { Ended::TooLate });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What a thread of its own reads of a stream.
struct Collected {
    kept: Arc<Mutex<Zeroizing<Vec<u8>>>>,
    end: Receiver<()>,
}

impl Collected {
    /// Reads for as long as `keep` wants more.
    fn of(
        stream: Option<impl Read + Send + 'static>,
        keep: impl Fn(&mut Vec<u8>, &[u8]) -> bool + Send + 'static,
    ) -> Self {
        let (send, end) = channel();
        let kept = Arc::new(Mutex::new(Zeroizing::new(Vec::new())));
        let (shared, mut piece) = (Arc::clone(&kept), Zeroizing::new([0; 8 * 1024]));
        std::thread::spawn(move || {
            if let Some(mut stream) = stream {
                while let Ok(count) = stream.read(&mut *piece) {
                    let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    let wants_more = piece.get(..count).is_some_and(|piece| keep(&mut kept, piece));
                    if count == 0 || !wants_more {
                        break;
                    }
                }
            }
            let _ = send.send(());
        });
        Self { kept, end }
    }

    fn len(&self) -> usize {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Gives all of it, once the stream is over or has been given up.
    fn whole(self) -> Zeroizing<Vec<u8>> {
        let _ = self.end.recv_timeout(AFTER_THE_END);
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Says how a program failed.
fn words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("it was ended by signal {signal}");
    }
    match status.code() {
        Some(code) => format!("it ended with exit code {code}"),
        None => "it failed".into(),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn sh(script: &str, limit: u64) -> (Output, Duration) {
        let began = Instant::now();
        let path = ("PATH".into(), "/usr/bin:/bin".into());
        let output = run("sh", &["-c".into(), script.into()], &[path], b"", Duration::from_millis(limit)).unwrap();
        (output, began.elapsed())
    }

    #[test]
    fn output_and_last_words_are_told_apart() {
        let (output, _) = sh("echo out; echo err >&2; exit 3", 5_000);
        assert_eq!(output.ended, Ended::Failed("it ended with exit code 3".into()));
        assert_eq!((output.stdout.as_slice(), output.last_words.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(sh("kill -9 $$", 5_000).0.ended, Ended::Failed("it was ended by signal 9".into()));
    }

    #[test]
    fn no_program_is_waited_for_for_ever() {
        let (output, took) = sh("exec sleep 60", 100);
        assert!(output.ended == Ended::TooLate && took < Duration::from_secs(10), "{took:?}");
        let (output, took) = sh("sleep 60 & echo done", 5_000);
        assert!(output.ended == Ended::Well && took < Duration::from_secs(10), "{took:?}");
        assert_eq!(output.stdout.as_slice(), b"done\n");
    }

    #[test]
    fn endless_output_ends_the_run() {
        let (output, took) = sh("yes", 30_000);
        assert!(output.ended == Ended::TooMuch && took < Duration::from_secs(10), "{took:?}");
        assert!(output.stdout.len() <= MOST_OUTPUT + 8 * 1024);
        let (output, _) = sh("yes >&2 & sleep 0.3; kill $!; echo x", 30_000);
        assert!(output.last_words.len() <= LAST_WORDS && output.stdout.as_slice() == b"x\n");
    }
}
