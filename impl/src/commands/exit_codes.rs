//! The exit codes of every command: the one list that the help, `dynamo explain` and the commands
//! themselves use.

use std::process::ExitCode;

/// An exit code, and what it says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code {
    pub(super) number: u8,
    pub(super) says: &'static str,
}

pub(super) const SUCCESS: Code = Code { number: 0, says: "success: everything holds" };
pub(super) const FAILED: Code =
    Code { number: 1, says: "a property is violated, or the operation failed or was refused" };
pub(super) const USAGE: Code = Code { number: 2, says: "bad usage or input" };
pub(super) const CUT_OFF: Code =
    Code { number: 3, says: "a check was incomplete, and proves nothing" };
pub(super) const NO_MEMBER: Code =
    Code { number: 4, says: "the node is no longer a member of its cluster" };

/// Every exit code.
pub(super) static ALL: [Code; 5] = [SUCCESS, FAILED, USAGE, CUT_OFF, NO_MEMBER];

impl From<Code> for ExitCode {
    fn from(code: Code) -> ExitCode {
        ExitCode::from(code.number)
    }
}

/// The exit codes as a help text has them.
pub(super) fn help() -> String {
    let lines = ALL.iter().map(|Code { number, says }| format!("  {number}  {says}\n"));
    format!("Exit codes:\n{}", lines.collect::<String>())
}
