//! Messages, versions and timers in as few words as will do.

use dynamo_model::client::{Line, Via};
use dynamo_model::ids::{Content, NodeId, RequestId};
use dynamo_model::membership::History;
use dynamo_model::message::{Answer, Message, Operation, Since};
use dynamo_model::node::Timer;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::version::Context;
use dynamo_model::wish::Wish;

/// What is held of a key: each sibling with its clock.
pub fn held(siblings: &Siblings) -> String {
    let covered =
        siblings.versions().iter().fold(Context::new(), |all, version| all.merge(&version.clock));
    let shown = versions(siblings.versions());
    if covered == *siblings.context() {
        shown
    } else {
        format!("{shown}, knowing {}", siblings.context())
    }
}

fn versions(versions: &[Version]) -> String {
    let shown = versions.iter().map(|version| format!("{:?} {}", version.content, version.clock));
    let shown = shown.collect::<Vec<_>>().join(" || ");
    if shown.is_empty() { "nothing".to_owned() } else { shown }
}

/// So many of something.
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn put(content: &Content) -> String {
    match content {
        Content::Value(_) => format!("put {content:?}"),
        Content::Tombstone(_) => format!("delete {content:?}"),
    }
}

fn operation(operation: &Operation) -> String {
    let in_person =
        |count: &u8| if *count > 0 { format!(", {count} in person") } else { String::new() };
    match operation {
        Operation::Put { content, context, pw, .. } => {
            let over = if context.is_empty() { String::new() } else { format!(" over {context}") };
            format!("{}{over}{}", put(content), in_person(pw))
        }
        Operation::Get { pr, .. } => format!("get{}", in_person(pr)),
    }
}

fn wish(node: NodeId, wish: Wish) -> String {
    match wish {
        Wish::Join(_) => format!("let {node} join"),
        Wish::Leave => format!("let {node} leave"),
        Wish::Remove => format!("remove {node}"),
    }
}

fn answer(answer: &Answer) -> String {
    match answer {
        Answer::PutAcknowledged { context, .. } => format!("acknowledged, {context}"),
        Answer::PutFailed { stored, needed, .. } => {
            format!("failed: {stored} of {needed} stored it")
        }
        Answer::PutRefused { refusal, .. } | Answer::GetRefused { refusal, .. } => {
            format!("refused: {refusal:?}")
        }
        Answer::GetAnswered { siblings, .. } => format!("answer {}", versions(siblings)),
        Answer::GetFailed { answered, needed, .. } => {
            format!("failed: {answered} of {needed} answered")
        }
        Answer::Changed { .. } => "it is so".to_owned(),
        Answer::NoRoute { .. } => "nobody to ask".to_owned(),
        Answer::ChangeRefused { refusal, .. } => format!("refused: {refusal:?}"),
    }
}

/// A message, in a few words.
pub fn brief(message: &Message) -> String {
    let of = |request: &RequestId| format!("{request:?}");
    match message {
        Message::Request(asked) | Message::Routed { operation: asked, .. } => operation(asked),
        Message::Answer(told) => answer(told),
        Message::Forward { operation: asked, .. } => format!("forward {}", operation(asked)),
        Message::Forwarded { request } => format!("takes on {}", of(request)),
        Message::Store { siblings, .. } => format!("store {}", held(siblings)),
        Message::Stored { request } => format!("stored {}", of(request)),
        Message::Fetch { request, .. } => format!("fetch for {}", of(request)),
        Message::Fetched { request, siblings } => {
            format!("fetched for {}: {}", of(request), held(siblings))
        }
        Message::Repair { siblings, .. } => format!("repair {}", held(siblings)),
        Message::StoreHint { hint, siblings, .. } => {
            format!("keep for {}: {}", hint.recipient, held(siblings))
        }
        Message::StoredHint { request, recipient } => {
            format!("kept for {recipient}: {}", of(request))
        }
        Message::HandOff { siblings, .. } => format!("hand off {}", held(siblings)),
        Message::HandedOff { context, .. } => format!("handed off, {context}"),
        Message::Gather { .. } => "what have you?".to_owned(),
        Message::Gathered { siblings, is_all, .. } => {
            let rest = if *is_all { ", and nothing else for you" } else { "" };
            format!("all I have: {}{rest}", held(siblings))
        }
        Message::Survey { siblings, .. } => format!("anything besides {}?", held(siblings)),
        Message::Surveyed { siblings, .. } => format!("nothing besides {}", held(siblings)),
        Message::Reap { siblings, .. } => format!("reap {}", held(siblings)),
        Message::Roots { roots, .. } => counted(roots.len(), "root"),
        Message::Subtrees { subtrees, .. } => counted(subtrees.len(), "subtree"),
        Message::Leaves { leaves, .. } => {
            let keys = leaves.iter().flat_map(|leaf| &leaf.keys).map(|(key, _)| format!("{key:?}"));
            format!("at differing leaves: {}", keys.collect::<Vec<_>>().join(", "))
        }
        Message::Sync { key, siblings, .. } => format!("sync {key:?}: {}", held(siblings)),
        Message::Administer { node, wish: wanted, .. } => wish(*node, *wanted),
        Message::Gossip { tip } => format!("gossip: tip {}", shortened(tip.0)),
        Message::History { history } => format!("history: {}", changes(history)),
        Message::Changes { changes: told } => format!("changes: {}", changes(told)),
        Message::Dated { since: Since::Copied, message } => {
            format!("{} (a commit after the copy)", brief(message))
        }
        Message::Dated { since: Since::Returned, message } => {
            format!("{} (on the copy)", brief(message))
        }
    }
}

/// The changes of a history, in the order of their nodes.
pub(crate) fn changes(history: &History) -> String {
    history.changes().map(|change| format!("{change:?}")).collect::<Vec<_>>().join(", ")
}

/// As much of a digest as tells it from others.
pub fn shortened(digest: u64) -> String {
    format!("{digest:016x}")[..6].to_owned()
}

/// A timer, by what it is for.
pub(crate) fn timer(timer: &Timer) -> String {
    match timer {
        Timer::Put(_, request) => format!("put {request:?}"),
        Timer::Get(_, request) => format!("get {request:?}"),
        Timer::Forward(_, request) => format!("forward {request:?}"),
        Timer::Gather(_, key) => format!("gather {key:?}"),
        Timer::Handoff(_, recipient) => format!("handoff to {recipient}"),
        Timer::Reap(_, key) => format!("reap {key:?}"),
        Timer::Gossip(_) => "gossip".to_owned(),
        Timer::Exchange(_, peer) => {
            peer.map_or("exchange".to_owned(), |peer| format!("exchange with {peer}"))
        }
        Timer::Plant(_) => "plant".to_owned(),
        Timer::Client(_) => "answer".to_owned(),
    }
}

/// A line of a client's script.
pub(crate) fn line(via: Via, line: &Line) -> String {
    let asks = match line {
        Line::PutBlind { content, .. } | Line::PutInformed(content) => put(content),
        Line::Get { .. } => "get".to_owned(),
        Line::Administer { node, wish: wanted } => wish(*node, *wanted),
    };
    let over = if matches!(line, Line::PutInformed(_)) { ", over what it has read" } else { "" };
    match via {
        Via::Node(node) => format!("{asks} through {node}{over}"),
        Via::OwnView => format!("{asks} by its own view{over}"),
    }
}
