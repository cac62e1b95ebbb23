//! What the clients of a script do on real nodes.

use super::Stage;
use anyhow::{Context as _, bail};
use dynamo::client::{Client, ClientError};
use dynamo::stamp::StampedContext;
use dynamo_invariants::scenario::Outcome;
use dynamo_model::ids::NodeId;
use std::thread::{self, JoinHandle};

type Running = JoinHandle<Result<StampedContext, ClientError>>;

/// What a client does and knows.
#[derive(Default)]
pub(super) struct Session {
    /// The put in progress, and its version.
    running: Option<(String, Running)>,
    context: StampedContext,
    /// A session that chooses nodes by its own view.
    routing: Option<Client>,
    /// The node through which the client read last.
    pub(super) via: Option<NodeId>,
    /// How many requests the client has made.
    asked: u64,
}

impl Stage<'_> {
    pub(super) fn session(&mut self, client: &str) -> &mut Session {
        self.sessions.entry(client.to_owned()).or_default()
    }

    /// A new session for a client's next request. A non-replica chooses the replica to forward to
    /// by the session's id, as in the model.
    fn connect_as(&mut self, client: &str, name: NodeId) -> Result<Client, anyhow::Error> {
        let index = self.scenario.clients().iter().position(|other| *other == client);
        let index = index.expect("a script names only its own clients") as u64;
        let n = self.scenario.quorum.0 as u64;
        let session = self.session(client);
        session.asked += 1;
        let turn = (index + session.asked - 1 + self.scenario.nodes.len() as u64) % n;
        loop {
            let session = self.connect(name)?;
            if session.id().0 % n == turn {
                return Ok(session);
            }
        }
    }

    /// A client begins a put over the versions that it read last, or over none. Its answer may
    /// arrive later.
    pub(super) fn put(
        &mut self,
        version: &str,
        over: &[String],
        via: Option<NodeId>,
        client: &str,
    ) -> anyhow::Result<()> {
        self.join(client);
        let context = self.session(client).context.clone();
        let context = if over.is_empty() { StampedContext::new() } else { context };
        let Some(via) = via else {
            bail!("on real nodes, a put goes through a node that the script names: via A");
        };
        let session = self.connect_as(client, via).context("no socket for a client")?;
        let (key, value) = (self.key.clone(), version.to_owned());
        let running = thread::spawn(move || session.put(&key, value.as_bytes(), &context));
        self.session(client).running = Some((version.to_owned(), running));
        Ok(())
    }

    /// Waits for the answer to a client's put.
    pub(super) fn join(&mut self, client: &str) {
        let session = self.session(client);
        let Some((version, running)) = session.running.take() else { return };
        let answer = running.join().expect("a client does not panic");
        let outcome = if answer.is_ok() { Outcome::Acknowledged } else { Outcome::Failed };
        session.context = answer.unwrap_or_default();
        self.outcomes.insert(version, outcome);
    }

    pub(super) fn join_all(&mut self) {
        let clients: Vec<String> = self.sessions.keys().cloned().collect();
        for client in clients {
            self.join(&client);
        }
    }

    /// The outcome of a put that should have no answer yet, if it has one.
    pub(super) fn outcome_of_pending(&mut self, version: &str) -> Option<String> {
        let mut running = self.sessions.values().filter_map(|session| session.running.as_ref());
        let is_pending = running.any(|(other, put)| other == version && !put.is_finished());
        if is_pending {
            return None;
        }
        self.join_all();
        Some(self.outcomes.get(version).map_or("no put".to_owned(), ToString::to_string))
    }

    /// The versions that a client reads, through the node that the script names. `None`: the read
    /// has failed, and may be tried again.
    pub(super) fn read(&mut self, client: &str) -> Option<Vec<String>> {
        let key = self.key.clone();
        let found = if let Some(via) = self.session(client).via {
            self.connect_as(client, via).ok()?.get(&key)
        } else {
            if self.session(client).routing.is_none() {
                let first = self.scenario.founders()[0];
                let routing = self.connect(first).ok()?.with_own_view().ok()?;
                self.session(client).routing = Some(routing);
            }
            self.session(client).routing.as_ref()?.get(&key)
        };
        let found = found.ok()?;
        self.session(client).context = found.context;
        let value = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut values: Vec<String> =
            found.siblings.iter().map(|version| value(version.content.bytes())).collect();
        values.sort_unstable();
        Some(values)
    }
}
