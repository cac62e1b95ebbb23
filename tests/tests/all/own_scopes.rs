//! Scopes of a reader's own: which are valid, and that the others are refused.

use dynamo_invariants::catalogue::{self, SCOPES};
use dynamo_invariants::random::{Outcome, examine};
use dynamo_invariants::scope::own::{Line, OwnScope, OwnScopeError, Quorum};
use dynamo_invariants::scope::{Ask, Faults, NO_FAULTS};
use dynamo_invariants::trace::replay::Run;
use dynamo_invariants::trace::{ReadError, Trace};
use dynamo_model::rules::Rules;

fn own() -> OwnScope {
    OwnScope {
        name: "mine".to_owned(),
        aim: "A client puts and reads.".to_owned(),
        key: "k".to_owned(),
        nodes: 3,
        quorum: Quorum { n: 3, r: 2, w: 2 },
        clients: vec![vec![
            Line { via: Some(0), ask: Ask::Put },
            Line { via: None, ask: Ask::Get },
        ]],
        faults: NO_FAULTS,
    }
}

#[test]
fn the_same_content_is_the_same_scope() {
    let scope = catalogue::own_scope(&own()).expect("it is valid");
    let again = catalogue::own_scope(&own()).expect("it is valid");
    assert!(std::ptr::eq(scope, again), "it takes memory once");
    assert_eq!(catalogue::as_own(scope), Some(own()));
    let elsewhere = OwnScope { key: "k7".to_owned(), ..own() };
    let scope = catalogue::own_scope(&elsewhere).expect("it is valid");
    assert_eq!((scope.name, scope.key().as_str()), ("mine@k7", "k7"));
    assert_eq!(catalogue::as_own(scope), Some(elsewhere));
}

#[test]
fn every_scope_of_the_catalogue_can_be_ones_own() {
    for scope in SCOPES {
        let own = OwnScope { name: format!("my-{}", scope.nodes), ..OwnScope::from(scope) };
        let again = own.scope().unwrap_or_else(|error| panic!("{}: {error}", scope.name));
        assert_eq!((again.clients, again.quorum), (scope.clients, scope.quorum), "{}", scope.name);
        assert_eq!(again.faults, scope.faults, "{}", scope.name);
    }
}

#[test]
fn a_scope_with_values_that_make_no_sense_is_refused() {
    let line = |via, ask| vec![vec![Line { via, ask }]];
    let faults = |faults| OwnScope { faults, ..own() };
    let wrong: Vec<(OwnScope, &str)> = vec![
        (OwnScope { name: String::new(), ..own() }, "the name \"\" is not valid"),
        (OwnScope { name: "one-client".to_owned(), ..own() }, "choose another"),
        (OwnScope { name: "mine@x".to_owned(), ..own() }, "small letters, digits and -"),
        (OwnScope { key: "\u{1b}[2J".to_owned(), ..own() }, "the key \"\\u{1b}[2J\" is not valid"),
        (OwnScope { aim: "\u{7}".to_owned(), ..own() }, "no control characters"),
        (OwnScope { nodes: 0, ..own() }, "there are 0 nodes: use 1 to 6"),
        (OwnScope { nodes: 7, ..own() }, "there are 7 nodes: use 1 to 6"),
        (OwnScope { nodes: 2, ..own() }, "N is 3, but there are 2 nodes"),
        (OwnScope { quorum: Quorum { n: 3, r: 4, w: 2 }, ..own() }, "the quorum is not valid"),
        (OwnScope { clients: line(Some(3), Ask::Get), ..own() }, "is 3, but positions are 0 to 2"),
        (OwnScope { clients: line(Some(0), Ask::Leave(9)), ..own() }, "positions are 0 to 2"),
        (OwnScope { clients: line(Some(0), Ask::Join(usize::MAX)), ..own() }, "positions are"),
        (OwnScope { clients: vec![vec![]; 13], ..own() }, "there are 13 clients: use at most 12"),
        (
            OwnScope { clients: vec![vec![Line { via: None, ask: Ask::Put }; 11]], ..own() },
            "there are 11 puts and deletes: use at most 10",
        ),
        (
            OwnScope { clients: vec![vec![Line { via: None, ask: Ask::Get }; 41]], ..own() },
            "client 1 has 41 lines: use at most 40",
        ),
        (
            OwnScope {
                clients: vec![(0..3).map(|at| Line { via: None, ask: Ask::Join(at) }).collect()],
                ..own()
            },
            "every node joins later",
        ),
        (faults(Faults { lost_disk: Some(3), ..NO_FAULTS }), "lost-disk is 3"),
        (faults(Faults { old_disk: Some(0), lost_disk: Some(0), ..NO_FAULTS }), "exclude"),
        (faults(Faults { crashes: 4, ..NO_FAULTS }), "crashes is 4: use at most 3"),
        (faults(Faults { reaps: 200, ..NO_FAULTS }), "reaps is 200: use at most 20"),
    ];
    for (own, why) in wrong {
        let error = catalogue::own_scope(&own).expect_err(why).to_string();
        assert!(error.contains(why), "{error}, not {why}");
    }
}

#[test]
fn a_valid_scope_never_panics() {
    // A number that differs from call to call, and from run to run not at all.
    let mut seed = 7_u64;
    let mut below = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % bound
    };
    let mut walked = 0;
    for _ in 0..150 {
        let own = random(&mut below);
        let Ok(scope) = own.scope() else { continue };
        walked += 1;
        let mut run = Run::begin(scope.model(Rules::default(), []));
        for _ in 0..25 {
            let steps = run.steps();
            let Some((event, _)) = steps.get(below(steps.len().max(1))) else { break };
            run.take(event).expect("it was possible");
        }
    }
    assert!(walked > 30, "only {walked} of the scopes were valid");
}

fn random(below: &mut impl FnMut(usize) -> usize) -> OwnScope {
    let nodes = 1 + below(6);
    let position = |below: &mut dyn FnMut(usize) -> usize| below(nodes);
    let clients = (0..below(3)).map(|_| {
        let lines = (0..below(4)).map(|_| {
            let ask = match below(9) {
                0 => Ask::PutInPerson,
                1 => Ask::PutOver,
                2 => Ask::Delete,
                3 => Ask::Get,
                4 => Ask::GetInPerson,
                5 => Ask::Join(position(below)),
                6 => Ask::Leave(position(below)),
                7 => Ask::Remove(position(below)),
                _ => Ask::Put,
            };
            Line { via: (below(4) > 0).then(|| position(below)), ask }
        });
        lines.collect()
    });
    let clients: Vec<Vec<Line>> = clients.collect();
    let n = 1 + below(nodes.min(3));
    let mut is_so = || below(2) == 0;
    let (loss, duplication, gossip, exchange, endless) =
        (is_so(), is_so(), is_so(), is_so(), is_so());
    let faults = Faults {
        loss,
        duplication,
        gossip,
        exchange,
        endless,
        crashes: below(2),
        timeouts: (below(2) == 0).then(|| below(3) as u8),
        client_retries: below(2) as u8,
        handoffs: below(3) as u8,
        lost_disk: (below(4) == 0).then(|| below(nodes)),
        old_disk: (below(6) == 0).then(|| below(nodes)),
        reaps: below(2) as u8,
        second_key: clients.len() > 1 && below(4) == 0,
        small_exchanges: below(3) == 0,
        moved: (below(4) == 0).then(|| below(nodes)),
        more_histories: if gossip { 0 } else { below(3) as u8 },
    };
    OwnScope {
        key: format!("k{}", below(50)),
        nodes: nodes as u16,
        quorum: Quorum { n, r: 1 + below(n), w: 1 + below(n) },
        clients,
        faults,
        ..own()
    }
}

#[test]
fn a_trace_carries_its_own_scope_and_other_traces_need_none() {
    let scope = own().scope().expect("it is valid");
    let mut run = Run::begin(scope.model(Rules::default(), []));
    while let Some((event, _)) = run.steps().into_iter().next() {
        run.take(&event).expect("it was possible");
    }
    let trace = Trace::of_first_shown(&run, None).expect("it shows something");
    assert_eq!((trace.scope.as_str(), &trace.own_scope), ("mine", &Some(own())));
    let text = trace.to_json();
    assert_eq!(Trace::from_json(text.as_bytes()).expect("a trace"), trace);
    let says = |from: &str, to: &str| {
        let text = text.replacen(from, to, 1);
        Trace::from_json(text.as_bytes()).expect_err("not valid")
    };
    let other = says("\"scope\": \"mine\"", "\"scope\": \"yours\"");
    assert!(matches!(other, ReadError::OtherScope { own: "mine", .. }), "{other}");
    let invalid = says("\"nodes\": 3", "\"nodes\": 9");
    assert!(matches!(invalid, ReadError::OwnScope(OwnScopeError::Nodes(9))), "{invalid}");
    let unknown = says("\"loss\": false", "\"lost\": false");
    assert!(matches!(unknown, ReadError::Malformed(_)), "{unknown}");
}

/// Each of these scopes of a reader's once violated a property.
#[test]
fn scopes_that_once_violated_a_property_hold() {
    let line = |via, ask| Line { via: Some(via), ask };
    let of_three = OwnScope { quorum: Quorum { n: 2, r: 2, w: 2 }, ..own() };
    let leaves_while_it_owes_an_answer = OwnScope {
        nodes: 2,
        quorum: Quorum { n: 2, r: 1, w: 1 },
        clients: vec![vec![line(1, Ask::Join(0)), line(1, Ask::Get), line(0, Ask::Leave(0))]],
        ..own()
    };
    let removed_node_has_what_was_deleted = OwnScope {
        clients: vec![vec![line(0, Ask::Put), line(0, Ask::Remove(1)), line(0, Ask::Delete)]],
        faults: Faults { reaps: 2, ..NO_FAULTS },
        quorum: Quorum { r: 1, ..of_three.quorum },
        ..of_three.clone()
    };
    let asked_to_keep_a_hint_for_ever = OwnScope {
        clients: vec![vec![line(1, Ask::Put), line(2, Ask::Leave(1)), line(0, Ask::Join(2))]],
        faults: Faults { timeouts: Some(0), duplication: true, ..NO_FAULTS },
        ..of_three
    };
    let all = [
        leaves_while_it_owes_an_answer,
        removed_node_has_what_was_deleted,
        asked_to_keep_a_hint_for_ever,
    ];
    for own in all {
        let scope = own.leak().expect("it is valid");
        let outcome = examine(&scope, Rules::default(), 20_000, || true).outcome;
        assert!(matches!(outcome, Outcome::Holds), "{outcome:?}: {own:#?}");
    }
}
