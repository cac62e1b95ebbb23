//! A copy of the workspace that has all mutants behind one switch, and a program in it that tries
//! one mutant. The workspace itself stays as it is.

use super::weave::{Numbered, SWITCH, WeaveError, weave};
use super::{Mutant, ReadError, root};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// A program that tries a mutant.
pub struct Program {
    /// The package that it becomes an example of, and that one's folder.
    package: &'static str,
    folder: &'static str,
    name: &'static str,
    source: &'static str,
}

/// The program that checks scopes.
pub const CHECKS: Program = Program {
    package: "dynamo-invariants",
    folder: "invariants",
    name: "first_failure",
    source: include_str!("../examples/first_failure.rs"),
};

/// The program that simulates clusters.
pub const SIMULATES: Program = Program {
    package: "dynamo",
    folder: "impl",
    name: "first_violation",
    source: include_str!("../examples/first_violation.rs"),
};

/// Why the mutants were not tried, and what to do.
#[derive(Debug)]
pub struct Failure(pub String);

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Failure(error.to_string())
    }
}

impl From<WeaveError> for Failure {
    fn from(error: WeaveError) -> Self {
        Failure(error.to_string())
    }
}

/// Tells what could not be done to a path.
pub fn at<E: Display>(path: &Path) -> impl FnOnce(E) -> Failure {
    let path = path.display().to_string();
    move |error| Failure(format!("{path}: {error}"))
}

/// Builds the copy with all mutants, and returns the path of this program in it.
///
/// # Errors
/// If the copy cannot be made, or does not compile.
pub fn build(folder: &Path, mutants: &[Mutant], program: &Program) -> Result<PathBuf, Failure> {
    let Program { package, name, source, .. } = program;
    let (root, copy, target) = (root(), folder.join("copy"), folder.join("target"));
    let woven = woven(&root, mutants)?;
    for part in ["model", "invariants", "impl/src", "impl/tests"] {
        copy_folder(&root, Path::new(part), &copy, &woven).map_err(at(&copy))?;
    }
    let part = "impl/Cargo.toml";
    let manifest = fs::read_to_string(root.join(part)).map_err(at(&root))?;
    put(&copy.join(part), &manifest).map_err(at(&copy))?;
    let manifest = fs::read_to_string(root.join("Cargo.toml")).map_err(at(&root))?;
    let (_, rest) = manifest.split_once("[workspace.package]").expect("the workspace has it");
    let members = "[workspace]\nresolver = \"3\"\nmembers = [\"model\", \"invariants\", \
                   \"invariants/engine\", \"impl\"]\n\n[workspace.package]";
    put(&copy.join("Cargo.toml"), &format!("{members}{rest}")).map_err(at(&copy))?;
    let lock = copy.join("Cargo.lock");
    if !lock.exists() {
        fs::copy(root.join("Cargo.lock"), &lock).map_err(at(&lock))?;
    }
    let own = copy.join(program.folder).join("examples").join(name).with_extension("rs");
    put(&own, source).map_err(at(&own))?;
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--no-default-features", "--package", package]);
    cargo.args(["--example", name, "--target-dir"]).arg(&target).current_dir(&copy);
    let status = cargo.status().map_err(at(&copy))?;
    if status.success() {
        Ok(target.join("release/examples").join(name))
    } else {
        let copy = copy.display();
        Err(Failure(format!("the mutants do not compile: see the messages above, and {copy}")))
    }
}

/// The sources that differ in the copy, by their paths from the root.
fn woven(root: &Path, mutants: &[Mutant]) -> Result<BTreeMap<PathBuf, String>, Failure> {
    const WITH_SWITCH: &str = "model/src/lib.rs";
    let mut files: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
    files.insert(WITH_SWITCH);
    let mut all = BTreeMap::new();
    for file in files {
        let path = root.join(file);
        let source = fs::read_to_string(&path).map_err(at(&path))?;
        let numbered = mutants.iter().enumerate();
        let own: Vec<Numbered<'_>> = numbered.filter(|(_, mutant)| mutant.file == file).collect();
        let mut text = weave(&source, &own)?;
        if file == WITH_SWITCH {
            // The switches leave parentheses and code that lints would report.
            text = format!("#![allow(warnings)]\n{text}{SWITCH}");
        }
        all.insert(PathBuf::from(file), text);
    }
    Ok(all)
}

/// Copies a folder, with these sources instead of the original ones.
fn copy_folder(
    root: &Path,
    folder: &Path,
    copy: &Path,
    woven: &BTreeMap<PathBuf, String>,
) -> io::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let path = folder.join(entry?.file_name());
        if root.join(&path).is_dir() {
            copy_folder(root, &path, copy, woven)?;
        } else if let Some(text) = woven.get(&path) {
            put(&copy.join(&path), text)?;
        } else {
            put(&copy.join(&path), &fs::read_to_string(root.join(&path))?)?;
        }
    }
    Ok(())
}

/// Writes a file, unless it has this text already: Cargo builds again what has a new time.
fn put(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().expect("it is in a folder"))?;
    fs::write(path, text)
}

/// Waits for a check, and ends it at the limit. Has it panicked?
///
/// # Errors
/// If the operating system does not tell how the program ended.
pub fn ended(child: &mut Child, limit: Instant) -> io::Result<bool> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code() == Some(101));
        }
        if Instant::now() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
