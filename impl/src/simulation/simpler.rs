//! Plans with one thing less: a kind of fault, a client, or a line of a script.

use super::plan::Plan;
use super::weather::Weather;
use dynamo_invariants::scope::ScriptLine;
use std::time::Duration;

/// Plans with one thing less than a plan with one key, the most promising first.
pub(super) fn simpler(plan: &Plan) -> Vec<Plan> {
    let mut all: Vec<Plan> = calmer(&plan.weather)
        .into_iter()
        .filter(|weather| *weather != plan.weather)
        .map(|weather| Plan { weather, ..plan.clone() })
        .collect();
    if plan.returns_to_copy {
        all.push(Plan { returns_to_copy: false, ..plan.clone() });
    }
    if plan.cut_above.is_some() || plan.is_sealed {
        all.push(Plan { cut_above: None, is_sealed: false, ..plan.clone() });
    }
    if plan.lost_disk.is_some() {
        let mut kept = Plan { lost_disk: None, ..plan.clone() };
        kept.keys[0].faults.lost_disk = None;
        all.push(kept);
    }
    let scripts: Vec<Vec<ScriptLine>> =
        plan.keys[0].clients.iter().map(|script| script.to_vec()).collect();
    for client in 0..scripts.len() {
        let mut fewer = scripts.clone();
        fewer.remove(client);
        all.push(plan.with_scripts(fewer));
    }
    for (client, script) in scripts.iter().enumerate().filter(|(_, script)| script.len() > 1) {
        for line in 0..script.len() {
            let mut fewer = scripts.clone();
            fewer[client].remove(line);
            all.push(plan.with_scripts(fewer));
        }
    }
    // Somebody must ask, and some node must be a member.
    all.retain(|plan| !plan.keys[0].clients.is_empty() && !plan.founders().is_empty());
    all
}

/// Weathers with one kind of fault less.
fn calmer(weather: &Weather) -> [Weather; 17] {
    let all = || weather.clone();
    let Weather { slow, clogged, slow_by, .. } = Weather::CALM;
    [
        Weather { crash_every: None, ..all() },
        Weather { cut_every: None, ..all() },
        Weather { torn: 0, ..all() },
        Weather { sent_and_stopped: 0, ..all() },
        Weather { loss: 0, ..all() },
        Weather { duplication: 0, ..all() },
        Weather { corruption: 0, ..all() },
        Weather { straggles: 0, ..all() },
        Weather { full_every: None, ..all() },
        Weather { pause_every: None, ..all() },
        Weather { slow_commits: 0, ..all() },
        Weather { rolls: false, ..all() },
        Weather { datagram_bytes_max: None, ..all() },
        Weather { drift: 0, wrong_date: Duration::ZERO, ..all() },
        Weather { slow, clogged, slow_by, ..all() },
        Weather { delay: Weather::CALM.delay, ..all() },
        Weather { cut_for: Weather::CALM.cut_for, cut_every: None, torn: 0, ..all() },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::{Profile, Size};

    #[test]
    fn a_simpler_plan_has_one_thing_less_and_is_valid() {
        let unsafe_for = Duration::from_secs(30);
        let size = Size { nodes: None, quorum: None, keys: 1, clients: 3, unsafe_for };
        for number in 0..40 {
            let profile = if number % 2 == 0 { Profile::Hostile } else { Profile::Churn };
            let plan = Plan::draw(1, number, profile, &size);
            let lines = |plan: &Plan| plan.keys[0].clients.iter().map(|it| it.len()).sum::<usize>();
            let all = simpler(&plan);
            assert!(all.iter().all(|it| it.weather != plan.weather
                || it.lost_disk != plan.lost_disk
                || it.returns_to_copy != plan.returns_to_copy
                || (it.cut_above, it.is_sealed) != (plan.cut_above, plan.is_sealed)
                || lines(it) < lines(&plan)));
            assert!(all.iter().all(|it| it.clients()[0].len() == it.keys[0].clients.len()));
        }
    }
}
