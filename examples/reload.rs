//! A flag file that is edited while the program runs: the change arrives by itself. Then the file is broken, and the
//! last good flags keep serving.
//!
//! ```text
//! cargo run --example reload
//! ```

use std::sync::mpsc;
use std::time::Duration;
use std::{error, fs, io, path, process};

use waterspout::{Context, Event, Flag, Loader};

const BANNER: Flag<bool> = Flag::new("banner", false);

fn main() -> Result<(), Box<dyn error::Error>> {
    let folder = std::env::temp_dir().join(format!("waterspout-reload-{}", process::id()));
    fs::create_dir_all(&folder)?;
    let file = folder.join("flags.json");
    write(&file, r#"{ "version": 1, "flags": { "banner": { "default": "off" } } }"#)?;

    let (sender, events) = mpsc::channel();
    let flags = Loader::file(&file)
        .poll(Duration::from_millis(50)) // once a second, if nothing is said
        .on_event(move |event| {
            println!("  event: {event}");
            let _ = sender.send(matches!(event, Event::Published { .. }));
        })
        .start()?;
    let wait_for = |published: bool| -> Result<(), mpsc::RecvTimeoutError> {
        while events.recv_timeout(Duration::from_secs(10))? != published {}
        Ok(())
    };
    let show = || println!("banner is on: {}", flags.is_on(&BANNER, &Context::anonymous(&[])));

    wait_for(true)?;
    show();

    println!("\nan edit: the default becomes `on`");
    write(&file, r#"{ "version": 1, "flags": { "banner": { "default": "on" } } }"#)?;
    wait_for(true)?;
    show();

    println!("\na bad edit: there is no variant `onn`");
    write(&file, r#"{ "version": 1, "flags": { "banner": { "default": "onn" } } }"#)?;
    wait_for(false)?;
    show();
    println!("what is wrong: {}", flags.status().last_error.unwrap_or_default());

    fs::remove_dir_all(folder)?;
    Ok(())
}

/// Writes beside the file, then renames: so nobody reads half of it.
fn write(file: &path::Path, text: &str) -> io::Result<()> {
    let beside = file.with_extension("new");
    fs::write(&beside, text)?;
    fs::rename(beside, file)
}
