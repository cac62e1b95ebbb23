//! The architecture invariants of CONTRIBUTING.md, and the guarantees in invariants/README.md, as
//! far as a test can check them.

use dynamo_invariants::defects::{DEFECTS, LIMITS};
use dynamo_invariants::property::{Kind, PROPERTIES};
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust source below a folder of the project.
pub(crate) fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "no sources below {folder}");
    found
}

#[test]
fn dependencies_point_one_way() {
    let arrows = [
        ("model", ["dynamo-invariants", "dynamo.workspace"].as_slice()),
        ("invariants", &["dynamo.workspace"]),
        ("invariants/engine", &["dynamo"]),
    ];
    for (package, forbidden) in arrows {
        let manifest = read(format!("{package}/Cargo.toml"));
        for dependency in forbidden {
            assert!(!manifest.contains(dependency), "{package} must not depend on {dependency}");
        }
    }
}

#[test]
fn the_protocol_is_pure() {
    let banned = [
        "std::net",
        "std::fs",
        "std::io",
        "std::thread",
        "std::env",
        "Instant",
        "SystemTime",
        "HashMap",
        "HashSet",
        "unsafe",
    ];
    for path in sources("model/src") {
        let text = fs::read_to_string(&path).unwrap();
        for word in banned {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn files_stay_short() {
    for folder in ["model", "invariants", "impl", "tests"] {
        for path in sources(folder) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 400, "{} has {lines} lines: split it", path.display());
        }
    }
}

/// Printing an error prints the chain of its sources too. So a message that contains its source
/// would print it twice.
#[test]
fn no_error_repeats_its_source() {
    for folder in ["model/src", "invariants/src", "impl/src"] {
        for path in sources(folder) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("{source}"), "{}", path.display());
            // From a variant's message to its only field.
            let messages = text
                .split("#[error(")
                .skip(1)
                .map(|rest| rest.split_inclusive(")]").take(2).collect::<String>());
            let repeats = |variant: &String| variant.contains("{0}") && variant.contains("(#[from");
            assert_eq!(messages.into_iter().find(repeats), None, "{}", path.display());
        }
    }
}

#[test]
fn every_ignored_test_gives_its_reason() {
    let attribute = concat!("#[", "ignore]");
    for folder in ["model", "invariants", "impl", "tests"] {
        for path in sources(folder) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(
                !text.contains(attribute),
                "{}: an ignored test must give its reason",
                path.display()
            );
        }
    }
}

/// The table of guarantees has a row for every defect, with its rule, its scope and a property that
/// it violates. The file names every known limit and every property.
#[test]
fn the_guarantees_are_those_of_the_code() {
    let file = "invariants/README.md";
    let guarantees = read(file);
    for defect in DEFECTS {
        let row = guarantees
            .lines()
            .find(|line| line.starts_with('|') && line.contains(&format!("`{}`", defect.name)));
        let row = row.unwrap_or_else(|| panic!("{file} has no row for the defect {}", defect.name));
        for cell in [defect.rule, defect.scope] {
            assert!(
                row.contains(&format!("`{cell}`")),
                "{file}: the row of {} does not name {cell}",
                defect.name
            );
        }
        assert!(
            defect.breaks.iter().any(|name| row.contains(name)),
            "{file}: {} breaks {:?}",
            defect.name,
            defect.breaks
        );
    }
    for limit in LIMITS {
        assert!(
            guarantees.contains(limit.name),
            "{file} does not name the known limit {}",
            limit.name
        );
    }
    for property in PROPERTIES.iter().filter(|property| property.kind != Kind::Reachable) {
        assert!(guarantees.contains(property.name), "{file} does not name {}", property.name);
    }
}
