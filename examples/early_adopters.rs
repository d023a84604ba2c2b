//! A feature for named people first: a list of users, a list of accounts, everyone with a company address.
//! And a deny, which beats them all.
//!
//! ```text
//! cargo run --example early_adopters
//! ```

use waterspout::{Attribute, Context, Flag, Loader};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/flags.example.json");
const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
const ENVIRONMENT: Attribute<str> = Attribute::new("environment");
const EMAIL: Attribute<str> = Attribute::new("email");
const ACCOUNT_ID: Attribute<str> = Attribute::new("account_id");

fn main() -> Result<(), waterspout::Error> {
    let flags = Loader::file(FILE).fact(ENVIRONMENT.of("production")).start()?;
    let view = flags.view();

    let people = [
        ("ada", None, None),                          // on the list `early-adopters`
        ("user-7", Some("kim@example.com"), None),    // one of the staff
        ("user-8", Some("kim@notexample.com"), None), // looks like it, and is not
        ("user-9", None, Some("acct-0042")),          // a pilot account, from lists/pilots.txt
        ("mallory", Some("m@example.com"), None),     // staff too, but on the list `blocked`
    ];
    println!("{:<9}{:<20}{:<11}{:<5}why", "who", "email", "account", "new");
    for (user, email, account) in people {
        let attributes = [EMAIL.maybe(email), ACCOUNT_ID.maybe(account)];
        let answer = view.answer(&NEW_CHECKOUT, &Context::new(user, &attributes));
        let rule = answer.rule.and_then(|rule| rule.name).unwrap_or("no rule");
        let (email, account) = (email.unwrap_or("-"), account.unwrap_or("-"));
        let new = if answer.value { "yes" } else { "no" };
        println!("{user:<9}{email:<20}{account:<11}{new:<5}{}, {rule}", answer.reason);
    }
    Ok(())
}
