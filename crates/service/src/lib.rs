//! A small web service that asks waterspout on every request: an example to read and to copy.
//!
//! # Run it
//!
//! ```text
//! cargo run -p waterspout-service
//! curl -H 'x-user-id: ada' -H 'x-country: DE' localhost:3000/checkout
//! curl localhost:3000/upload-limits
//! curl localhost:3000/healthz
//! ```
//!
//! Then edit the flag file: the next request is answered from it. Break it, and look at `/healthz`: the last good flags
//! still serve. Ctrl-C and SIGTERM finish what is under way, then end.
//!
//! | variable | what it sets | left out |
//! |---|---|---|
//! | `LISTEN` | address and port | `127.0.0.1:3000` |
//! | `ENVIRONMENT` | the fact `environment` | `development` |
//! | `FLAGS_FILE` | the flag file | `crates/service/flags.json` |
//! | `FLAGS_LAST_GOOD` | where the last good copy is kept | nowhere |
//! | `FLAGS_POLL_MS` | how often the flag file is looked at | 1000 |
//! | `BACKEND_MS` | how long the backend of this example takes | 20 |
//! | `LOG` | what is logged: `info`, or `info,exposure=off` | `info` |
//!
//! # How it is built
//!
//! | file | its one thing |
//! |---|---|
//! | [`flags`] | the flags and attributes that the code counts on, as constants |
//! | [`load`] | where the flags come from, what a start falls back on, what is logged of it |
//! | [`context`] | who is asking, from the headers of a request |
//! | [`request`] | the layer that takes one view per request, and the extractor by which a handler asks |
//! | [`exposure`] | who was given what, logged once per flag and request |
//! | [`handlers`] | what the service does; `handlers::checkout` is the one to read first |
//! | [`health`] | `/healthz`: what serves, since when, what was wrong last |
//! | [`server`] | routes, and an end in good order |
//! | [`settings`] | the variables above |
//!
//! # What to copy
//!
//! - **One view per request.** A handler that asks before and after an `.await` gets both answers from the same
//!   publication, whatever is published meanwhile. The view lives in the request, so that this cannot be forgotten.
//! - **Declare what the code counts on.** A start with a flag file that lacks one of [`flags::ALL`] falls back, or fails;
//!   it does not serve defaults that nobody chose.
//! - **Three things to start from**: the file, the last good copy, the text built into the program.
//! - **Health is 200 as long as something serves.** A flag file with a slip in it must not take the service down: the body
//!   tells, and an alert reads it.
//! - **Load before the runtime starts, and stop apart from it**: both may wait, and an async worker should not.
//!
//! The headers are believed, so the service stands behind an edge that sets them and drops what clients send of them.

pub mod context;
pub mod exposure;
pub mod flags;
pub mod handlers;
pub mod health;
pub mod load;
pub mod request;
pub mod server;
pub mod settings;
