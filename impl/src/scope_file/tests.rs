use super::*;
use dynamo_invariants::catalogue::{DEEP, SCOPES, STORIES};
use dynamo_invariants::scope::own::OwnScope;

#[test]
fn every_scope_of_this_program_is_read_as_it_is_written() {
    for scope in SCOPES.iter().chain(DEEP).chain(STORIES) {
        let own = OwnScope::from(scope);
        let text = text(&own);
        let written = Written::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(written.own, own, "{text}");
    }
}

#[test]
fn every_part_of_a_scope_is_read_as_it_is_written() {
    let own = OwnScope { key: "k7".to_owned(), aim: "A \"quoted\" \\ aim.".to_owned(), ..full() };
    assert_eq!(Written::read(&text(&own)).map(|written| written.own), Ok(own));
}

/// A scope with every fault, and a script that needs several lines.
fn full() -> OwnScope {
    let requests = "\"put over via 0\", \"remove 2 via view\", ".repeat(4);
    let faults = FAULTS.map(|(word, value, _)| format!("{word} = {value}\n")).concat();
    let text = format!("{QUORUM}clients = [[{requests}], []]\n[faults]\n{faults}");
    Written::read(&text).expect("a scope").own
}

const QUORUM: &str = "nodes = 3\nn = 3\nr = 2\nw = 2\n";

#[test]
fn what_is_left_out_has_a_default() {
    let written = Written::read(&format!("{QUORUM}clients = [[\"get via view\"]]")).expect("it is");
    assert_eq!((written.own.name.as_str(), written.own.key.as_str()), ("own", "k"));
    assert_eq!(written.own.faults, dynamo_invariants::scope::NO_FAULTS);
    let scope = written.scope().expect("it is valid");
    assert_eq!((scope.name, scope.nodes, scope.quorum), ("own", 3, (3, 2, 2)));
}

/// The error for this text.
fn told(text: &str) -> String {
    let error = Written::read(text).and_then(|written| written.scope());
    error.expect_err(text).in_file("my.toml")
}

/// Errors in the lines above the clients.
#[test]
fn a_wrong_word_or_number_is_refused_in_its_line() {
    for (lines, why) in [
        ("nodes = 3\nn = 3\nr = 2", "my.toml: w is missing: add a line such as w = 2"),
        ("nods = 3", "my.toml, line 1: a scope has no \"nods\": use name, aim, nodes, n, "),
        ("\nloss = true", "my.toml, line 2: loss is a fault: move it below a line [faults]"),
        (
            "nodes = \"3\"",
            "my.toml, line 1: nodes is a text: use a number, 1 to 6\n  nodes = \"3\"",
        ),
        ("nodes = 3.0", "line 1: nodes is a number with a decimal point: use a number, 1 to 6"),
        ("nodes = 7\nn = 3\nr = 2\nw = 2", "line 1: there are 7 nodes: use 1 to 6\n  nodes = 7"),
        ("nodes = 999", "line 1: nodes is 999: use 1 to 6"),
        ("nodes = 3\nn = 3\nr = -2", "line 3: r is -2: use 1 to 6\n  r = -2"),
        ("nodes = 3\nn = 3\nr = 4\nw = 2", "line 3: R is 4; it must be 1 to N, which is 3"),
        ("nodes = 3\nn = 3\nr = 2\nw = 0", "line 4: W is 0; it must be 1 to N, which is 3"),
        ("nodes = 2\nn = 3\nr = 2\nw = 2", "line 2: N is 3, but there are 2 nodes"),
        ("nodes = 3\nnodes = 4", "line 2: this is not TOML: duplicate key"),
        ("nodes = ", "line 1: this is not TOML: "),
        (
            "name = \"one-client\"\nnodes = 3\nn = 3\nr = 2\nw = 2",
            "line 1: the name \"one-client\"",
        ),
        ("name = \"W 1\"\nnodes = 3\nn = 3\nr = 2\nw = 2", "line 1: the name \"W 1\" is not valid"),
        (
            "name = 1\nnodes = 3\nn = 3\nr = 2\nw = 2",
            "line 1: name is a number: use a text between",
        ),
    ] {
        let told = told(&format!("{lines}\nclients = [[\"put via 0\"]]\n"));
        assert!(told.contains(why), "{lines}\n{told}");
    }
}

#[test]
fn a_wrong_request_is_refused_in_its_line() {
    for (clients, why) in [
        ("", "my.toml: clients is missing: add a line such as clients = [[\"put via 0\", "),
        ("clients = 2", "line 5: clients is a number: use a list of clients, each a list of"),
        (
            "clients = [\"put via 0\"]",
            "line 5: client 1 is a text: use a list of requests, such as",
        ),
        (
            "clients = [\n  [\"put via 0\", 1]\n]",
            "line 6: request 2 of client 1 is a number: use a",
        ),
        ("clients = [\n  [],\n  [\"pt via 0\"],\n]", "line 7: request 1 of client 2: \"pt\" is no"),
        ("clients = [[\"get via 3\"]]", "line 5: a position in request 1 of client 1 is 3, but"),
        ("clients = [\n[\"get via 0\",\n\"join 4 via 0\"]]", "line 7: a position in request 2 of"),
        (
            "clients = [[\"join 0 via 1\", \"join 1 via 1\", \"join 2 via 1\"]]",
            "line 5: every node",
        ),
    ] {
        let told = told(&format!("{QUORUM}{clients}\n"));
        assert!(told.contains(why), "{clients}\n{told}");
    }
    let gets = "\"get via 0\", ".repeat(41);
    let long = told(&format!("{QUORUM}clients = [\n[],\n[{gets}]]"));
    assert!(long.contains("line 7: client 2 has 41 lines: use at most 40"), "{long}");
    assert!(long.lines().all(|line| line.len() <= 130), "{long}");
}

#[test]
fn a_wrong_fault_is_refused_in_its_line() {
    for (faults, why) in [
        ("los = true", "line 7: there is no fault \"los\": use loss, duplication, crashes, "),
        ("lost_disk = 0", "line 7: there is no \"lost_disk\": write lost-disk\n  lost_disk = 0"),
        ("loss = true\nkey = \"k\"", "line 8: key is no fault: move it above the line [faults]"),
        ("loss = 1", "line 7: loss is a number: use true or false\n  loss = 1"),
        ("timeouts = false", "line 7: timeouts is false: use a number, 0 to 20"),
        ("lost-disk = true", "line 7: lost-disk is true: use a number, 0 to 5"),
        ("lost-disk = 3", "line 7: lost-disk is 3, but positions are 0 to 2"),
        ("lost-disk = 0\nold-disk = 1", "line 8: lost-disk and old-disk exclude one another"),
        ("crashes = 4", "line 7: crashes is 4: use at most 3"),
        ("client-retries = 21", "line 7: client-retries is 21: use at most 20"),
        ("reaps = 99999999999999999999", "line 7: reaps is 99999999999999999999: use 0 to 20"),
        ("handoffs = 0x100", "line 7: handoffs is 256: use 0 to 20"),
    ] {
        let told = told(&format!("{QUORUM}clients = [[\"get via 0\"]]\n[faults]\n{faults}\n"));
        assert!(told.contains(why), "{faults}\n{told}");
    }
    let below = told(&format!("{QUORUM}[faults]\nloss = true\nclients = []\n"));
    assert!(below.contains("line 7: clients is no fault: move it above"), "{below}");
    let told = told(&format!("{QUORUM}clients = []\nfaults = true\n"));
    assert!(told.contains("line 6: faults is true: use a line [faults], and a line for"), "{told}");
}
