//! Why a scope cannot have an act or a fault, by its data.

use super::happening::Happening;
use crate::scope::{Ask, OWN_VIEW, Scope};

use Happening as H;

impl Happening {
    /// Why this cannot happen in the scope; `None`: it may. The scope's data decide it.
    pub fn cannot_occur_in(self, scope: &Scope) -> Option<&'static str> {
        let faults = &scope.faults;
        let asks = |is_meant: fn(Ask) -> bool| scope.asked().any(is_meant);
        let (may, why_not) = match self {
            H::Put => (
                asks(|ask| matches!(ask, Ask::Put | Ask::PutInPerson)),
                "no client puts without a context",
            ),
            H::PutOver => (scope.asks(Ask::PutOver), "no client puts over what it has read"),
            H::Delete => (scope.asks(Ask::Delete), "no client deletes"),
            H::Get => (asks(Ask::is_get), "no client reads"),
            H::InPerson => (asks(Ask::is_in_person), "no request asks for intended replicas only"),
            H::Forwarded => (may_forward(scope), "every request goes to an intended replica"),
            H::OwnView => (scope.routes(), "no client chooses nodes by its own view"),
            H::Retry => (faults.client_retries > 0, "clients do not retry"),
            H::StandIn => (
                scope.has_stand_ins(),
                "no fallback is asked: there is none, or coordinators wait for ever",
            ),
            H::Handoff => (
                scope.changes() || scope.has_stand_ins() && faults.handoffs > 0,
                "no node sends a hint",
            ),
            H::ReadRepair => {
                (asks(Ask::is_get) && scope.nodes > 1, "no get can find a stale replica")
            }
            H::Exchange => (faults.exchange, "replicas run no exchanges"),
            H::Reap => (faults.reaps > 0 && scope.asks(Ask::Delete), "no tombstone may be reaped"),
            H::Join => (asks(|ask| matches!(ask, Ask::Join(_))), "no node joins"),
            H::Leave => (asks(|ask| matches!(ask, Ask::Leave(_))), "no node leaves"),
            H::Remove => (asks(|ask| matches!(ask, Ask::Remove(_))), "no node is removed"),
            H::Rejoin => (may_rejoin(scope), "no node both leaves and joins"),
            H::Move => (faults.moved.is_some(), "no node has moved"),
            H::Loss => (faults.loss, "no message is lost"),
            H::Duplication => (faults.duplication, "no message arrives twice"),
            H::Crash => (faults.crashes > 0, "no node crashes"),
            H::LostDisk => (faults.lost_disk.is_some(), "no node loses its disk"),
            H::OldDisk => {
                (faults.old_disk.is_some(), "no node starts on an older copy of its disk")
            }
            H::Timeout => (faults.timeouts.is_some(), "coordinators wait for ever"),
            H::Retransmission => (
                faults.timeouts.is_some_and(|retransmissions| retransmissions > 0),
                "coordinators do not retransmit",
            ),
            H::LateByRingChange => (scope.changes(), "the ring does not change"),
        };
        (!may).then_some(why_not)
    }
}

/// May a node get a request of a key that it is no intended replica of?
fn may_forward(scope: &Scope) -> bool {
    let mut lines = scope.clients.iter().flat_map(|script| script.iter());
    let is_outside = |via: usize| via != OWN_VIEW && via >= scope.quorum.0;
    scope.changes() || lines.any(|(via, ask)| is_outside(*via) && ask.moves().is_none())
}

/// May a node leave before it joins? Within one script, the order of the lines decides.
fn may_rejoin(scope: &Scope) -> bool {
    let lines = || {
        scope.clients.iter().enumerate().flat_map(|(client, script)| {
            script.iter().enumerate().map(move |(line, (_, ask))| (client, line, *ask))
        })
    };
    lines().any(|(client, line, ask)| {
        let Ask::Leave(position) = ask else { return false };
        let is_later = |(other, number)| other != client || number > line;
        lines().any(|(other, number, ask)| ask == Ask::Join(position) && is_later((other, number)))
    })
}
