//! Where the flags come from, what a start falls back on, and what is logged of all that.

use tracing::{error, info, warn};
use waterspout::{Error, Event, Flags, Loader};

use crate::flags;
use crate::settings::Settings;

/// Loads the flags, and follows their file.
///
/// # Errors
/// If even the text that is built in cannot serve: the environment is one that it does not know.
pub fn start(settings: &Settings) -> Result<Flags, Error> {
    let mut loader = Loader::file(&settings.flags_file)
        .poll(settings.flags_poll)
        .fact(flags::ENVIRONMENT.of(&settings.environment))
        .declare(flags::ALL)
        .built_in(include_str!("../flags.json"))
        .on_event(log);
    if let Some(path) = &settings.flags_last_good {
        loader = loader.last_good(path);
    }
    let flags = loader.start()?;
    let status = flags.status();
    if let Some(trouble) = &status.last_error {
        for line in trouble.lines() {
            error!(origin = %status.origin, "started without the flag file: {line}");
        }
    }
    Ok(flags)
}

/// What somebody should look at is an error: flags that serve are not those of the file, or not what the code counts on.
fn log(event: &Event) {
    match event {
        Event::Refused { .. }
        | Event::SourceError { .. }
        | Event::Mismatch { .. }
        | Event::CopyFailed { .. }
        | Event::CopyUnusable { .. } => {
            // A refusal has a line for each finding, and each is an entry of its own.
            event.to_string().lines().for_each(|line| error!("flags: {line}"));
        }
        Event::RolledBack { .. } | Event::HeldBack { .. } => warn!("flags: {event}"),
        event => info!("flags: {event}"),
    }
}
