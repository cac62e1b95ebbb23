//! Messages of a recorded run, with the values that a scope's puts have.

use dynamo_model::message::{Answer, Message};
use dynamo_model::siblings::{Siblings, Version};
use std::borrow::Cow;

/// The message with other sibling sets.
pub(super) fn with_siblings<E>(
    message: &Message,
    set: impl Fn(&Siblings) -> Result<Siblings, E>,
    versions: impl Fn(&[Version]) -> Result<Vec<Version>, E>,
) -> Result<Cow<'_, Message>, E> {
    let mut own = message.clone();
    match &mut own {
        Message::Store { siblings, .. }
        | Message::Fetched { siblings, .. }
        | Message::Repair { siblings, .. }
        | Message::StoreHint { siblings, .. }
        | Message::HandOff { siblings, .. }
        | Message::Gathered { siblings, .. }
        | Message::Survey { siblings, .. }
        | Message::Surveyed { siblings, .. }
        | Message::Reap { siblings, .. }
        | Message::Sync { siblings, .. } => *siblings = set(siblings)?,
        Message::Answer(Answer::GetAnswered { siblings, .. }) => *siblings = versions(siblings)?,
        _ => return Ok(Cow::Borrowed(message)),
    }
    Ok(Cow::Owned(own))
}
