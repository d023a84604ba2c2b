//! Why did this user get that answer? Every test that was made, told by the code that answers.
//!
//! ```text
//! cargo run --example explain
//! ```

use waterspout::{Attribute, Context, Flag, Loader, Version};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/flags.example.json");
const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
const ENVIRONMENT: Attribute<str> = Attribute::new("environment");
const COUNTRY: Attribute<str> = Attribute::new("country");
const EMAIL: Attribute<str> = Attribute::new("email");
const APP_VERSION: Attribute<Version> = Attribute::new("app_version");

fn main() -> Result<(), waterspout::Error> {
    let flags = Loader::file(FILE).fact(ENVIRONMENT.of("production")).start()?;
    let view = flags.view();

    // `grace` is an early adopter. The file calls `email` sensitive, so its value is not printed.
    let attributes = [COUNTRY.of("DE"), EMAIL.of("grace@example.org"), APP_VERSION.of("2.3.1")];
    println!("{}", view.explain(&NEW_CHECKOUT, &Context::new("grace", &attributes)));

    // The same person with a version that crashes: a required flag says no.
    let attributes = [COUNTRY.of("DE"), APP_VERSION.of("2.4.1")];
    println!("{}", view.explain(&NEW_CHECKOUT, &Context::new("grace", &attributes)));

    // A user whom only the rollouts can let in. `at` is the user's place on the line from 0 to 100 %.
    let attributes = [COUNTRY.of("DE"), APP_VERSION.of("2.3.1")];
    println!("{}", view.explain(&NEW_CHECKOUT, &Context::new("user-42", &attributes)));
    Ok(())
}
