//! Stamps on contexts: a node accepts a context only if a node of its cluster has given it out, and
//! only with the same key.
//!
//! A context says which versions a put replaces. A client that makes up a context could replace
//! what it never read. So nodes stamp each context that they give to a client, with a key that only
//! nodes have ([`secret`](crate::secret)).

use crate::identity::ClusterId;
use crate::secret::NodeSecret;
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::version::Context;
use ring::hmac;

/// The length of a stamp, in bytes.
pub const STAMP_BYTES: usize = 32;
/// A stamp: HMAC-SHA-256 of the cluster id, the length of the key, the key, and the context in
/// postcard encoding.
pub type Stamp = [u8; STAMP_BYTES];

/// A context as clients have it: with the stamp of the node that gave it out. The default is the
/// empty context, which replaces nothing.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StampedContext {
    pub(crate) context: Context,
    pub(crate) stamp: Stamp,
}

impl StampedContext {
    /// The empty context.
    pub fn new() -> Self {
        Self::default()
    }

    /// A context with its stamp.
    pub fn with_stamp(context: Context, stamp: Stamp) -> Self {
        StampedContext { context, stamp }
    }

    /// The stamp.
    pub fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// Is the context empty? Then it replaces nothing.
    pub fn is_empty(&self) -> bool {
        self.context.is_empty()
    }

    /// The context.
    pub fn context(&self) -> &Context {
        &self.context
    }
}

/// The key and context in a message between a client and a node, if it has a stamped context.
pub(crate) fn stamped(message: &Message) -> Option<(&str, &Context)> {
    match message {
        Message::Request(Operation::Put { key, context, .. })
        | Message::Routed { operation: Operation::Put { key, context, .. }, .. }
        | Message::Answer(
            Answer::PutAcknowledged { key, context, .. } | Answer::GetAnswered { key, context, .. },
        ) => Some((key.as_str(), context)),
        _ => None,
    }
}

/// Makes and checks stamps.
#[derive(Clone, Debug)]
pub struct Stamps {
    key: hmac::Key,
    cluster: ClusterId,
}

impl Stamps {
    /// The stamps of a cluster with this secret.
    pub fn new(secret: &NodeSecret, cluster: ClusterId) -> Self {
        Stamps { key: hmac::Key::new(hmac::HMAC_SHA256, &secret.stamps()), cluster }
    }

    /// The stamp of a context for a key.
    pub fn stamp(&self, key: &str, context: &Context) -> Stamp {
        let tag = hmac::sign(&self.key, &self.bytes(key, context));
        tag.as_ref().try_into().expect("SHA-256 gives 32 bytes")
    }

    /// May a client use this context with this key? The empty context needs no stamp.
    pub fn is_good(&self, key: &str, context: &Context, stamp: &Stamp) -> bool {
        *context == Context::new()
            || hmac::verify(&self.key, &self.bytes(key, context), stamp).is_ok()
    }

    fn bytes(&self, key: &str, context: &Context) -> Vec<u8> {
        let bytes =
            [&self.cluster.to_bytes()[..], &(key.len() as u64).to_le_bytes(), key.as_bytes()]
                .concat();
        postcard::to_extend(context, bytes).expect("sequences of known length, written to memory")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo_model::ids::NodeId;
    use dynamo_model::version::Dot;

    #[test]
    fn a_stamp_is_good_for_one_context_of_one_key_in_one_cluster() {
        let (secret, cluster) = (NodeSecret::generate(), ClusterId::UNKNOWN);
        let (ours, theirs) =
            (Stamps::new(&secret, cluster), Stamps::new(&NodeSecret::generate(), cluster));
        let same_secret = Stamps::new(&secret, cluster.named("another"));
        let context = |counter| Context::new().with(Dot { issuer: NodeId(0).into(), counter });
        let stamp = ours.stamp("k", &context(1));
        assert!(ours.is_good("k", &context(1), &stamp));
        assert!(!ours.is_good("k", &context(2), &stamp), "made up");
        assert!(!ours.is_good("l", &context(1), &stamp), "another key's");
        assert!(!theirs.is_good("k", &context(1), &stamp), "another cluster's");
        assert!(
            !same_secret.is_good("k", &context(1), &stamp),
            "another cluster's with the same secret"
        );
        assert!(!ours.is_good("k", &context(1), &[0; STAMP_BYTES]), "none");
        assert!(ours.is_good("k", &Context::new(), &[0; STAMP_BYTES]), "empty, so no stamp needed");
    }
}
