//! Validates the records of all nodes together.
//!
//! Each node's record has an order of its own. The records are joined by three rules. No clock
//! is read.
//!
//! - A batch that received a message comes after the batch in which its sender sent an equal one.
//! - A batch that received a client's put with a context comes after the batch of a node that gave
//!   out an equal context for the key. If no record shows that, the batch does not wait.
//! - A node that joins starts after the batch in which another node said that it has joined. A batch
//!   in which a stranger said so comes after that one, too: nodes take one that they do not know
//!   yet for a stranger.
//!
//! A batch that waits for nothing may come at once, so the join is greedy and takes linear time.
//!
//! **Why any such order will do.** A node's step depends only on its state and its input. So two
//! steps of different nodes may change places, unless one receives what the other sent. The model's
//! network may delay, lose and duplicate messages. So every order that keeps each node's own order,
//! and each sending before its receptions, is an execution of the model, and everything that always
//! holds must hold in it. Clients are not recorded. The second rule keeps a client's put after the
//! answer from which it got the context.
//!
//! A message may arrive more than once: the network may have duplicated it. So it is enough that an
//! equal message was sent once.

mod live;

use super::entry::Batch;
use super::fault::{Fault, Wrong};
use super::letters::{Letter, Letters};
use super::listen::{Ended, Listener, Lost, Started, Stepped};
use super::reader::{Damage, Ending, Position, Reader};
use super::track::{Counts, Done, Gap, Rest, Starting, Track, Turn, Waiting};
use crate::interpreter::Event;
use dynamo_model::ids::NodeId;
use dynamo_model::message::Message;
use dynamo_model::rules::Rules;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a validation found out about one node.
#[derive(Debug)]
pub struct NodeReport {
    /// The node.
    pub node: NodeId,
    /// How far it was followed.
    pub counts: Counts,
    /// What its record does not say.
    pub gaps: Vec<(Position, Gap)>,
    /// How its record ends.
    pub ending: Option<Ending>,
    /// Where it was read last.
    pub up_to: Position,
    /// What is wrong with the record itself.
    pub damage: Option<Damage>,
    /// Messages from each node that no record shows to have been sent.
    pub unseen: BTreeMap<NodeId, u64>,
}

/// What a validation found out.
#[derive(Debug)]
pub struct Report {
    /// The nodes.
    pub nodes: Vec<NodeReport>,
    /// Where nodes and the model part, in the joined order.
    pub faults: Vec<Fault>,
}

impl Report {
    /// Where a node first parts from the model, if it does.
    pub fn first_fault_of(&self, node: NodeId) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.node == node)
    }
}

/// The records, and what has been sent.
pub struct Join {
    tracks: Vec<Track>,
    index: HashMap<NodeId, usize>,
    sent: HashSet<Letter>,
    /// The nodes that wait for a message.
    awaited: HashMap<Letter, Vec<usize>>,
    unseen: Vec<BTreeMap<NodeId, u64>>,
    faults: Vec<Fault>,
    letters: Letters,
}

impl Join {
    /// Joins these records, and follows each node under its rules. No two are of the same node.
    pub fn new(records: Vec<(NodeId, Reader)>, rules: impl Fn(NodeId) -> Rules) -> Self {
        let index = records.iter().enumerate().map(|(index, (node, _))| (*node, index)).collect();
        let track = |(node, reader)| Track::new(node, reader, &rules(node));
        let tracks: Vec<Track> = records.into_iter().map(track).collect();
        Join {
            index,
            sent: HashSet::new(),
            awaited: HashMap::new(),
            unseen: vec![BTreeMap::new(); tracks.len()],
            tracks,
            faults: Vec::new(),
            letters: Letters::default(),
        }
    }

    /// Follows all records to their ends. `None`: `goes_on` said no.
    pub fn run(self, listener: &mut impl Listener, goes_on: &dyn Fn() -> bool) -> Option<Report> {
        let all = (0..self.tracks.len()).rev().collect();
        self.run_from(all, listener, goes_on)
    }

    /// Follows all records to their ends, from these nodes on.
    fn run_from(
        mut self,
        mut ready: Vec<usize>,
        listener: &mut impl Listener,
        goes_on: &dyn Fn() -> bool,
    ) -> Option<Report> {
        loop {
            while let Some(track) = ready.pop() {
                self.follow(track, listener, &mut ready, goes_on);
            }
            if !goes_on() {
                return None;
            }
            match self.one_that_waits_in_vain() {
                Some(track) => {
                    self.accept(track, listener);
                    ready.push(track);
                }
                None => return Some(self.report()),
            }
        }
    }

    /// Follows a node until it waits, its record ends, or `goes_on` says no.
    fn follow(
        &mut self,
        index: usize,
        listener: &mut impl Listener,
        ready: &mut Vec<usize>,
        goes_on: &dyn Fn() -> bool,
    ) {
        while goes_on() {
            if let Some(letter) = self.missing(index) {
                self.awaited.entry(letter).or_default().push(index);
                return;
            }
            self.start(index, listener);
            self.step(index, listener);
            if self.tracks[index].rest == Rest::Nothing {
                return;
            }
            self.advance(index, listener, ready);
            if self.tracks[index].rest == Rest::NotWritten {
                return;
            }
        }
    }

    /// Reads a node's record on, and tells what is certain now. A batch counts once the next entry
    /// shows that it was committed.
    fn advance(&mut self, index: usize, listener: &mut impl Listener, ready: &mut Vec<usize>) {
        let track = &mut self.tracks[index];
        let (gaps, disks, faults) = (track.gaps.len(), track.counts.new_disks, self.faults.len());
        let turn = track.advance(&mut self.faults);
        if !matches!(turn, Turn::Ended | Turn::NotYet) {
            self.tell_last(index, listener, ready);
        }
        let track = &mut self.tracks[index];
        let former = track.former.take();
        let replay = former.as_ref().or(track.replay.as_ref());
        if matches!(turn, Turn::Started(_) | Turn::Over) && std::mem::take(&mut track.is_running) {
            let last = replay.map(|replay| (replay.state(), replay.disks()[1]));
            listener.ended(&Ended { node: track.id, how: track.ending, last });
        }
        for (at, gap) in track.gaps[gaps..].iter().filter(|(_, gap)| *gap != Gap::Open) {
            listener.lost_sight(track.id, at, &Lost::Gap(gap.clone()));
        }
        if self.faults.len() > faults {
            listener.lost_sight(track.id, track.position(), &Lost::Differs);
        }
        if let Turn::Started(head) = turn {
            let is_new_disk = track.counts.new_disks > disks;
            track.starting = Some(Starting { head, is_new_disk });
        }
    }

    /// A node has committed its last batch, and so has sent what it was about to send.
    fn tell_last(&mut self, index: usize, listener: &mut impl Listener, ready: &mut Vec<usize>) {
        let Some(Done { at, batch, is_followed }) = self.tracks[index].done.take() else { return };
        let unseen = self.send(index, &batch, ready);
        let track = &mut self.tracks[index];
        if let Some(from) = unseen {
            listener.lost_sight(track.id, &at, &Lost::Unseen(from));
        }
        let replay = track.former.as_ref().or(track.replay.as_ref()).filter(|_| is_followed);
        // Only the last batch of the former life may have been undone.
        let is_undone = track.former.is_some() && track.is_undone;
        if let Some(replay) = replay.filter(|_| !is_undone) {
            let event = track.told;
            track.told += batch.events.len() as u64;
            let [_, disk] = replay.disks();
            let (node, state) = (track.id, replay.state());
            listener.stepped(&Stepped { node, at: &at, event, batch: &batch, state, disk });
        }
    }

    /// A node starts.
    fn start(&mut self, index: usize, listener: &mut impl Listener) {
        let track = &mut self.tracks[index];
        let Some(Starting { head, is_new_disk }) = track.starting.take() else { return };
        let Some(replay) = &track.replay else { return };
        (track.is_running, track.told) = (true, track.events);
        let [_, disk] = replay.disks();
        let (node, at, state) = (track.id, track.position(), replay.state());
        listener.started(&Started { node, at, head: &head, is_new_disk, state, disk });
    }

    /// The first message that the next batch of a node received and that was not sent yet. Or what
    /// a node that joins must be told before it starts.
    fn missing(&mut self, index: usize) -> Option<Letter> {
        let Join { tracks, index: known, sent, letters, .. } = self;
        let Track { waiting, id, starting, untold, replay, .. } = &mut tracks[index];
        if starting.is_some() {
            let mut all = untold.iter().map(|change| letters.change(change));
            return all.find(|letter| !sent.contains(letter));
        }
        let members = replay.as_ref().map(|replay| &replay.disks()[1].history);
        let Waiting { batch, checked, .. } = waiting.as_mut()?;
        while let Some(event) = batch.events.get(*checked) {
            if let Event::Received(from, message) | Event::Ignored(from, message) = event {
                let needed = match NodeId::from_actor(*from) {
                    Some(node) if !known.contains_key(&node) => Vec::new(),
                    Some(_) => vec![letters.message(*from, id.actor(), message)],
                    None => letters.used(message, members),
                };
                if let Some(letter) = needed.into_iter().find(|letter| !sent.contains(letter)) {
                    return Some(letter);
                }
            }
            *checked += 1;
        }
        None
    }

    /// A node does its next batch.
    fn step(&mut self, index: usize, listener: &mut impl Listener) {
        let track = &mut self.tracks[index];
        let Some(Waiting { at, batch, .. }) = track.waiting.take() else { return };
        let followed = track.replay.as_mut().map(|replay| replay.follow(&batch));
        let is_followed = matches!(followed, Some(Ok(())));
        if let Some(Err(found)) = followed {
            let (event, what) =
                (track.events + found.event as u64, Wrong::Differs(found.difference));
            let (node, at) = (track.id, at.clone());
            listener.lost_sight(node, &at, &Lost::Differs);
            let fault = Fault { node, at, event, what, around: Vec::new(), index: 0 };
            self.faults.push(fault.amid(&batch.events, found.event));
            track.replay = None;
        }
        track.events += batch.events.len() as u64;
        track.counts.batches += 1;
        track.counts.events += batch.events.len() as u64;
        track.done = Some(Done { at, batch, is_followed });
    }

    /// Notes what a batch sent, and wakes the nodes that wait for it. Returns a node without a
    /// record from which the batch received something.
    fn send(&mut self, index: usize, batch: &Batch, ready: &mut Vec<usize>) -> Option<NodeId> {
        for letter in self.letters_of(index, batch) {
            if self.sent.insert(letter) {
                ready.extend(self.awaited.remove(&letter).unwrap_or_default());
            }
        }
        let mut unseen = None;
        for event in &batch.events {
            match event {
                Event::Sent(..) => self.tracks[index].counts.sent += 1,
                Event::Received(from, _) | Event::Ignored(from, _) => {
                    self.tracks[index].counts.received += 1;
                    if let Some(from) = NodeId::from_actor(*from)
                        && !self.index.contains_key(&from)
                    {
                        // A node without a record: nothing shows that it sent this.
                        *self.unseen[index].entry(from).or_default() += 1;
                        unseen = Some(from);
                    }
                }
                Event::Fired(_) | Event::Chose(_) => {}
            }
        }
        unseen
    }

    /// What others may wait for that a batch of a node sent.
    fn letters_of(&mut self, index: usize, batch: &Batch) -> Vec<Letter> {
        let (own, mut letters) = (self.tracks[index].id.actor(), Vec::new());
        for event in &batch.events {
            if let Event::Sent(to, message) = event {
                letters.extend(self.letters.given(message));
                letters.push(self.letters.message(own, *to, message));
            }
        }
        letters
    }

    /// The sender that a node waits for, with the message.
    fn awaits(&self, index: usize) -> Option<(NodeId, &Message)> {
        let Waiting { batch, checked, .. } = self.tracks[index].waiting.as_ref()?;
        match batch.events.get(*checked)? {
            Event::Received(from, message) | Event::Ignored(from, message) => {
                Some((NodeId::from_actor(*from)?, message))
            }
            _ => None,
        }
    }

    /// All nodes wait or are over. A node that waits for one whose record is over waits in vain. So
    /// does one that waits for a node whose record may lack the message. If all wait for one
    /// another, a message has arrived before it was sent.
    fn one_that_waits_in_vain(&self) -> Option<usize> {
        let sender = |index: usize| {
            let (from, _) = self.awaits(index)?;
            Some(&self.tracks[self.index[&from]])
        };
        let waiting = || (0..self.tracks.len()).filter(|index| sender(*index).is_some());
        let is = |which: fn(&Track) -> bool| waiting().find(|it| sender(*it).is_some_and(which));
        // A client used a context, and no record shows which node gave it out. Or a node has joined,
        // and no record shows which node told it so.
        let is_for_context = |index: &usize| {
            let Track { waiting, starting, .. } = &self.tracks[*index];
            (waiting.is_some() || starting.is_some()) && self.awaits(*index).is_none()
        };
        is(|sender| sender.rest == Rest::Nothing)
            .or_else(|| is(Track::may_lack_sends))
            .or_else(|| (0..self.tracks.len()).find(is_for_context))
            .or(waiting().next())
    }

    /// Takes the message that a node waits for as sent.
    fn accept(&mut self, index: usize, listener: &mut impl Listener) {
        let Some((from, message)) = self.awaits(index) else {
            let letter = self.missing(index);
            self.awaited.retain(|other, _| Some(*other) != letter);
            return self.sent.extend(letter);
        };
        let message = message.clone();
        let track = &self.tracks[index];
        listener.lost_sight(track.id, track.position(), &Lost::Unseen(from));
        let sender = &self.tracks[self.index[&from]];
        if sender.may_lack_sends() {
            *self.unseen[index].entry(from).or_default() += 1;
        } else {
            let (track, what) =
                (&self.tracks[index], Wrong::Unsent { from, message: Box::new(message.clone()) });
            if let Some(Waiting { at, batch, checked }) = &track.waiting {
                let event = track.events + *checked as u64;
                let (node, at) = (track.id, at.clone());
                let fault = Fault { node, at, event, what, around: Vec::new(), index: 0 };
                self.faults.push(fault.amid(&batch.events, *checked));
            }
        }
        let to = self.tracks[index].id.actor();
        let letter = self.letters.message(from.actor(), to, &message);
        self.awaited.remove(&letter);
        self.sent.insert(letter);
    }

    fn report(self) -> Report {
        let node = |(track, unseen): (Track, BTreeMap<NodeId, u64>)| NodeReport {
            node: track.id,
            up_to: track.position().clone(),
            counts: track.counts,
            gaps: track.gaps,
            ending: track.ending,
            damage: track.damage,
            unseen,
        };
        let nodes = self.tracks.into_iter().zip(self.unseen).map(node).collect();
        Report { nodes, faults: self.faults }
    }
}
