//! Simulates clusters with one key until a run violates a property. The tool `simulated_mutants`
//! runs this program in a copy of the workspace that has mutants.
//!
//! Arguments: the seed, the most runs, the most seconds, and a defect whose rules the nodes follow
//! (the protocol's own if left out). It prints one line, with tabs in between.

use dynamo::simulation::{Plan, Profile, Size, run};
use dynamo_invariants::defect::Defect;
use dynamo_model::rules::Rules;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

const PROFILES: [Profile; 4] = [Profile::Hostile, Profile::Churn, Profile::Rough, Profile::Calm];
const SIZE: Size =
    Size { nodes: None, keys: 1, clients: 3, quorum: None, unsafe_for: Duration::from_secs(30) };

fn main() {
    // An assertion of the protocol counts as a violation. Its message is of no use here.
    std::panic::set_hook(Box::new(|_| ()));
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| arguments.next().and_then(|it| it.parse().ok()).unwrap_or(default);
    let (seed, runs, seconds) = (number(1), number(1_000), number(600));
    let defect = arguments.next();
    let rules = defect.map_or_else(Rules::default, |name| {
        (Defect::named(&name).expect("the name of a defect").rules)()
    });
    let until = Instant::now() + Duration::from_secs(seconds);
    for number in 0..runs {
        if Instant::now() > until {
            println!("over\t{number}");
            return;
        }
        let plan = Plan::draw(seed, number, PROFILES[(number % 4) as usize], &SIZE);
        match catch_unwind(AssertUnwindSafe(|| run(&plan, &rules).violation)) {
            Ok(None) => {}
            Ok(Some(violation)) => {
                println!("violated\t{}\t{}", number + 1, violation.property.name);
                return;
            }
            Err(_) => {
                println!("violated\t{}\tassertion", number + 1);
                return;
            }
        }
    }
    println!("over\t{runs}");
}
