//! `/healthz`: what serves, since when, and what was wrong last.
//!
//! 200 as long as something serves, and something always does once the service has started. A flag file with a slip in it
//! must not take the service out of rotation; an alert reads `stale` instead.

use std::time::Duration;

use axum::extract::State;
use axum::response::Json;
use serde::Serialize;
use waterspout::{Flags, Status};

/// A source that has said nothing for so long is taken for stuck.
const SILENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Serialize)]
pub struct Health {
    /// Whether what serves may be older than what the file says.
    stale: bool,
    generation: u64,
    fingerprint: String,
    flags: usize,
    origin: &'static str,
    age_seconds: f64,
    /// How long ago the file was last read or found unchanged.
    source_age_seconds: Option<f64>,
    following: bool,
    last_error: Option<String>,
    /// What the code counts on and the flags that serve lack.
    mismatches: Vec<String>,
}

/// The health of the flags.
pub async fn healthz(State(flags): State<Flags>) -> Json<Health> {
    Json(Health::of(flags.status()))
}

impl Health {
    fn of(status: Status) -> Health {
        let silent = status.source_age.is_none_or(|age| age > SILENCE);
        Health {
            stale: silent || status.last_error.is_some() || !status.following,
            generation: status.generation,
            fingerprint: format!("{:032x}", status.fingerprint),
            flags: status.flags,
            origin: status.origin.as_str(),
            age_seconds: status.age.as_secs_f64(),
            source_age_seconds: status.source_age.map(|age| age.as_secs_f64()),
            following: status.following,
            last_error: status.last_error,
            mismatches: status.mismatches.iter().map(ToString::to_string).collect(),
        }
    }
}
