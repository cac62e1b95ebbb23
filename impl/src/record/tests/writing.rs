//! What a recorder does with its directory.

use super::*;

#[test]
fn a_full_disk_ends_the_record_and_not_the_node() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { directory: directory.path().to_owned(), bytes_max: 1 << 20 };
    let node = dynamo_model::node::Node {
        config: Config::new(1, 1, 1).unwrap(),
        founders: dynamo_model::membership::History::founded_by([NodeId(0)]),
        address: None,
        rules: Rules::default(),
    };
    let subject = Subject {
        id: NodeId(0),
        cluster: crate::identity::ClusterId::UNKNOWN,
        life: crate::life::Life::default(),
        previous: None,
        node,
    };
    let mut recorder = Recorder::begin(limits, subject, &Durable::default()).unwrap();
    let note = |recorder: &mut Recorder| {
        let timer = dynamo_model::node::Timer::Gossip(NodeId(0));
        let batch = crate::interpreter::Batch {
            events: &mut vec![Event::Fired(timer)],
            saves: false,
            state: &State::default(),
            timers: &crate::timers::Timers::default(),
        };
        recorder.note(batch);
    };
    note(&mut recorder);
    let before = files::list(directory.path()).unwrap();
    recorder.fill_disk();
    note(&mut recorder);
    assert!(!recorder.is_going_on());
    note(&mut recorder);
    let after = files::list(directory.path()).unwrap();
    assert!(after[0].is_cut && after[0].bytes == before[0].bytes, "{after:?}");
}

#[test]
fn the_record_of_another_node_is_left_alone() {
    let cluster = Cluster::start(&Rules::default(), Limits::BYTES_MAX_DEFAULT);
    let directory = cluster.records().join("A");
    let refused = files::check(&directory, NodeId(1)).unwrap_err();
    assert!(matches!(refused, RecordError::OtherNode { owner: NodeId(0), .. }), "{refused}");
}
