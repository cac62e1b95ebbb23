//! Defects that really happened.
/// A defect that really happened in a system of the Dynamo family.
#[derive(Clone, Copy, Debug)]
pub struct Historic {
    /// The system.
    pub system: &'static str,
    /// Where it is told: issue, pull request, paper section.
    pub reference: &'static str,
    /// The year when it was reported.
    pub year: u16,
    /// The root cause, in a sentence.
    pub cause: &'static str,
    /// How we tell it.
    pub told: Told,
}

/// How a historic defect is told here.
#[derive(Clone, Copy, Debug)]
pub enum Told {
    /// By these defects and known limits of ours, by name.
    By(&'static [&'static str]),
    /// Not at all: why our design cannot express it.
    NotHere(&'static str),
}

/// Every one.
pub static HISTORIC: &[Historic] = &[];

/// Those that a defect or a known limit of ours tells.
pub(super) fn told_by(name: &'static str) -> impl Iterator<Item = &'static Historic> {
    HISTORIC.iter().filter(move |historic| matches!(historic.told, Told::By(names) if names.contains(&name)))
}
