//! What breaks I4 when one rule is replaced.

mod counting;
mod moves;
mod reaping;

use crate::defect::Defect;
use crate::joined::joined;

pub(super) const DEFECTS: &[Defect] = &joined::<
    Defect,
    { counting::DEFECTS.len() + reaping::DEFECTS.len() + moves::DEFECTS.len() },
>(&[counting::DEFECTS, reaping::DEFECTS, moves::DEFECTS]);
