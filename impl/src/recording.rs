//! Whether a node is recorded. See [`record`](crate::record).

use serde::{Deserialize, Serialize};

/// Is a node recorded?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recording {
    /// No: it was started without `--record`.
    #[default]
    Off,
    /// Yes.
    On,
    /// Not any more: the record could not be written.
    Stopped,
}
