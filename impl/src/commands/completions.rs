//! `dynamo completions`: lets a shell complete the commands and their options.

use crate::output;
use clap::Args;
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  dynamo completions bash > ~/.local/share/bash-completion/completions/dynamo
  dynamo completions zsh > \"${fpath[1]}/_dynamo\"
  dynamo completions fish > ~/.config/fish/completions/dynamo.fish

Start a new shell after that.";

/// Print a script by which a shell completes commands and options
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, mut command: clap::Command) {
    let (name, mut script) = (command.get_name().to_owned(), Vec::new());
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    output::print_bytes(&script);
}
