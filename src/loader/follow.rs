//! The following thread: asks the source, hands what it brings to the control, watches the clock.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use super::control::Control;
use super::source::{Fetch, Source};
use super::wake::{Wake, Woken};
use crate::error::Error;

/// An instant that the file names never brings looks closer together than this, whatever the clock of the system does.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

/// The shortest interval that can be asked for.
const SHORTEST_POLL: Duration = Duration::from_millis(1);

/// Asks a source. One that panics has failed, no more.
pub(super) fn fetch(source: &mut dyn Source, since: Option<&str>) -> Result<Fetch, Error> {
    match panic::catch_unwind(AssertUnwindSafe(|| source.fetch(since))) {
        Ok(fetched) => fetched,
        Err(panic) => Err(Error::of_source(format!("the source panicked: {}", message(&*panic)))),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}

/// Follows until the thread is to end.
pub(super) fn follow(control: &Control, source: &mut dyn Source, wake: &Arc<Wake>, poll: Duration) {
    while wake.sleep(pause(control, poll)) == Woken::Look {
        // Whatever may go wrong in here, the next look comes.
        let looked = panic::catch_unwind(AssertUnwindSafe(|| look(control, source)));
        if let Err(panic) = looked {
            control.failed(Error::of_source(format!("the loader panicked: {}", message(&*panic))));
        }
    }
    control.set_following(false);
}

/// Until the next look: one interval, or until the next instant that the file names.
fn pause(control: &Control, poll: Duration) -> Duration {
    let poll = poll.max(SHORTEST_POLL);
    control.until_edge().unwrap_or(poll).clamp(SHORTEST_PAUSE.min(poll), poll)
}

fn look(control: &Control, source: &mut dyn Source) {
    if !control.is_paused() {
        let since = control.looked_at();
        match fetch(source, since.as_deref()) {
            Ok(Fetch::Unchanged) => control.unchanged(),
            Ok(Fetch::Changing) => {}
            Ok(Fetch::Content(content)) => control.take(content),
            Err(error) => control.failed(error),
        }
    }
    control.pass_edges();
    control.retry_copy();
    control.free_retired();
}
