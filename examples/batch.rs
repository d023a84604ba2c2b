//! Jobs: one flag for many users (a column), and all flags for one user (a row). No thread follows the file.
//!
//! ```text
//! cargo run --example batch
//! ```

use waterspout::{Attribute, Context, Flag, Loader};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/flags.example.json");
const BUY_BUTTON: Flag<str> = Flag::new("buy-button", "Add to basket");
const DARK_MODE: Flag<bool> = Flag::new("dark-mode", false);
const ENVIRONMENT: Attribute<str> = Attribute::new("environment");
const COUNTRY: Attribute<str> = Attribute::new("country");

fn main() -> Result<(), waterspout::Error> {
    let flags = Loader::file(FILE).fact(ENVIRONMENT.of("production")).read_once()?;
    let view = flags.view();

    let users: Vec<String> = (1..=100_000).map(|number| format!("user-{number}")).collect();
    let keys = || users.iter().map(String::as_str);
    let dark = view.column(&DARK_MODE, keys()).filter(|on| *on).count();
    let short = view.column(&BUY_BUTTON, keys()).filter(|text| *text == "Buy").count();
    println!("of {} users, {dark} have dark pages, and {short} read `Buy` on the button\n", users.len());

    let attributes = [COUNTRY.of("DE")];
    println!("all flags for `ada` in Germany:");
    for answer in view.all(&Context::new("ada", &attributes)) {
        let variant = answer.variant.unwrap_or("-");
        println!("  {:<21}{variant:<10} {}", answer.key, answer.reason);
    }
    Ok(())
}
