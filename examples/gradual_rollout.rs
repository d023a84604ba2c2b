//! A rollout that grows from 1 to 100 %. Who is in stays in: each step only adds people.
//!
//! ```text
//! cargo run --example gradual_rollout
//! ```

use std::collections::BTreeSet;

use waterspout::{Flag, Flags};

const DARK_MODE: Flag<bool> = Flag::new("dark-mode", false);
const SHOWN: [&str; 6] = ["user-56", "user-65", "user-3", "user-27", "user-6", "user-1"];

fn main() -> Result<(), waterspout::Error> {
    let users: Vec<String> = (1..=10_000).map(|number| format!("user-{number}")).collect();
    let mut before: BTreeSet<&str> = BTreeSet::new();

    println!("10,000 users, and six of them:\n");
    println!("rollout     in  stayed  left  {}", SHOWN.map(|user| format!("{user:>8}")).concat());
    for percent in [1, 5, 25, 50, 100] {
        // In a real service somebody edits the number in the flag file; see the example `reload`.
        let flags = Flags::from_text(format!(
            r#"{{ "version": 1, "flags": {{ "dark-mode": {{ "rules": [{{ "rollout": {percent} }}] }} }} }}"#
        ))?;
        let view = flags.view();

        let answers = view.column(&DARK_MODE, users.iter().map(String::as_str));
        let inside = users.iter().zip(answers).filter(|(_, on)| *on).map(|(user, _)| user.as_str());
        let inside: BTreeSet<&str> = inside.collect();

        let stayed = before.intersection(&inside).count();
        let left = before.difference(&inside).count();
        let shown = SHOWN.map(|user| format!("{:>8}", if inside.contains(user) { "in" } else { "-" }));
        println!("{percent:>5} % {:>6} {stayed:>7} {left:>5}  {}", inside.len(), shown.concat());
        before = inside;
    }
    Ok(())
}
