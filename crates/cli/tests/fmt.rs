//! `waterspout fmt`, run for real.

mod run;

use std::fs;

use run::{Folder, json_files, root, waterspout};

const UGLY: &str = "{\"version\":1, // the only one\n\"flags\":{\"a\":{ \"rules\":[{\"rollout\":5.0}] }}}";
const LAID_OUT: &str = "{\n  \"version\": 1, // the only one\n  \"flags\": {\n    \"a\": { \"rules\": [{ \"rollout\": 5.0 }] }\n  }\n}\n";

#[test]
fn a_file_is_laid_out_in_its_place_and_then_left_alone() {
    let folder = Folder::with_flags(UGLY);
    let path = folder.path().join("flags.json");
    let ran = folder.run(&["fmt", "flags.json"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "flags.json: laid out\n", ""));
    assert_eq!(fs::read_to_string(&path).unwrap(), LAID_OUT);
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    let ran = folder.run(&["fmt", "flags.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written, "what is laid out is not written");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn stdin_is_laid_out_to_stdout() {
    let ran = Folder::new().run_with_stdin(&["fmt", "-"], UGLY.as_bytes());
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, LAID_OUT, ""));
    let ran = Folder::new().run_with_stdin(&["fmt", "--check", "-"], UGLY.as_bytes());
    assert_eq!((ran.code, ran.stdout.as_str()), (1, "<stdin> is not laid out\n"));
    assert_eq!(Folder::new().run_with_stdin(&["fmt", "--check", "-"], LAID_OUT.as_bytes()).code, 0);
}

#[test]
fn check_and_diff_write_nothing() {
    let folder = Folder::with_flags(UGLY).file("fine.json", LAID_OUT);
    let ran = folder.run(&["fmt", "--check", "flags.json", "fine.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, "flags.json is not laid out\n"));
    let ran = folder.run(&["fmt", "--diff", "flags.json", "fine.json"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.starts_with("--- flags.json\n+++ flags.json (laid out)\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n-{\"version\":1, // the only one\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n+  \"version\": 1, // the only one\n"), "{}", ran.stdout);
    assert_eq!(folder.run(&["fmt", "--check", "--diff", "flags.json"]).code, 1);
    assert_eq!(fs::read_to_string(folder.path().join("flags.json")).unwrap(), UGLY);
}

#[test]
fn what_is_no_json_is_left_alone_and_told() {
    let folder = Folder::with_flags("{ \"version\": 1, }").file("also.json", UGLY);
    let ran = folder.run(&["fmt", "flags.json", "also.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, "also.json: laid out\n"));
    assert!(ran.stderr.contains("error[syntax]"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(folder.path().join("flags.json")).unwrap(), "{ \"version\": 1, }");
    for text in [&b"{\"a\": \"\xff\"}"[..], b"", b"// nothing", b"{\"a\": 01}", b"{ /* open }"] {
        let ran = Folder::new().run_with_stdin(&["fmt", "-"], text);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{text:?}");
        assert!(ran.stderr.contains("this file is refused"), "{}", ran.stderr);
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let ran = Folder::new().run_with_stdin(&["fmt", "-"], deep.as_bytes());
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
}

#[test]
fn a_file_that_is_refused_for_what_it_says_can_be_laid_out() {
    let (mut laid_out, mut refused) = (0, 0);
    for file in json_files(&root().join("tests/bad")) {
        let text = fs::read(&file).unwrap();
        let ran = Folder::new().run_with_stdin(&["fmt", "-"], &text);
        match ran.code {
            0 => {
                laid_out += 1;
                let again = Folder::new().run_with_stdin(&["fmt", "--check", "-"], ran.stdout.as_bytes());
                assert_eq!(again.code, 0, "{}", file.display());
            }
            code => {
                refused += 1;
                assert_eq!((code, ran.stdout.as_str()), (1, ""), "{}: {}", file.display(), ran.stderr);
            }
        }
    }
    assert!(laid_out > 200 && refused > 20, "{laid_out} and {refused}");
}

#[test]
fn what_cannot_be_read_or_written_is_said() {
    let folder = Folder::new();
    let ran = folder.run(&["fmt", "absent.json"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (2, "error: `absent.json` cannot be read: there is no such file\n")
    );
    assert_eq!(folder.run(&["fmt"]).code, 2);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new().file("real/flags.json", UGLY);
    let real = folder.path().join("real/flags.json");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/flags.json", folder.path().join("link.json")).unwrap();
    assert_eq!(folder.run(&["fmt", "link.json"]).code, 0);
    assert!(fs::symlink_metadata(folder.path().join("link.json")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), LAID_OUT);
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.path().join("real")).unwrap().count(), 1);

    fs::write(&real, UGLY).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o440)).unwrap();
    let ran = folder.run(&["fmt", "link.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert_eq!(ran.stderr, "error: `link.json` cannot be written: this user may not write it\n");
    assert_eq!(fs::read_to_string(&real).unwrap(), UGLY);
}

#[test]
fn a_file_cannot_command_the_terminal_through_its_difference() {
    let folder = Folder::with_flags("{\"version\":1, // \u{1b}[31m \u{202e}red\n\"flags\":{}}");
    let ran = folder.run(&["fmt", "--diff", "flags.json"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("// <U+001B>[31m <U+202E>red"), "{}", ran.stdout);
    assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn the_files_of_this_repository_are_laid_out() {
    for file in ["flags.example.json", "crates/service/flags.json"] {
        let mut command = waterspout(&root());
        let output = command.args(["fmt", "--check", file]).output().unwrap();
        assert!(output.status.success(), "{file}");
    }
}
