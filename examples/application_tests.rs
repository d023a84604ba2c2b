//! How the tests of an application fix a flag's answer, whatever the file says.
//!
//! ```text
//! cargo run --example application_tests --features test-util
//! ```

use waterspout::{Context, Flag, Flags};

const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
const RETRIES: Flag<i64> = Flag::new("payment-retry-limit", 3);

/// A piece of the application: it knows its flags, and nothing about tests.
fn checkout(flags: &Flags, user: &str) -> String {
    let view = flags.view();
    let context = Context::new(user, &[]);
    let page = if view.value(&NEW_CHECKOUT, &context) { "one page" } else { "three pages" };
    format!("{page}, {} tries", view.value(&RETRIES, &context))
}

fn main() -> Result<(), waterspout::Error> {
    // A test needs no file. In yours this stands in a `#[test]`, with `assert_eq!`.
    let flags = Flags::from_text(r#"{ "version": 1, "flags": {} }"#)?;
    println!("as the file says:     {}", checkout(&flags, "ada"));

    let _on = flags.force(&NEW_CHECKOUT, true);
    println!("new-checkout forced:  {}", checkout(&flags, "ada"));
    {
        let _five = flags.force(&RETRIES, 5);
        println!("retries forced too:   {}", checkout(&flags, "ada"));

        // Other threads see it, through any clone of the handle.
        let clone = flags.clone();
        let seen = std::thread::spawn(move || checkout(&clone, "grace")).join();
        println!("on another thread:    {}", seen.unwrap_or_default());
    }
    println!("that guard dropped:   {}", checkout(&flags, "ada"));
    Ok(())
}
