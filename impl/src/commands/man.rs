//! `dynamo man`: writes manual pages.

use super::Failure;
use crate::output::say;
use anyhow::anyhow;
use clap::{Args, ValueHint};
use std::fs;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Example:
  dynamo man ~/.local/share/man/man1
  man dynamo-trace-validate";

/// Write the manual pages: one for each command, with the text of its --help
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The folder that gets them; it is made if it does not exist
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    directory: PathBuf,
}

pub(super) fn run(arguments: &Arguments, command: clap::Command) -> Result<(), Failure> {
    let directory = &arguments.directory;
    let write = || {
        fs::create_dir_all(directory)?;
        clap_mangen::generate_to(command, directory)
    };
    write().map_err(|error| {
        let directory = directory.display();
        Failure::Operation(anyhow!("the manual pages cannot be written to {directory}: {error}"))
    })?;
    say!("The pages are in {}. The first is dynamo.1.", directory.display());
    Ok(())
}
