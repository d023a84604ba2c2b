//! The smallest useful program: load a flag file, then ask one flag for a few people.
//!
//! ```text
//! cargo run --example hello
//! ```

use waterspout::{Attribute, Context, Flag, Loader};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/flags.example.json");

// The key in the file, and the answer if the file has no such flag.
const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
// A fact: the service says it once, when it starts.
const ENVIRONMENT: Attribute<str> = Attribute::new("environment");

fn main() -> Result<(), waterspout::Error> {
    let flags = Loader::file(FILE).fact(ENVIRONMENT.of("production")).start()?;

    for user in ["ada", "bob", "grace"] {
        let context = Context::new(user, &[]);
        if flags.is_on(&NEW_CHECKOUT, &context) {
            println!("{user:<6} gets the new checkout");
        } else {
            println!("{user:<6} gets the old checkout");
        }
    }
    Ok(())
}
