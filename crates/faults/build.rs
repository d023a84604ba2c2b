//! Puts models in the place of what `src/live.rs` stands on, so that the real file runs under loom.
//!
//! loom explores every order of steps of its own `Arc` and `Mutex`; the library has no business knowing that. So its file
//! is taken as it is, but for the names of two crates. If it comes to stand on something else, this fails and says so.

use std::path::Path;
use std::{env, fs};

const SOURCE: &str = "../../src/live.rs";

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    let text = fs::read_to_string(SOURCE).expect("the library's file");
    // What is included cannot have module documentation.
    let mut code = text.lines().filter(|line| !line.starts_with("//!")).collect::<Vec<_>>().join("\n");
    for place in ["std::sync::", "arc_swap::"] {
        code = replaced(&code, place, "crate::model::");
    }
    let feature = r#"feature = "test-util""#;
    let plain = replaced(&code, feature, "any()");
    write("live.rs", &plain);
    write("live_forced.rs", &replaced(&code, feature, "all()"));
    // What the models must notice: old snapshots are let go of at once, and so are freed by whoever looked last.
    let kept = "retain(|old| Arc::strong_count(old) > 1)";
    write("live_careless.rs", &replaced(&plain, kept, "clear()"));
}

fn replaced(code: &str, from: &str, to: &str) -> String {
    assert!(code.contains(from), "{SOURCE} no longer says `{from}`: its models must be looked at again");
    code.replace(from, to)
}

fn write(name: &str, code: &str) {
    let folder = env::var_os("OUT_DIR").expect("cargo's own variable");
    fs::write(Path::new(&folder).join(name), code).expect("a writable folder");
}
