//! Options that only simulation has: N, R and W of all runs, and a time in minutes.

use super::Failure;
use anyhow::{Context as _, anyhow};
use clap::Args;
use dynamo::simulation::NODES_DRAWN_MAX;
use dynamo_model::config::Config;
use std::time::Duration;

/// What a quorum is if only a part of it is given.
const USUAL: (usize, usize, usize) = (3, 2, 2);

/// N, R and W. Without all of them, each run has some.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Quorum {
    /// Replicas of each key. Without --n, --r and --w, each run has a quorum of its own. With one
    /// of them, the others are 3, 2 and 2
    #[arg(long, value_name = "COUNT")]
    n: Option<usize>,
    /// Nodes that must answer a get
    #[arg(long, value_name = "COUNT")]
    r: Option<usize>,
    /// Nodes that must store a put
    #[arg(long, value_name = "COUNT")]
    w: Option<usize>,
}

impl Quorum {
    /// The quorum of all runs with this many nodes. `None`: each run has one of its own.
    pub(super) fn drawn_for(
        self,
        nodes: Option<u16>,
    ) -> Result<Option<(usize, usize, usize)>, Failure> {
        if self.n.is_none() && self.r.is_none() && self.w.is_none() {
            return Ok(None);
        }
        let n = self.n.unwrap_or(USUAL.0);
        let (r, w) = (self.r.unwrap_or(USUAL.1.min(n)), self.w.unwrap_or(USUAL.2.min(n)));
        Config::new(n, r, w).map_err(Failure::usage)?;
        if n > usize::from(nodes.unwrap_or(NODES_DRAWN_MAX)) {
            return Err(Failure::Usage(anyhow!(
                "N is {n}: let all runs have as many nodes, such as with --nodes {n}"
            )));
        }
        Ok(Some((n, r, w)))
    }
}

/// A time, in minutes.
pub(super) fn minutes(text: &str) -> Result<Duration, anyhow::Error> {
    let number: f64 =
        text.parse().with_context(|| format!("\"{text}\" is no number of minutes"))?;
    let duration = Duration::try_from_secs_f64(60.0 * number).ok();
    let duration = duration.filter(|it| !it.is_zero() && *it <= Duration::from_hours(24 * 365));
    duration.ok_or_else(|| anyhow!("a time must be more than 0 minutes, and at most a year"))
}
