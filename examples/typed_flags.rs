//! Flags of all five types: bool, integer, number, text and JSON. Each call returns its own type, without conversion.
//!
//! ```text
//! cargo run --example typed_flags
//! ```

use waterspout::{Attribute, Context, Declared, Flag, Json, Loader};

// A wrong default, such as `Flag::<i64>::new("payment-retry-limit", "three")`, does not compile.
const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
const RETRIES: Flag<i64> = Flag::new("payment-retry-limit", 3);
const ORDERS_DB: Flag<str> = Flag::new("orders-db", "off");
const UPLOAD_LIMITS: Flag<Json> = Flag::new("upload-limits", &Json::Null);
// This one is not in the file, so the default answers.
const SAMPLE_RATE: Flag<f64> = Flag::new("trace-sample-rate", 0.01);

const ENVIRONMENT: Attribute<str> = Attribute::new("environment");
const ACCOUNT_ID: Attribute<str> = Attribute::new("account_id");
const GROUPS: Attribute<[&str]> = Attribute::new("groups");

/// What the code counts on. The start fails if the file lacks one of these, or has it with another type.
static DECLARED: &[&dyn Declared] =
    &[&NEW_CHECKOUT, &RETRIES, &ORDERS_DB, &UPLOAD_LIMITS, &ACCOUNT_ID, &GROUPS];

fn main() -> Result<(), waterspout::Error> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/flags.example.json");
    let flags = Loader::file(file).fact(ENVIRONMENT.of("production")).declare(DECLARED).start()?;
    let view = flags.view();

    let groups: &[&str] = &["pro", "beta-testers"];
    let attributes = [ACCOUNT_ID.of("acct-0042"), GROUPS.of(groups)];
    let context = Context::new("ada", &attributes);

    let new_checkout: bool = view.value(&NEW_CHECKOUT, &context);
    let retries: i64 = view.value(&RETRIES, &context);
    let orders_db: &str = view.value(&ORDERS_DB, &context);
    let limits: &Json = view.value(&UPLOAD_LIMITS, &context);
    let megabytes = limits.get("max_megabytes").and_then(Json::as_i64).unwrap_or(10);
    let sample_rate: f64 = view.value(&SAMPLE_RATE, &context);

    println!("new-checkout         {new_checkout}");
    println!("payment-retry-limit  {retries}");
    println!("orders-db            {orders_db}");
    println!("upload-limits        {limits}");
    println!("  max_megabytes      {megabytes}");
    println!("trace-sample-rate    {sample_rate} (the default in the code: the file has no such flag)");
    Ok(())
}
