//! The probe: run plainly, talked to, or run under strace, which sees and fails single calls.
//!
//! Only calls on the files of the test are seen and counted: strace is told their paths. So what a program does to start
//! is left alone, and the k-th call is the k-th of ours. The copy is written beside its place under a name with the
//! process id in it; strace runs as a grandchild of the probe (`-D`), so that the shell that becomes the probe knows it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::Value as Json;

use crate::alone::within;
use crate::stage::Stage;

const MOST: Duration = Duration::from_secs(20);

/// One run of the probe.
#[derive(Debug)]
pub struct Run {
    pub ended: ExitStatus,
    /// Its last line.
    pub said: Json,
    pub complained: String,
    /// In their order, thread by thread.
    pub calls: Vec<Call>,
}

/// A call that strace saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub thread: u32,
    pub name: String,
    pub line: String,
}

impl Call {
    fn parse(line: &str) -> Option<Call> {
        let (thread, rest) = line.split_once(' ')?;
        let (name, _) = rest.trim_start().split_once('(')?;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name.then_some(Call { thread: thread.parse().ok()?, name: name.to_owned(), line: line.to_owned() })
    }

    #[must_use]
    pub fn is_injected(&self) -> bool {
        self.line.contains("(INJECTED)") || self.line.contains("(DELAYED)")
    }
}

/// Where the probe's program is: each test file knows it from cargo.
#[derive(Clone, Copy, Debug)]
pub struct Probe(pub &'static str);

/// Runs the probe plainly.
#[must_use]
#[track_caller]
pub fn probe(Probe(program): Probe, arguments: &[&str]) -> Run {
    let output = within(MOST, "the probe", Command::new(program).args(arguments));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    Run { ended: output.status, said: last_line(&said), complained, calls: Vec::new() }
}

fn last_line(said: &str) -> Json {
    said.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default()
}

/// The probe under strace.
#[derive(Debug)]
pub struct Traced<'s> {
    probe: Probe,
    stage: &'s Stage,
    paths: Vec<PathBuf>,
    injections: Vec<String>,
    /// How long it waits at most for the source to be well, in milliseconds.
    patience: Option<u64>,
    log: PathBuf,
}

impl<'s> Traced<'s> {
    /// Sees calls on the flag file, its list, the copy, what is written beside it, and its folder.
    #[must_use]
    pub fn new(probe: Probe, stage: &'s Stage) -> Traced<'s> {
        let paths = vec![stage.file(), stage.list(), stage.copy(), stage.kept()];
        let log = stage.folder().join("calls");
        Traced { probe, stage, paths, injections: Vec::new(), patience: None, log }
    }

    /// Sees calls on the flag file alone.
    #[must_use]
    pub fn only_the_file(mut self) -> Traced<'s> {
        self.paths = vec![self.stage.file()];
        self
    }

    /// A loader whose source will not be well is not waited for long.
    #[must_use]
    pub fn briefly(mut self) -> Traced<'s> {
        self.patience = Some(200);
        self
    }

    /// Adds a fault, as strace's `inject` has it.
    #[must_use]
    pub fn inject(mut self, fault: impl Into<String>) -> Traced<'s> {
        self.injections.push(fault.into());
        self
    }

    /// Runs the probe to its end.
    #[must_use]
    #[track_caller]
    pub fn run(&self, mode: &str) -> Run {
        let what = format!("{mode} with {:?}", self.injections);
        let output = within(MOST, &what, &mut self.command(&[mode]));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complained = String::from_utf8_lossy(&output.stderr).into_owned();
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let calls = log.lines().filter_map(Call::parse).collect();
        Run { ended: output.status, said: last_line(&said), complained, calls }
    }

    /// Starts the probe in the mode `follow`, to be talked to.
    #[must_use]
    pub fn follow(&self) -> Following {
        Following::of(&mut self.command(&["follow"]))
    }

    fn command(&self, mode: &[&str]) -> Command {
        // The shell's process becomes the probe, so `$$` is the id that names what is written beside the copy.
        let script = if self.paths.contains(&self.stage.copy()) {
            r#"beside=$1.$$.0.new; shift; exec strace -D -f -qq -o "$@" -P "$beside" -- $PROBE"#
        } else {
            r#"shift; exec strace -D -f -qq -o "$@" -- $PROBE"#
        };
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg("sh").arg(self.stage.copy()).arg(&self.log);
        for injection in &self.injections {
            command.arg("-e").arg(format!("inject={injection}"));
        }
        for path in &self.paths {
            command.arg("-P").arg(path);
        }
        command.env("PROBE", self.words(mode));
        command
    }

    /// The probe's command line, as words that have no space in them.
    fn words(&self, mode: &[&str]) -> String {
        let (Probe(program), file, copy) = (self.probe, self.stage.file(), self.stage.copy());
        let paths = [Path::new(program), &file, &copy].map(|path| path.to_str().unwrap());
        assert!(
            paths.iter().all(|path| !path.contains(char::is_whitespace)),
            "a path with a space in it: {paths:?}"
        );
        let last = match self.patience {
            _ if mode == ["follow"] => " 3000".to_owned(),
            Some(patience) => format!(" {patience}"),
            None => String::new(),
        };
        format!("{} {} {} {}{last}", paths[0], mode.join(" "), paths[1], paths[2])
    }
}

/// The probe in the mode `follow`, in a process of its own.
pub struct Following {
    child: Child,
    commands: ChildStdin,
    lines: Receiver<Json>,
    /// Every event so far.
    pub told: Vec<String>,
}

impl Following {
    /// Starts it.
    #[must_use]
    pub fn of(command: &mut Command) -> Following {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (send, lines) = mpsc::channel();
        let out = child.stdout.take().unwrap();
        thread::spawn(move || {
            let lines = BufReader::new(out).lines().map_while(Result::ok);
            lines.filter_map(|line| serde_json::from_str(&line).ok()).try_for_each(|line| send.send(line))
        });
        let commands = child.stdin.take().unwrap();
        Following { child, commands, lines, told: Vec::new() }
    }

    /// The probe without strace.
    #[must_use]
    pub fn plainly(command: &mut Command, stage: &Stage) -> Following {
        Following::of(command.arg("follow").args([stage.file(), stage.copy()]).arg("3000"))
    }

    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What serves, as it says itself.
    ///
    /// # Panics
    /// If it does not answer.
    #[track_caller]
    pub fn status(&mut self) -> Json {
        writeln!(self.commands, "status").unwrap();
        loop {
            let line = self.lines.recv_timeout(MOST).expect("an answer");
            match line["event"].as_str() {
                Some(event) => self.told.push(event.to_owned()),
                None => return line,
            }
        }
    }

    /// Asks until the status is as it must be.
    ///
    /// # Panics
    /// If it does not come to that.
    #[track_caller]
    pub fn comes_to(&mut self, what: &str, holds: impl Fn(&Json) -> bool) -> Json {
        let deadline = Instant::now() + MOST;
        loop {
            let status = self.status();
            if holds(&status) {
                return status;
            }
            assert!(Instant::now() < deadline, "never: {what}: {status}; told {:?}", self.told);
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it, and asks whether all was well.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    pub fn ends_well(mut self) {
        writeln!(self.commands, "stop").unwrap();
        let deadline = Instant::now() + MOST;
        while self.child.try_wait().unwrap().is_none() {
            if Instant::now() > deadline {
                self.child.kill().unwrap();
                panic!("does not end; told {:?}", self.told);
            }
            thread::sleep(Duration::from_millis(5));
        }
        let ended = self.child.wait().unwrap();
        assert!(ended.success(), "{ended}; told {:?}", self.told);
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
