//! An administrator asks any node to change who is a member. The node adds the change to its
//! history, or refuses it and says why. It does so once for each request: the network may deliver
//! a request again after the member has been changed anew.

use crate::acts::handler::Handler;
use crate::algebra::ids::{NodeId, RequestId};
use crate::algebra::membership::{Act, Change, History, Standing};
use crate::rules::{Freshness, Rules};
use crate::state::durable::{Decision, Issued};
use crate::state::message::{Answer, Message};
use crate::state::wish::{ChangeRefusal, Wish};
use stateright::actor::Id;

impl History {
    /// The history after an administrator's wish. It stays as it is if the wish is fulfilled
    /// already. `needed` is the larger of R and W.
    ///
    /// # Errors
    /// If the change is not allowed: [`ChangeRefusal`] lists the reasons.
    pub fn with_wish(
        &self,
        rules: &Rules,
        node: NodeId,
        wish: Wish,
        needed: usize,
    ) -> Result<History, ChangeRefusal> {
        let standings = rules.standings(self);
        let standing = standings.get(&node).copied().unwrap_or(Standing::Unknown);
        let change = |time, act| Some(Change { node, time, act });
        let time = self
            .of(node)
            .filter(|change| !matches!(change.act, Act::Move(_)))
            .map(|change| change.time)
            .max();
        let time = time.unwrap_or(0);
        if let Wish::Join(Some(address)) = wish
            && let Some(other) = self.holder_of(address, node, |changes| rules.standing(changes))
        {
            return Err(ChangeRefusal::AddressTaken(other));
        }
        let new = match (wish, standing) {
            (Wish::Join(_), Standing::Removed) => return Err(ChangeRefusal::RemovedForGood(node)),
            (Wish::Join(Some(address)), Standing::Member)
                if self.address(node).is_some_and(|own| own != address) =>
            {
                return Err(ChangeRefusal::InUse(node));
            }
            (Wish::Join(_), Standing::Member)
            | (Wish::Leave, Standing::Leaving | Standing::Gone)
            | (Wish::Remove, Standing::Removed) => None,
            (Wish::Join(_), _) if time >= Change::TIME_MAX => {
                return Err(ChangeRefusal::JoinedTooOften(node));
            }
            (Wish::Join(_), _) => change(time + 1, Act::Join),
            (Wish::Leave, Standing::Member) => change(time, Act::Leave),
            (Wish::Remove, Standing::Member | Standing::Leaving) => change(time, Act::Remove),
            (Wish::Leave | Wish::Remove, _) => return Err(ChangeRefusal::NoMember(node)),
        };
        let members = standings.values().filter(|standing| **standing == Standing::Member).count();
        if !matches!(wish, Wish::Join(_)) && standing == Standing::Member && members - 1 < needed {
            return Err(ChangeRefusal::TooFewLeft { left: members - 1, needed });
        }
        let mut history = self.clone();
        if let Some(change) = new {
            history.insert(change);
        }
        if let Wish::Join(Some(address)) = wish {
            history = history.moved(node, address);
        }
        if history.len() > self.len().max(Self::CHANGES_MAX) {
            return Err(ChangeRefusal::TooManyChanges(self.len()));
        }
        Ok(history)
    }
}

impl Handler<'_, '_> {
    /// An administrator asks this node for a change. The node answers with its history, or a
    /// refusal.
    pub(crate) fn on_administer(
        &mut self,
        client: Id,
        request: RequestId,
        node: NodeId,
        wish: Wish,
    ) {
        let remembered = self.state.durable.issued.get(&request.client);
        let decided = match (self.node.rules.change_freshness(remembered, request), remembered) {
            (Freshness::Outdated, _) => return,
            (Freshness::Repeated, Some(Issued { answer: Decision::Change(decided), .. })) => {
                decided.map(|()| false)
            }
            (Freshness::New | Freshness::Repeated | Freshness::Known, _) => {
                self.decide(request, node, wish)
            }
        };
        match decided {
            Ok(is_new) => {
                // The answer comes first: what this node sends next, it sends under its new view.
                let history = self.state.durable.history.clone();
                self.out.send(client, Message::Answer(Answer::Changed { request, history }));
                if is_new {
                    self.go_on_by_the_new_view();
                }
            }
            Err(refusal) => {
                let answer = Answer::ChangeRefused { request, refusal };
                self.out.send(client, Message::Answer(answer));
            }
        }
    }

    /// Makes the change or refuses it, and saves which of the two. Returns whether the history is
    /// another one now.
    fn decide(
        &mut self,
        request: RequestId,
        node: NodeId,
        wish: Wish,
    ) -> Result<bool, ChangeRefusal> {
        let config = &self.node.config;
        let needed = config.r().max(config.w());
        let history = &self.state.durable.history;
        let after = if node == self.id && wish == Wish::Remove {
            Err(ChangeRefusal::RemovesItself(node))
        } else {
            history.with_wish(&self.node.rules, node, wish, needed)
        };
        self.remember(request, Decision::Change(after.as_ref().map(|_| ()).map_err(|it| *it)));
        let is_new = after.as_ref().is_ok_and(|history| self.keep(history));
        if !is_new {
            self.save();
        }
        after.map(|_| is_new)
    }
}
