//! What the documents show is true: every flag file in them is accepted, the example file is right.

use std::fs;
use std::path::{Path, PathBuf};

use waterspout::flag_set::{FlagSet, SegmentBody};
use waterspout::{Error, Kind};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read(text: &str) -> Result<FlagSet, Error> {
    FlagSet::read(text.as_bytes(), |list| fs::read(root().join(list)).map_err(|error| error.to_string()))
}

/// The blocks of a document fenced as ```` ```json ````, with the line each starts on.
fn flag_files(document: &str) -> Vec<(usize, String)> {
    let mut blocks: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (number, line) in document.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```json";
            if inside {
                blocks.push((number + 1, String::new()));
            }
        } else if inside {
            let (_, block) = blocks.last_mut().unwrap();
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks
}

#[test]
fn every_flag_file_in_the_documents_is_accepted() {
    for (name, least) in [("FORMAT.md", 12), ("README.md", 1)] {
        let document = fs::read_to_string(root().join(name)).unwrap();
        let blocks = flag_files(&document);
        assert!(blocks.len() >= least, "{name} shows only {} flag files", blocks.len());
        for (line, block) in blocks {
            if let Err(error) = read(&block) {
                panic!("{name}, the block at line {line}: {error}");
            }
        }
    }
}

#[test]
fn the_refused_samples_of_the_format_are_refused_as_it_says() {
    let document = fs::read_to_string(root().join("FORMAT.md")).unwrap();
    let samples: Vec<(&str, &str)> = document
        .lines()
        .filter(|line| line.starts_with("{ \"version\": 1,") && !line.ends_with('}'))
        .filter_map(|line| line.rsplit_once(' '))
        .collect();
    assert!(samples.len() >= 5, "{samples:?}");
    for (text, code) in samples {
        let error = read(text).expect_err(text);
        let codes: Vec<&str> = error.diagnostics().iter().map(|finding| finding.code()).collect();
        assert_eq!(codes, [code], "{text}");
    }
}

#[test]
fn the_example_shows_each_kind_of_thing() {
    let set = read(&fs::read_to_string(root().join("flags.example.json")).unwrap()).unwrap();
    assert!((9..=15).contains(&set.flags().len()));
    for kind in [Kind::Bool, Kind::Integer, Kind::Text, Kind::Json] {
        assert!(set.flags().iter().any(|flag| flag.kind() == kind), "{kind}");
    }
    assert!(
        set.flags().iter().all(|flag| flag.about().owner().is_some() && flag.about().description().is_some())
    );
    assert!(
        set.flags().iter().any(|flag| !flag.is_enabled() && !flag.rules().is_empty()),
        "a kill switch keeps its rules"
    );
    assert!(set.flags().iter().any(|flag| !flag.deny().is_empty()));
    assert!(set.flags().iter().any(|flag| !flag.requires().is_empty()));
    assert!(set.attributes().iter().any(|attribute| attribute.is_fact()));
    assert!(!set.edges().is_empty(), "something that changes by itself");
    let bodies: Vec<&SegmentBody> = set.segments().iter().map(|segment| segment.body()).collect();
    assert!(bodies.iter().any(|body| matches!(body, SegmentBody::Listed(list) if list.file().is_some())));
    assert!(bodies.iter().any(|body| matches!(body, SegmentBody::When(_))));
}
