//! Faults on purpose, against the real loader: what the tests of this crate share.
//!
//! After each fault the same is asked: nothing panicked or hung, the last good flags answered all the while, the status
//! told the cause, and once the fault was gone the next file served without a restart. A quick choice runs by default;
//! the environment variable `FAULTS=all` asks for everything.

mod alone;
mod stage;
mod subject;
mod trace;

pub use alone::{Apart, alone, within};
pub use stage::{Stage, level};
pub use subject::{Subject, a_few_looks, now_serves, wait_until};
pub use trace::{Call, Following, Probe, Run, Traced, probe};

/// Whether everything is asked for, and not only a choice.
#[must_use]
pub fn everything() -> bool {
    std::env::var("FAULTS").is_ok_and(|faults| faults == "all")
}
