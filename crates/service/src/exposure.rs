//! Who was given what: what an experiment is counted by. Once for each flag and request, under a target of its own
//! (`exposure`), so that it can be sent elsewhere than the log.

use tracing::{info, warn};
use waterspout::{Answer, Context};

/// Logs an answer that a handler acts on.
pub fn log<V>(answer: &Answer<'_, V>, context: &Context<'_>) {
    if let Some(error) = answer.error {
        // Only after an edit: a start checks that the flags are there. The code's default was given.
        warn!(target: "exposure", flag = answer.key, generation = answer.generation, "{error}");
        return;
    }
    info!(
        target: "exposure",
        flag = answer.key,
        key = context.targeting_key(),
        variant = answer.variant,
        reason = answer.reason.as_str(),
        rule = answer.rule.map(|rule| rule.index),
        rule_name = answer.rule.and_then(|rule| rule.name),
        generation = answer.generation,
    );
}
