//! Prints which room of a crate uses which: `cargo run -p dynamo-tests --example arrows [CRATE]…`.

use dynamo_tests::arrows::{Arrows, Module, ReadError};
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut crates: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if crates.is_empty() {
        crates = ["model", "invariants", "invariants/engine", "impl"].map(PathBuf::from).to_vec();
    }
    for folder in crates {
        match Arrows::of_crate(&folder) {
            Ok(arrows) => print(&folder.display().to_string(), &arrows),
            Err(ReadError::Io(error)) => {
                eprintln!("{}: {error}. Name the folder of a crate.", folder.display());
                return ExitCode::from(2);
            }
            Err(ReadError::Syntax(error)) => {
                eprintln!("{}: a source is not Rust: {error}", folder.display());
                return ExitCode::from(2);
            }
        }
    }
    ExitCode::SUCCESS
}

fn print(name: &str, arrows: &Arrows) {
    let between = arrows.between_rooms();
    let count: usize = between.values().map(std::collections::BTreeSet::len).sum();
    println!("{name}: {} rooms, {count} arrows", arrows.rooms.len());
    for room in &arrows.rooms {
        let used = between.get(room.as_str()).into_iter().flatten();
        let mut used: Vec<&str> = used.copied().collect();
        used.sort_by_key(|other| arrows.rooms.iter().position(|declared| declared == other));
        println!(
            "  {room} → {}",
            if used.is_empty() { "nothing".to_owned() } else { used.join(", ") }
        );
    }
    println!("  Arrows that go back: {}", arrows.back().len());
    let circles = arrows.circles();
    let files: usize = circles.iter().map(Vec::len).sum();
    println!("  Files in circles: {files} of {}", arrows.uses.len());
    for circle in circles {
        let names: Vec<String> =
            circle.into_iter().map(|module: &Module| module.join("::")).collect();
        println!("    {}", names.join(", "));
    }
}
