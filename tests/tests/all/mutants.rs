//! The mutants of the protocol fit the sources, so that the set cannot rot.

use crate::tidy::{root, sources};
use dynamo_tests::mutants::weave::{Numbered, weave};
use dynamo_tests::mutants::{Mutant, all};
use std::collections::BTreeSet;
use std::fs;

fn mutants() -> Vec<Mutant> {
    all().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_mutant_has_its_place_in_its_file() {
    let mutants = mutants();
    let files: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
    for file in files {
        let source = fs::read_to_string(root().join(file)).expect("a mutated file exists");
        let numbered = mutants.iter().enumerate();
        let own: Vec<Numbered<'_>> = numbered.filter(|(_, mutant)| mutant.file == file).collect();
        if let Err(error) = weave(&source, &own) {
            panic!("{error}");
        }
    }
}

#[test]
fn mutants_have_different_names_and_change_something() {
    let mut names = BTreeSet::new();
    for Mutant { name, sentence, find, replace, .. } in mutants() {
        let is_kebab = |letter: char| letter.is_ascii_lowercase() || letter == '-';
        assert!(name.chars().all(is_kebab), "{name} is not in kebab case");
        assert!(sentence.ends_with('.'), "{name}: a sentence ends with a full stop");
        assert_ne!(find, replace, "{name} changes nothing");
        assert!(names.insert(name.clone()), "two mutants are named {name}");
    }
}

#[test]
fn every_act_has_a_mutant() {
    let mutants = mutants();
    for path in sources("model/src/acts") {
        let file = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        assert!(mutants.iter().any(|mutant| mutant.file == file), "{file} has no mutant");
    }
}
