//! A test in a process of its own: where threads, descriptors and memory are counted, or the file system is another.

use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, thread};

/// How far apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    /// A process.
    Process,
    /// A process that may mount what nobody else sees.
    Mounts,
}

const NAME: &str = "FAULTS_ALONE";

/// Runs the body in a process of its own, which is this test alone once more.
///
/// # Panics
/// As the body does, or if it takes longer than two minutes (ten with `FAULTS=all`).
#[track_caller]
pub fn alone(test: &str, apart: Apart, body: impl FnOnce()) {
    if env::var(NAME).is_ok_and(|name| name == test) {
        return body();
    }
    let test_binary = env::current_exe().unwrap();
    let mut command = match apart {
        Apart::Process => Command::new(test_binary),
        Apart::Mounts => {
            let Some(options) = ["-m", "-rm"].into_iter().find(|options| may_unshare(options)) else {
                println!("{test}: not run, since `unshare -m` is not allowed here");
                return;
            };
            let mut command = Command::new("unshare");
            command.arg(options).arg(test_binary);
            command
        }
    };
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(NAME, test);
    let minutes = if crate::everything() { 10 } else { 2 };
    let output = within(Duration::from_secs(60 * minutes), test, &mut command);
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // What a body says of its figures, its test runner may have put words before.
    for (_, figures) in said.lines().filter_map(|line| line.split_once("figures: ")) {
        println!("{test}: {figures}");
    }
    assert!(output.status.success() && said.contains("1 passed"), "{}: {said}", output.status);
}

fn may_unshare(options: &str) -> bool {
    let tried = Command::new("unshare").args([options, "true"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// Runs a program that must end by itself.
///
/// # Panics
/// If it does not end in time; it is killed then.
#[track_caller]
pub fn within(most: Duration, what: &str, command: &mut Command) -> Output {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let (ended, end) = mpsc::channel();
    thread::spawn(move || ended.send(Child::wait_with_output(child)));
    match end.recv_timeout(most) {
        Ok(output) => output.unwrap(),
        Err(_) => {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            let output = end.recv_timeout(Duration::from_secs(5));
            panic!("{what}: hangs for more than {most:?}: {output:?}");
        }
    }
}
