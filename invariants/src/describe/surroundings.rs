//! A scope in words.

use crate::notation::words::{self, counted};
use crate::scope::{Faults, Scope};
use dynamo_model::ids::ClientId;
use dynamo_model::process::Process;
use dynamo_model::rules::Rules;

/// The nodes and the quorum, the key's preference list, each client's script, the possible faults,
/// and the background tasks.
pub fn surroundings(scope: &Scope) -> Vec<String> {
    let instance = scope.instance();
    let (n, r, w) = scope.quorum;
    let replicas: Vec<String> = instance.preference_list.iter().map(ToString::to_string).collect();
    let mut told = vec![format!(
        "{}, N={n}, R={r}, W={w}; the key's preference list is {}",
        counted(scope.nodes.into(), "node"),
        replicas.join(", ")
    )];
    let model = scope.model(Rules::default(), []);
    let clients = model.actors.iter().enumerate().filter_map(|(index, process)| match process {
        Process::Client(client) => Some((ClientId(index as u64), client)),
        Process::Node(..) => None,
    });
    for (id, client) in clients {
        let script = client.script.iter().map(|(via, line)| words::line(*via, line));
        told.push(format!("client {id:?}: {}", script.collect::<Vec<_>>().join(", ")));
    }
    told.push(faults(&scope.faults));
    told
}

fn faults(faults: &Faults) -> String {
    let mut may = vec!["messages arrive in any order".to_owned()];
    let mut push = |really: bool, what: String| {
        if really {
            may.push(what);
        }
    };
    push(faults.loss, "may be lost".to_owned());
    push(faults.duplication, "may arrive more than once".to_owned());
    let times = |count: u8| counted(count.into(), "time");
    push(faults.crashes > 0, format!("{} may be down at a time", counted(faults.crashes, "node")));
    push(faults.timeouts == Some(0), "coordinators may time out".to_owned());
    let retransmissions = faults.timeouts.unwrap_or_default();
    push(
        retransmissions > 0,
        format!(
            "coordinators may time out, after they have retransmitted {}",
            times(retransmissions)
        ),
    );
    push(faults.client_retries > 0, format!("clients may retry {}", times(faults.client_retries)));
    push(faults.handoffs > 0, format!("a hint may be sent {}", times(faults.handoffs)));
    push(faults.lost_disk.is_some(), "one node may lose its disk".to_owned());
    push(faults.old_disk.is_some(), "one node may start on an older copy of its disk".to_owned());
    push(faults.reaps > 0, "tombstones may be reaped".to_owned());
    push(faults.gossip, "nodes gossip".to_owned());
    push(faults.exchange, "replicas run anti-entropy exchanges".to_owned());
    push(faults.second_key, "the last client uses a second key".to_owned());
    push(
        faults.small_exchanges,
        "a message of an exchange carries one tree node or one key".to_owned(),
    );
    push(faults.moved.is_some(), "one node has changed its address before the start".to_owned());
    push(
        faults.more_histories > 0,
        format!("{} histories may be in flight", u16::from(faults.more_histories) + 1),
    );
    may.join("; ")
}
