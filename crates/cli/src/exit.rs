//! How a run ends: a code that scripts can rely on, and what is told on the way out.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo, UnwindSafe};
use std::process::ExitCode;

use crate::render;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Fine,
    /// It ran, and found something: the flag file is refused.
    Findings,
    /// It could not run: an absent file, a bad option.
    CouldNotRun,
    /// A fault of this program.
    Bug,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::Findings => 1,
            Exit::CouldNotRun => 2,
            Exit::Bug => 3,
        })
    }
}

/// Why a run ends early.
#[derive(Debug)]
pub enum Stop {
    /// The flag file is refused; its findings are told already.
    Refused,
    /// It cannot run, for every one of these reasons.
    CouldNotRun(Vec<Trouble>),
    /// Whoever read the output has gone away: `waterspout eval ... | head`.
    NobodyReads,
}

/// One reason why a run cannot be made.
#[derive(Debug)]
pub struct Trouble {
    message: String,
    help: Option<String>,
}

impl Trouble {
    pub fn new(message: impl Into<String>) -> Trouble {
        Trouble { message: message.into(), help: None }
    }

    /// What to do instead, in one line.
    pub fn help(mut self, help: impl Into<String>) -> Trouble {
        self.help = Some(help.into());
        self
    }

    pub fn maybe_help(mut self, help: Option<&str>) -> Trouble {
        self.help = help.map(str::to_owned);
        self
    }
}

/// Prints the message alone.
impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Stop {
        Stop::CouldNotRun(vec![trouble])
    }
}

/// A fault in writing output. Reading says more of itself, as a [`Trouble`].
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::NobodyReads,
            _ => Trouble::new(format!("the output cannot be written: {error}")).into(),
        }
    }
}

impl Stop {
    /// Tells on stderr why the run ends.
    pub fn tell(self) -> Exit {
        match self {
            Stop::Refused => Exit::Findings,
            Stop::NobodyReads => Exit::Fine,
            Stop::CouldNotRun(troubles) => {
                let mut stderr = io::stderr().lock();
                for Trouble { message, help } in &troubles {
                    // Where even stderr is gone, the exit code still tells.
                    let _ = stderr.write_all(render::trouble(message, help.as_deref()).as_bytes());
                }
                Exit::CouldNotRun
            }
        }
    }
}

/// Runs `main`'s body so that a panic ends in a sentence and exit code 3, not in a trace.
pub fn guarded(body: impl FnOnce() -> ExitCode + UnwindSafe) -> ExitCode {
    panic::set_hook(Box::new(|panicked| {
        let _ = writeln!(io::stderr().lock(), "{}", bug_report(panicked));
    }));
    panic::catch_unwind(body).unwrap_or_else(|_| Exit::Bug.into())
}

fn bug_report(panicked: &PanicHookInfo<'_>) -> String {
    let place = panicked.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
    format!(
        "error: this is a bug in waterspout {}, not in your file: {}{place}\n\
         help: please report it at {}/issues, with the command and the smallest flag file that shows it",
        env!("CARGO_PKG_VERSION"),
        render::safe(said(panicked.payload())),
        env!("CARGO_PKG_REPOSITORY"),
    )
}

fn said(payload: &dyn Any) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_as_a_bug() {
        let ended = guarded(|| panic!("on purpose, to see how it ends"));
        let _ = panic::take_hook();
        assert_eq!(format!("{ended:?}"), format!("{:?}", ExitCode::from(3)));
    }

    #[test]
    fn a_reader_that_goes_away_is_no_fault() {
        let stop = Stop::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(stop.tell(), Exit::Fine);
    }
}
