//! The *reachable* properties that show that an *always* property could have been violated.

pub(crate) const PUT: &[&str] = &["I6.acknowledged-by-exactly-w"];
pub(crate) const GET: &[&str] = &["I1.acknowledged-put-is-read", "I3.a-read-is-over"];
pub(crate) const MUST_SEE: &[&str] = &["I1.get-must-see-a-put"];
pub(crate) const HINTED_ACK: &[&str] = &["I4.acknowledged-on-a-hint"];
pub(crate) const HANDED_OVER: &[&str] = &["I8.hint-is-handed-over"];
pub(crate) const IN_PERSON: &[&str] = &["I1.in-person-put-is-read-in-person"];
pub(crate) const REAPED: &[&str] = &["I4.tombstone-is-reaped"];
pub(crate) const MISPLACED: &[&str] = &["I4.replica-is-handed-over"];
pub(crate) const SPREADS: &[&str] = &["I9.change-spreads"];
pub(crate) const VIEWS_DIFFER: &[&str] = &["I7.views-differ"];
pub(crate) const SERVED: &[&str] =
    &["I7.served-by-one-who-knows-more", "I7.client-with-an-old-view"];
pub(crate) const CLIENT_TOLD: &[&str] = &["I7.client-is-told"];
pub(crate) const EXCHANGED: &[&str] = &["I5.a-key-is-exchanged"];
pub(crate) const EXCHANGED_ALONE: &[&str] = &["I5.one-of-two-keys-is-exchanged"];
pub(crate) const READ_OVER: &[&str] = &["I3.a-read-is-over"];
