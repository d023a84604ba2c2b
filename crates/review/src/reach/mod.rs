//! What can come of a condition or a flag, over all contexts there are.
//!
//! The tests of a file tell only finitely many values of an attribute apart. So a few values stand for all of them
//! ([`Value`]), a condition becomes a table over those ([`World`]), and going through the tables goes through every
//! context. Nothing is sampled: where it is said that something never happens, it never does. Where there would be too
//! much to go through, nothing is said.

mod flag;
mod samples;
mod text;
mod value;
mod world;

pub(crate) use flag::{Left, Possible, Ways, possible};
pub(crate) use samples::{Questions, of_key as samples_of_key, samples};
pub(crate) use value::{Truth, Value, names_text, texts_of};
pub(crate) use world::{Outcomes, World};

#[cfg(test)]
mod tests;
