//! Owns the one background thread with its runtime, in which all calls run side by side.
//! It refuses to wait for ever: whoever hands in work gets an answer within the limit.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::error::{Failure, Kind, Result};

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A thread that drives futures; it ends when the handle is dropped.
#[derive(Debug)]
pub(super) struct Worker {
    jobs: UnboundedSender<Job>,
}

impl Worker {
    /// Starts the thread.
    pub(super) fn start() -> Result<Self> {
        let (jobs, mut queue) = unbounded_channel::<Job>();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("the runtime of the calls can't be started")?;
        std::thread::Builder::new()
            .name("network".into())
            .spawn(move || {
                runtime.block_on(async {
                    while let Some(job) = queue.recv().await {
                        tokio::spawn(job);
                    }
                });
                // a look-up that hangs in the system's resolver must not hold anyone up
                runtime.shutdown_background();
            })
            .context("the thread of the calls can't be started")?;
        Ok(Self { jobs })
    }

    /// Hands in work that nobody waits for.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        // a thread that is gone is noticed by the next `run`
        let _ = self.jobs.send(Box::pin(work));
    }

    /// Hands in work and waits for its result, at most `limit`.
    pub(super) fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.spawn(async move {
            let _ = reply.send(work.await);
        });
        answer.recv_timeout(limit).map_err(|error| {
            let words = match error {
                mpsc::RecvTimeoutError::Timeout => format!("AWS gave no answer within {} s", limit.as_secs()),
                mpsc::RecvTimeoutError::Disconnected => "the call to AWS ended without an answer".into(),
            };
            Failure::new(Kind::Unreachable, words).into()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::error::kind_of;

    #[test]
    fn work_runs_side_by_side() {
        let worker = Worker::start().unwrap();
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let pause = tokio::time::sleep;
                    worker.run(Duration::from_secs(5), async move { pause(Duration::from_millis(100)).await }).unwrap();
                });
            }
        });
        assert!(begun.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn work_that_hangs_is_given_up() {
        let worker = Worker::start().unwrap();
        let error = worker.run(Duration::from_millis(20), std::future::pending::<()>()).unwrap_err();
        assert_eq!(kind_of(&error), Kind::Unreachable);
    }
}
