//! One key of a recorded run: a case that grows with each request.
//!
//! Clients are not recorded. What one asks is known from the request that a node received, and what
//! it had read is known from its context: a node gave out that context with an answer, and the
//! ground truth says what the answer really showed.

use super::case::{Case, Violation};
use super::{messages, part};
use crate::property::Property;
use crate::scope::instance::Instance;
use crate::scope::recorded::Recorded;
use crate::scope::write_set::{WriteId, WriteSet};
use crate::scope::{Ask, OWN_VIEW};
use crate::truth::{Outcome, Read, observer, writes_of};
use dynamo_model::config::Config;
use dynamo_model::ids::{Content, Key, NodeId, RequestId};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::node::{Durable, State};
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::version::Context;
use stateright::actor::{Envelope, Id};
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use thiserror::Error;

/// So many contexts that nodes gave out are known: a client may use one long after it read it.
const CONTEXTS_MAX: usize = 256;
/// The most gets of a key at one time.
const READS_MAX: usize = 64;

/// Why a key is judged no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Unjudged {
    /// Too many puts are neither replaced nor forgotten.
    #[error(
        "more than {} of its puts were followed at one time: an old one was still on a disk",
        WriteId::LIVE_MAX
    )]
    Puts,
    /// Too many gets are unanswered.
    #[error("more than {READS_MAX} of its gets are under way")]
    Gets,
    /// A client used a context that no recorded answer gave out, or only a much older one.
    #[error("a client used a context that is in none of the last {CONTEXTS_MAX} answers")]
    Context,
    /// A node has a version, and no record shows that a client has put it.
    #[error("a node has a version that, by the records, no client has put")]
    Version,
    /// A request was taken for over, and a node goes on with it.
    #[error("a node went on with a request that had failed, or that nobody worked on any more")]
    Revived,
}

/// A property that a recorded run violates.
#[derive(Clone, Debug)]
pub struct KeyViolation {
    /// The key that it is violated for.
    pub key: Key,
    /// The property, and the facts that the verdict rests on.
    pub violation: Violation,
    /// The request and the value of each put that the facts name.
    pub puts: Vec<String>,
}

/// A request of which nothing is left in the case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Retired {
    /// It was answered, and another put replaced it.
    Done,
    /// It has failed, or was never answered.
    Unanswered,
}

/// One key.
pub(super) struct RecordedKey {
    pub(super) case: Case,
    /// What each put stores, by its [`WriteId`].
    pub(super) contents: Vec<Option<Content>>,
    /// The contexts that nodes gave out, and the puts that a client had read with each.
    pub(super) given: VecDeque<(Context, WriteSet)>,
    /// What each node has of the key, with the values of the run.
    disks: Vec<Option<Durable>>,
    pub(super) retired: HashMap<RequestId, Retired>,
    /// The get in each place came as this one. The first place to be free is that of the oldest.
    pub(super) read_order: Vec<u64>,
    pub(super) reads_begun: u64,
    /// Has a request come since the key was last cleared up?
    pub(super) is_longer: bool,
    pub(super) unjudged: Option<Unjudged>,
}

impl RecordedKey {
    pub(super) fn new(case: Case) -> Self {
        let nodes = usize::from(case.instance().scope.nodes);
        RecordedKey {
            case,
            contents: Vec::new(),
            given: VecDeque::new(),
            disks: vec![None; nodes],
            retired: HashMap::new(),
            read_order: Vec::new(),
            reads_begun: 0,
            is_longer: false,
            unjudged: None,
        }
    }

    /// Does what follows `told`. Judges the key no more if that cannot be followed.
    pub(super) fn hear(&mut self, told: impl FnOnce(&mut Self) -> Result<(), Unjudged>) {
        if self.unjudged.is_none() {
            self.unjudged = told(self).err();
        }
    }

    /// A node receives a request of a client, for the first time or again.
    pub(super) fn asked(&mut self, at: NodeId, operation: &Operation) -> Result<(), Unjudged> {
        let (request, instance) = (operation.request(), self.case.instance());
        let via = instance.clockwise.iter().position(|node| *node == at).unwrap_or(OWN_VIEW);
        if let Some((first, ask)) = instance.recorded.as_ref().and_then(|it| it.line(request)) {
            self.case.retried();
            if first != via {
                self.note(request, (OWN_VIEW, ask));
            }
            return Ok(());
        }
        if self.retired.contains_key(&request) {
            return Ok(());
        }
        let ask = ask(operation, &instance.config);
        let read = match operation {
            Operation::Put { content, context, .. } => {
                let read = self.read_with(context)?;
                self.add_put(request, content)?;
                read
            }
            Operation::Get { .. } => {
                self.add_get(request)?;
                WriteSet::EMPTY
            }
        };
        self.note(request, (via, ask));
        self.is_longer = true;
        self.begin(operation, read);
        Ok(())
    }

    /// The client sends the request. It had read these puts.
    fn begin(&mut self, operation: &Operation, read: WriteSet) {
        let Case { model, state, .. } = &mut self.case;
        state.history.clients[0] = read;
        let message = Message::Request(operation.clone());
        let client = Id::from(usize::from(model.cfg.scope.nodes));
        let envelope = Envelope { src: client, dst: client, msg: &message };
        let next = observer::record_out(&model.cfg, &state.history, envelope);
        self.case.follow(next);
    }

    fn note(&mut self, request: RequestId, line: (usize, Ask)) {
        if let Some(recorded) = &mut self.case.model.cfg.recorded {
            recorded.ask(request, line);
        }
    }

    /// What a client had really read that puts with this context.
    fn read_with(&self, context: &Context) -> Result<WriteSet, Unjudged> {
        if context.is_empty() {
            return Ok(WriteSet::EMPTY);
        }
        let mut given = self.given.iter().rev();
        let found = given.find(|(known, _)| known == context);
        found.map(|(_, read)| *read).ok_or(Unjudged::Context)
    }

    fn add_put(&mut self, request: RequestId, content: &Content) -> Result<(), Unjudged> {
        let Case { model, state, .. } = &mut self.case;
        let puts = &mut model.cfg.puts;
        let free = puts.iter().position(|put| *put == Recorded::NOBODY);
        let place = free.unwrap_or(puts.len());
        if place >= WriteId::LIVE_MAX {
            return Err(Unjudged::Puts);
        }
        if free.is_none() {
            puts.push(request);
            self.contents.push(None);
            state.history.add_write();
        }
        puts[place] = request;
        self.contents[place] = Some(content.clone());
        state.history.writes[place].outcome = Outcome::Unsent;
        Ok(())
    }

    fn add_get(&mut self, request: RequestId) -> Result<(), Unjudged> {
        let Case { model, state, .. } = &mut self.case;
        let gets = &mut model.cfg.gets;
        let free = gets.iter().position(|get| *get == Recorded::NOBODY);
        let place = free.unwrap_or(gets.len());
        if place >= READS_MAX {
            return Err(Unjudged::Gets);
        }
        if free.is_none() {
            gets.push(request);
            self.read_order.push(0);
            state.history.reads.push(Read::unsent());
        }
        gets[place] = request;
        state.history.reads[place] = Read::unsent();
        (self.read_order[place], self.reads_begun) = (self.reads_begun, self.reads_begun + 1);
        Ok(())
    }

    pub(super) fn sent(&mut self, from: Id, to: Id, message: &Message) -> Result<(), Unjudged> {
        let message = self.in_scope(message)?;
        if let Message::Answer(answer) = &*message
            && self.retired.get(&answer.request()) == Some(&Retired::Unanswered)
            && matches!(answer, Answer::PutAcknowledged { .. } | Answer::GetAnswered { .. })
        {
            return Err(Unjudged::Revived);
        }
        self.case.sent(from, to, &message);
        if let Message::Answer(answer) = &*message {
            self.gave_out(answer);
        }
        Ok(())
    }

    /// A node gives out a context with its answer.
    fn gave_out(&mut self, answer: &Answer) {
        let (ghost, instance) = (&self.case.state.history, self.case.instance());
        let (context, read) = match answer {
            Answer::PutAcknowledged { request, context, .. } => {
                let Some(write) = instance.write(*request) else { return };
                (context, ghost.saw(write).with(write))
            }
            Answer::GetAnswered { siblings, context, .. } => {
                (context, ghost.with_all_seen(writes_of(siblings)))
            }
            _ => return,
        };
        if self.given.back().is_some_and(|(last, its)| last == context && *its == read) {
            return;
        }
        if self.given.len() >= CONTEXTS_MAX {
            self.given.pop_front();
        }
        self.given.push_back((context.clone(), read));
    }

    pub(super) fn arrived(&mut self, from: Id, to: Id, message: &Message) -> Result<(), Unjudged> {
        let message = self.in_scope(message)?;
        self.case.arrived(from, to, &message);
        Ok(())
    }

    /// This is what a node knows, and what it has on disk.
    pub(super) fn set_node(
        &mut self,
        node: NodeId,
        state: &State,
        disk: &Durable,
    ) -> Result<(), Unjudged> {
        let (before, instance) = (&self.disks[usize::from(node.0)], self.case.instance());
        if before.as_ref().is_none_or(|before| !part::is_of_disk(instance, before, disk)) {
            let part = part::of_disk(instance, disk);
            self.case.set_disk(node, self.disk_in_scope(&part)?);
            self.disks[usize::from(node.0)] = Some(part);
        }
        self.case.set_memory(node, state);
        Ok(())
    }

    fn disk_in_scope(&self, part: &Durable) -> Result<Durable, Unjudged> {
        let (key, mut own) = (&self.case.instance().key, part.clone());
        if let Some(siblings) = part.store.get(key) {
            own.store.insert(key.clone(), self.siblings_in_scope(siblings)?);
        }
        for (id, siblings) in &part.hints {
            own.hints.insert(id.clone(), self.siblings_in_scope(siblings)?);
        }
        Ok(own)
    }

    fn in_scope<'m>(&self, message: &'m Message) -> Result<Cow<'m, Message>, Unjudged> {
        let versions = |versions: &[Version]| {
            let named = versions.iter().map(|version| Ok((version, self.named(version)?)));
            let named: Vec<(&Version, Option<Content>)> = named.collect::<Result<_, Unjudged>>()?;
            let other = |(version, content): (&Version, Option<Content>)| {
                let Version { dot, clock, .. } = version;
                content.map(|content| Version { dot: *dot, clock: clock.clone(), content })
            };
            Ok(named.into_iter().filter_map(other).collect())
        };
        messages::with_siblings(message, |set| self.siblings_in_scope(set), versions)
    }

    fn siblings_in_scope(&self, set: &Siblings) -> Result<Siblings, Unjudged> {
        for version in set.versions() {
            self.named(version)?;
        }
        Ok(set.with_contents(|version| self.named(version).ok().flatten()))
    }

    /// The content that the put of a version has in a scope. `None`: it is a retired put.
    ///
    /// The value decides which put it is. Where several puts have the same value, the request does
    /// that the version names.
    fn named(&self, version: &Version) -> Result<Option<Content>, Unjudged> {
        let (request, instance) = (version.request(), self.case.instance());
        let has_it = |write: &WriteId| {
            self.contents[usize::from(write.0)].as_ref() == Some(&version.content)
        };
        let named = request.and_then(|request| instance.write(request)).filter(has_it);
        let mut all = (0..self.contents.len()).map(|place| WriteId(place as u8));
        if let Some(write) = named {
            return Ok(Some(in_scope(&version.content, write)));
        }
        match request.and_then(|request| self.retired.get(&request)) {
            Some(Retired::Done) => return Ok(None),
            Some(Retired::Unanswered) => return Err(Unjudged::Revived),
            None => {}
        }
        let write = all.find(has_it).ok_or(Unjudged::Version)?;
        Ok(Some(in_scope(&version.content, write)))
    }

    pub(super) fn violation(&self, property: &'static Property) -> KeyViolation {
        let instance = self.instance();
        let told = |(number, put): (usize, &RequestId)| {
            let content = self.contents[number].as_ref()?;
            Some(format!("w{number} is the put of request {put:?}: {content:?}"))
        };
        let puts = instance.puts.iter().enumerate().filter_map(told).collect();
        KeyViolation { key: instance.key.clone(), violation: self.case.violation(property), puts }
    }

    pub(super) fn instance(&self) -> &Instance {
        self.case.instance()
    }
}

fn in_scope(content: &Content, write: WriteId) -> Content {
    match content {
        Content::Value(_) => Content::Value(write.value()),
        Content::Tombstone(_) => Content::Tombstone(write.value()),
    }
}

/// What the request asks, in the words of a script.
fn ask(operation: &Operation, config: &Config) -> Ask {
    match operation {
        Operation::Put { content: Content::Tombstone(_), .. } => Ask::Delete,
        Operation::Put { pw, .. } if usize::from(*pw) >= config.w() => Ask::PutInPerson,
        Operation::Put { context, .. } if context.is_empty() => Ask::Put,
        Operation::Put { .. } => Ask::PutOver,
        Operation::Get { pr, .. } if usize::from(*pr) >= config.r() => Ask::GetInPerson,
        Operation::Get { .. } => Ask::Get,
    }
}
