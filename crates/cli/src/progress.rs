//! What is going on, told to whoever waits at a terminal for more than a second.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long nothing is said.
const PATIENCE: Duration = Duration::from_secs(1);

/// A line on stderr that counts the seconds, once there is one. None where stderr is no terminal.
pub struct Progress {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts to wait; `what` is told after a second.
    pub fn start(what: String) -> Progress {
        if !io::stderr().is_terminal() {
            return Progress { running: None };
        }
        let (ended, ends) = mpsc::channel::<()>();
        let started = Instant::now();
        let thread = thread::spawn(move || {
            let mut told = false;
            while let Err(RecvTimeoutError::Timeout) = ends.recv_timeout(PATIENCE) {
                told = true;
                // Where even stderr is gone, nobody waits.
                let _ = write!(io::stderr().lock(), "\r{what}: {} s", started.elapsed().as_secs());
            }
            if told {
                let _ = write!(io::stderr().lock(), "\r{:width$}\r", "", width = what.chars().count() + 12);
            }
        });
        Progress { running: Some((ended, thread)) }
    }

    /// Takes the line away.
    pub fn end(self) {
        if let Some((ended, thread)) = self.running {
            drop(ended);
            let _ = thread.join();
        }
    }
}
