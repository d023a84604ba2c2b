//! Where a test takes place: a folder with a flag file, its list, and the place of the last good copy.

use std::path::{Path, PathBuf};
use std::{env, fs, process, thread};

/// A folder of a test's own, gone when the test has passed.
#[derive(Debug)]
pub struct Stage(PathBuf);

/// A flag file whose one flag answers a number.
#[must_use]
pub fn level(level: i64) -> String {
    format!(r#"{{"version": 1, "flags": {{"level": {{"variants": {{"it": {level}}}, "default": "it"}}}}}}"#)
}

impl Stage {
    /// An empty source folder, and one for the copy. Under the folder for temporary files, which other users may enter.
    #[must_use]
    pub fn new(name: &str) -> Stage {
        let stage = Stage(env::temp_dir().join(format!("waterspout-faults-{}-{name}", process::id())));
        let _ = fs::remove_dir_all(&stage.0);
        fs::create_dir_all(stage.source()).unwrap();
        fs::create_dir_all(stage.kept()).unwrap();
        stage
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The folder of the flag file and its lists.
    #[must_use]
    pub fn source(&self) -> PathBuf {
        self.0.join("source")
    }

    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.source().join("flags.json")
    }

    #[must_use]
    pub fn list(&self) -> PathBuf {
        self.source().join("pilots.txt")
    }

    /// The folder of the last good copy.
    #[must_use]
    pub fn kept(&self) -> PathBuf {
        self.0.join("kept")
    }

    #[must_use]
    pub fn copy(&self) -> PathBuf {
        self.kept().join("flags.last")
    }

    /// A whole file appears at once, as an editor or a deployment should do it.
    pub fn put(&self, text: &str) {
        let beside = self.0.join("beside");
        fs::write(&beside, text).unwrap();
        fs::rename(&beside, self.file()).unwrap();
    }

    /// A flag file that names a list, and the list.
    pub fn put_listed(&self, number: i64) {
        fs::write(self.list(), "ada\nbob\n").unwrap();
        self.put(&format!(
            r#"{{"version": 1, "segments": {{"pilots": {{"keys_from": "pilots.txt"}}}},
                "flags": {{"level": {{"variants": {{"it": {number}}}, "default": "it",
                    "rules": [{{"when": {{"segment": "pilots"}}, "serve": "it"}}]}}}}}}"#
        ));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
