//! Feature flags and progressive rollout, in nanoseconds, from one file that people review.
//!
//! A service links this crate and asks on every request: is this flag on for this user? The answer comes from an
//! immutable [`Snapshot`] in memory. A [`Loader`], apart from the request path, swaps in a new one when the file changes;
//! a file that is refused changes nothing.
//!
//! ```
//! use waterspout::{Attribute, Context, Flag, Loader};
//!
//! mod flags {
//!     use waterspout::{Attribute, Flag};
//!     pub const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
//!     pub const COUNTRY: Attribute<str> = Attribute::new("country");
//! }
//!
//! # let text = r#"{"version": 1, "attributes": {"country": {"type": "string"}},
//! #     "flags": {"new-checkout": {"rules": [{"when": {"country": {"in": ["DE"]}}}]}}}"#;
//! # let loader = Loader::text(text);
//! # #[cfg(any())]
//! let loader = Loader::file("flags.json");
//! let flags = loader.start()?;                                   // once, when the service starts
//!
//! let view = flags.view();                                       // once per request: one consistent snapshot
//! let attributes = [flags::COUNTRY.of("DE")];
//! let context = Context::new("user-42", &attributes);
//! if view.value(&flags::NEW_CHECKOUT, &context) {                // never fails, never waits, never allocates
//!     // the new way
//! }
//! # assert!(view.value(&flags::NEW_CHECKOUT, &context));
//! # Ok::<(), waterspout::Error>(())
//! ```
//!
//! # Where to look
//!
//! | for | see |
//! |---|---|
//! | flags and attributes as constants of the code | [`Flag`], [`Attribute`] |
//! | who is asking | [`Context`], [`OwnedContext`] |
//! | asking: values, answers with their reason, all flags, explanations | [`Snapshot`], [`Answer`], [`Explanation`] |
//! | sharing, one view per request, a worker's cached reader | [`Flags`], [`View`], [`Reader`] |
//! | where flags come from, and what happens when that fails | [`Loader`], [`Event`], [`Status`] |
//! | tools that look at a flag file | [`flag_set::FlagSet`], [`Diagnostic`] |
//! | what a flag file may say | FORMAT.md in the repository |
//!
//! # Features
//!
//! - `test-util` adds `Flags::force`, fixed answers for the tests of an application. It changes no answer otherwise.

#![warn(missing_docs, missing_debug_implementations, unreachable_pub)]
// Evaluation cannot panic, and a file cannot make a loader panic. An exception is an `expect` with its reason.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::iter_over_hash_type,
        clippy::print_stdout,
        clippy::print_stderr,
        clippy::exit,
        clippy::dbg_macro,
        clippy::allow_attributes
    )
)]

mod address;
mod answer;
mod ask;
mod bucket;
mod column;

mod compile;
mod condition;
mod context;
mod diagnostic;
mod document;
mod error;
mod evaluate;
mod explain;
mod facts;
mod flag;
pub mod flag_set;
mod flags;
#[cfg(feature = "test-util")]
mod force;
mod json;
mod key;
mod key_list;
mod lanes;
mod limits;
mod live;
mod loader;
mod lookup;
mod mark;
mod merge;
mod mismatch;
mod observe;
mod probe;
mod resolve;
mod snapshot;
mod syntax;
mod time;
mod value;
mod version;
mod word;

pub use address::Block;
pub use answer::{Answer, ErrorCode, Reason, RuleName};
pub use context::{
    Attribute, AttributeKind, AttributeType, AttributeValue, Context, IntoAttribute, OwnedContext,
};
pub use diagnostic::{Diagnostic, Severity};
pub use error::Error;
pub use explain::{Draw, ExplainedTest, Explanation, SplitDraw, Stage};
pub use facts::{FactFault, Facts};
pub use flag::{Declaration, Declared, Flag};
pub use flags::Flags;
#[cfg(feature = "test-util")]
pub use force::Forced;
pub use json::{Json, JsonNumber};
pub use key::{FlagKey, InvalidName};
pub use limits::Limits;
pub use live::{Reader, View};
pub use loader::{Chain, Content, Event, Fetch, Loader, Origin, Overlay, Source, Status, Waker};
pub use mismatch::Mismatch;
pub use snapshot::Snapshot;
pub use time::Time;
pub use value::{FlagType, Kind, Value};
pub use version::Version;

/// The code of the README compiles.
#[cfg(all(doctest, feature = "test-util"))]
#[doc = include_str!("../README.md")]
struct Readme;
