//! Arguments that several commands share, and their parsers.

use super::Failure;
use crate::output::say;
use anyhow::{Context as _, anyhow};
use clap::Args;
use clap::builder::RangedU64ValueParser;
use dynamo::admission::Limits;
use dynamo::client::{Client, ClientError};
use dynamo::context_text;
use dynamo::record;
use dynamo::secret::{Credentials, Secret};
use dynamo::stamp::StampedContext;
use dynamo_invariants::tables::Table;
use dynamo_model::config::{AntiEntropy, Config, Handoff, Patience};
use dynamo_model::ids::NodeId;
use serde_json::json;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// N, R and W.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Quorums {
    /// Replicas of each key. Every node must have the same number
    #[arg(long, default_value_t = 3)]
    pub(super) n: usize,
    /// Nodes that must answer a get before the coordinator answers the client. Every node must have
    /// the same number
    #[arg(long, default_value_t = 2)]
    pub(super) r: usize,
    /// Nodes that must store a put before the coordinator acknowledges it. Every node must have the
    /// same number
    #[arg(long, default_value_t = 2)]
    pub(super) w: usize,
}

impl Quorums {
    pub(super) fn config(self) -> Result<Config, Failure> {
        let config = Config::new(self.n, self.r, self.w).map_err(Failure::usage)?;
        Ok(config.with_patience(Patience::LOCAL))
    }
}

/// How often a node does something, and how long it waits.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Pace {
    /// How long a coordinator waits for a replica before it asks it again, in seconds. After five
    /// times it suspects the replica
    #[arg(long, value_name = "SECONDS", default_value = "0.2", value_parser = seconds)]
    answer_within: Duration,
    /// How long after storing a hint a node first sends it to its recipient, in seconds. The wait
    /// doubles with every further try, up to 32 times
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    handoff_after: Duration,
    /// How long tombstones stay before nodes may reap them, in seconds. Must be more than twice as
    /// long as any message lives in your network
    #[arg(long, value_name = "SECONDS", default_value = "3600", value_parser = seconds)]
    reap_after: Duration,
    /// How often a node gossips its membership history to a random peer, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    gossip_every: Duration,
    /// How often a node begins an anti-entropy exchange with a random peer, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    exchange_every: Duration,
    /// The most keys a second that a node requests or is sent in its own exchanges, while they find
    /// differences
    #[arg(long, value_name = "KEYS", default_value_t = 6400,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    exchange_rate: u32,
}

impl Pace {
    pub(super) fn apply(self, config: Config) -> Config {
        let Pace {
            answer_within,
            handoff_after,
            reap_after,
            gossip_every,
            exchange_every,
            exchange_rate,
        } = self;
        let patience = Patience { answer_within, ..Patience::LOCAL };
        let handoff = Handoff { first_after: handoff_after, ..Handoff::LOCAL };
        let config = config.with_patience(patience).with_handoff(handoff);
        let local = AntiEntropy::LOCAL;
        let again_after = Duration::from_secs(local.window as u64) / exchange_rate;
        let anti_entropy = AntiEntropy { every: exchange_every, again_after, ..local };
        config
            .with_reaping_after(reap_after)
            .with_gossip_every(gossip_every)
            .with_anti_entropy(anti_entropy)
    }
}

/// How many requests a node accepts.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Load {
    /// How many unanswered requests one client address may have. The node refuses more
    #[arg(long, value_name = "COUNT", value_parser = limit(),
        default_value_t = count(Limits::default().requests_per_address))]
    requests_per_address: u32,
    /// How many requests of all clients the node serves at a time
    #[arg(long, value_name = "COUNT", value_parser = limit(),
        default_value_t = count(Limits::default().requests))]
    requests: u32,
    /// How many more requests may wait to be served. A slow node lets fewer wait. The node refuses
    /// more
    #[arg(long, value_name = "COUNT", value_parser = limit(),
        default_value_t = count(Limits::default().waiting))]
    requests_waiting: u32,
    /// How many puts and gets the node may coordinate at a time. A put or get that is answered
    /// counts while it waits for a replica. The node refuses more
    #[arg(long, value_name = "COUNT", value_parser = limit(),
        default_value_t = count(Limits::default().under_way))]
    under_way: u32,
}

fn count(limit: usize) -> u32 {
    limit as u32
}

fn limit() -> RangedU64ValueParser<u32> {
    RangedU64ValueParser::new().range(1..=1_000_000)
}

impl Load {
    pub(super) fn limits(self) -> Limits {
        let Load { requests_per_address, requests, requests_waiting, under_way } = self;
        Limits {
            requests_per_address: requests_per_address as usize,
            requests: requests as usize,
            waiting: requests_waiting as usize,
            under_way: under_way as usize,
        }
    }
}

/// Whether a node is recorded.
#[derive(Clone, Debug, Args)]
pub(super) struct Record {
    /// Record the node's run in this directory, for dynamo trace validate. It is made if it does
    /// not exist. Each node needs a directory of its own. A record contains the values
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// The most bytes of a record. The oldest files are deleted. A put and a get of a value of 200
    /// bytes take about 1 KB at each replica
    #[arg(long, value_name = "BYTES", requires = "record",
        default_value_t = record::Limits::BYTES_MAX_DEFAULT,
        value_parser = clap::value_parser!(u64).range(record::Limits::BYTES_MAX_LEAST..))]
    record_max_bytes: u64,
}

impl Record {
    pub(super) fn limits(self) -> Option<record::Limits> {
        let bytes_max = self.record_max_bytes;
        self.record.map(|directory| record::Limits { directory, bytes_max })
    }
}

/// Which node to ask, and how long to wait.
#[derive(Clone, Debug, Args)]
pub(super) struct Session {
    /// The address of any node, such as 127.0.0.1:4100
    #[arg(long = "node", value_name = "ADDR", value_parser = address)]
    node: SocketAddr,
    /// How long to wait for an answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    timeout: Duration,
    #[command(flatten)]
    secret: SecretFile,
}

impl Session {
    pub(super) fn connect(&self) -> Result<Client, Failure> {
        let credentials =
            self.secret.read()?.map_or_else(Credentials::open, |secret| secret.credentials());
        Ok(Client::connect_with(self.node, credentials)
            .map_err(Failure::from)?
            .with_timeout(self.timeout))
    }
}

/// Environment variables: one names the file with the secret, the other holds the secret.
const SECRET_FILE_VARIABLE: &str = "DYNAMO_SECRET_FILE";
const SECRET_VARIABLE: &str = "DYNAMO_SECRET";

/// The cluster's secret.
#[derive(Clone, Debug, Args)]
pub(super) struct SecretFile {
    /// The file with the cluster's secret, readable by its owner alone (dynamo secret makes it). If
    /// left out, the environment variable `DYNAMO_SECRET_FILE` names the file, or `DYNAMO_SECRET`
    /// holds the secret. Without a secret, only processes on one machine can talk to each other
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

impl SecretFile {
    /// The secret, if there is one.
    pub(super) fn read(&self) -> Result<Option<Secret>, Failure> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let file =
            self.secret_file.clone().or_else(|| variable(SECRET_FILE_VARIABLE).map(PathBuf::from));
        if let Some(file) = file {
            return Secret::read(&file).map(Some).map_err(Failure::usage);
        }
        let text = variable(SECRET_VARIABLE).map(|text| text.to_string_lossy().into_owned());
        let secret = text.map(|text| {
            text.parse().with_context(|| format!("the variable {SECRET_VARIABLE} is wrong"))
        });
        secret.transpose().map_err(Failure::Usage)
    }
}

/// Parses PR or PW. A client does not know the cluster's N, so the largest possible N is the limit.
/// A node refuses more than its N.
pub(super) fn in_person() -> RangedU64ValueParser<u8> {
    RangedU64ValueParser::new().range(0..=Config::N_MAX as u64)
}

/// Arguments that put and delete share.
#[derive(Clone, Debug, Args)]
pub(super) struct Replacing {
    /// The context that an earlier get or put printed. Exactly the versions in it are replaced or
    /// deleted
    #[arg(long, value_name = "CTX")]
    context: Option<String>,
    /// PW: how many of the key's N intended replicas must store it themselves. Fallbacks do not
    /// count
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = in_person())]
    pub(super) pw: u8,
    /// Print {"key", "context"}
    #[arg(long)]
    json: bool,
}

impl Replacing {
    /// The context, if one was given.
    pub(super) fn context(&self, key: &str) -> Result<Option<StampedContext>, Failure> {
        let context = self.context.as_ref().map(|text| context_text::from_text(key, text));
        context.transpose().map_err(Failure::usage)
    }

    /// Prints the context for the next put.
    pub(super) fn print(&self, key: &str, context: &StampedContext) {
        let context = context_text::to_text(key, context);
        if self.json {
            say!("{}", json!({ "key": key, "context": context }));
        } else {
            say!("context {context}");
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Key(_)
            | ClientError::Value(_)
            | ClientError::Address(_)
            | ClientError::TooManyReplicas { .. }
            | ClientError::NoRight => Failure::usage(error),
            _ => Failure::operation(error),
        }
    }
}

/// An address: IP or host name, and port. If a name has several addresses, IPv4 is preferred.
pub(super) fn address(text: &str) -> Result<SocketAddr, anyhow::Error> {
    let resolved = text.to_socket_addrs().with_context(|| {
        format!(
            "\"{text}\" is no address that can be resolved: use HOST:PORT, such as 127.0.0.1:4100"
        )
    })?;
    let all: Vec<SocketAddr> = resolved.collect();
    let best = all.iter().find(|address| address.is_ipv4()).or(all.first());
    best.copied().ok_or_else(|| anyhow!("\"{text}\" resolves to no address"))
}

/// A member: `ID=ADDR`.
pub(super) fn member(text: &str) -> Result<(NodeId, SocketAddr), anyhow::Error> {
    let parts = text.split_once('=');
    let (id, at) = parts
        .ok_or_else(|| anyhow!("\"{text}\" is no member: use ID=ADDR, such as A=127.0.0.1:4100"))?;
    Ok((id.parse()?, address(at)?))
}

/// A time, in seconds.
pub(super) fn seconds(text: &str) -> Result<Duration, anyhow::Error> {
    let number: f64 =
        text.parse().with_context(|| format!("\"{text}\" is no number of seconds"))?;
    let duration = Duration::try_from_secs_f64(number).ok().filter(|duration| !duration.is_zero());
    // Deadlines are computed from now: adding more than a century could overflow.
    let duration = duration.filter(|duration| *duration <= Duration::from_hours(24 * 365 * 100));
    duration.ok_or_else(|| anyhow!("a time must be more than 0 seconds, and at most a century"))
}

/// A flag that Ctrl-C, SIGTERM or SIGHUP sets.
pub(super) fn stop_signal() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed)).map_err(Failure::operation)?;
    Ok(stop)
}

/// The number of a scenario's table, by its number or by words of its title.
pub(super) fn table_named(text: &str) -> Result<usize, Failure> {
    let titles = || {
        let titles =
            (1..=Table::COUNT).map(|number| format!("  {number}  {}", Table::title(number)));
        titles.collect::<Vec<_>>().join("\n")
    };
    let unknown = || anyhow!("{text:?} names not one table; choose one of them:\n{}", titles());
    Table::number(text).ok_or_else(|| Failure::Usage(unknown()))
}
