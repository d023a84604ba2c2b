//! Bad files are refused, each for its one fault; good ones that look bad are accepted.

use std::fs;
use std::path::{Path, PathBuf};

use waterspout::Error;
use waterspout::flag_set::FlagSet;

fn read(file: &Path) -> Result<FlagSet, Error> {
    let folder = file.parent().unwrap();
    let bytes = fs::read(file).unwrap();
    FlagSet::read(&bytes, |list| fs::read(folder.join(list)).map_err(|error| error.to_string()))
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

#[test]
fn every_bad_file_is_refused_for_its_one_fault() {
    let mut wrong = Vec::new();
    let files = files("bad");
    assert!(files.len() > 400, "{}", files.len());
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let Some((code, _)) = name.split_once("--") else { continue };
        let codes: Vec<String> = match read(&file) {
            Ok(_) => Vec::new(),
            Err(error) => error.diagnostics().iter().map(|diagnostic| diagnostic.code().to_owned()).collect(),
        };
        if codes != [code] {
            wrong.push(format!("{name}: {codes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_good_file_is_accepted() {
    let files = files("good");
    assert!(files.len() > 30, "{}", files.len());
    for file in files {
        if let Err(error) = read(&file) {
            panic!("{}: {error}", file.display());
        }
    }
}

#[test]
fn all_faults_of_a_file_are_told_in_one_run_in_its_order() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad/several-faults.json");
    let error = read(&file).unwrap_err();
    let places: Vec<(usize, usize)> =
        error.diagnostics().iter().map(|found| (found.line(), found.column())).collect();
    assert!(places.len() >= 30, "{error}");
    assert!(places.is_sorted(), "{error}");
}
