//! Nodes, administrators and clients each have a secret. Nobody else is let in.

use crate::cluster::{Cluster, dynamo, program, run};
use crate::folders::folder;
use crate::handoff::until;
use dynamo::client::{Client, ClientError};
use dynamo::context_text;
use dynamo::secret::Secret;
use dynamo::stamp::StampedContext;
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// The secrets of a cluster, in files.
pub(crate) struct Secrets(TempDir);

impl Secrets {
    pub(crate) fn new() -> Self {
        let directory = folder();
        let path = directory.path().to_str().unwrap();
        let (code, stdout, stderr) = dynamo(&["secret", path]);
        assert!(code == 0 && stdout.lines().count() == 3, "{stdout}{stderr}");
        Secrets(directory)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(format!("{name}.secret"))
    }

    pub(crate) fn connect(&self, node: SocketAddr, name: &str) -> Client {
        let credentials = Secret::read(&self.path(name)).unwrap().credentials();
        Client::connect_with(node, credentials).unwrap().with_timeout(Duration::from_secs(2))
    }

    /// This many nodes with these secrets.
    fn cluster(&self, nodes: usize, options: &[&'static str]) -> Cluster {
        let mut cluster = Cluster::prepare(nodes, options);
        self.start(&mut cluster, 0..nodes);
        cluster
    }

    fn start(&self, cluster: &mut Cluster, nodes: impl IntoIterator<Item = usize>) {
        cluster.start_nodes_with(nodes, |command| {
            command.env("DYNAMO_SECRET_FILE", self.path("node"));
        });
    }
}

/// Runs `dynamo` with the secret in this file.
fn with_secret(file: &Path, arguments: &[&str]) -> (i32, String) {
    let output = run(program().args(arguments).arg("--secret-file").arg(file).stdin(Stdio::null()));
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), text)
}

#[test]
fn each_secret_gives_its_right_and_no_other() {
    let (ours, theirs) = (Secrets::new(), Secrets::new());
    let cluster = ours.cluster(3, &[]);
    let node = cluster.addresses[1].to_string();
    let ask = |name: &str, arguments: &[&str]| {
        with_secret(&ours.path(name), &[arguments, &["--node", &node, "--timeout", "2"]].concat())
    };
    for name in ["client", "administrator", "node"] {
        let (code, text) = ask(name, &["put", name, "v"]);
        assert_eq!(code, 0, "{name}: {text}");
        assert_eq!(ask(name, &["status"]).0, 0, "{name}");
    }
    let (code, text) = ask("client", &["member", "add", "D=127.0.0.1:9"]);
    assert!(
        code == 2 && text.contains("only be changed with the administrators' secret"),
        "{code} {text}"
    );
    assert!(!ask("client", &["member", "list"]).1.contains("127.0.0.1:9"), "nothing was changed");
    assert_eq!(ask("administrator", &["member", "add", "D=127.0.0.1:9"]).0, 0);

    let strange = |arguments: &[&str]| {
        with_secret(&theirs.path("node"), &[arguments, &["--node", &node]].concat())
    };
    let (code, text) = strange(&["put", "k", "v"]);
    assert!(code == 1 && text.contains("its cluster has another secret"), "{code} {text}");
    let (code, _, stderr) = dynamo(&["get", "--node", &node, "client"]);
    assert!(
        code == 1 && stderr.contains("does not let this process in"),
        "without any secret: {code} {stderr}"
    );
    let (_, status) = ask("client", &["status", "--json"]);
    assert!(status.contains("\"why\":\"with another secret\""), "{status}");
}

#[test]
fn a_node_with_another_secret_is_ignored() {
    let (ours, theirs) = (Secrets::new(), Secrets::new());
    let mut cluster = Cluster::prepare(3, &["--w", "3"]);
    ours.start(&mut cluster, 0..2);
    theirs.start(&mut cluster, [2]);
    let client = ours.connect(cluster.addresses[0], "client");
    let error = client.put("k", b"v", &StampedContext::new()).unwrap_err();
    assert!(
        matches!(error, ClientError::PutFailed { stored: 2, .. } | ClientError::PutTimeout { .. }),
        "{error}"
    );
    until("both sides report it", || {
        let refused = |client: &Client| client.status().unwrap().refusals;
        let why = |client: &Client| {
            refused(client).iter().map(|one| one.why.words()).collect::<Vec<_>>().join(", ")
        };
        let (one, other) = (why(&client), why(&theirs.connect(cluster.addresses[2], "client")));
        (one.contains("with another secret") && other.contains("with another secret")).then_some(())
    });
}

#[test]
fn a_context_is_valid_only_for_its_key_and_cluster() {
    let (ours, theirs) = (Secrets::new(), Secrets::new());
    let (cluster, other) =
        (ours.cluster(3, &[]), theirs.cluster(1, &["--n", "1", "--r", "1", "--w", "1"]));
    let client = ours.connect(cluster.addresses[0], "client");
    let context = client.put("one", b"first", &StampedContext::new()).unwrap();
    client.put("two", b"first", &StampedContext::new()).unwrap();
    let refused = |key: &str, context: &StampedContext| {
        assert!(
            matches!(client.put(key, b"second", context), Err(ClientError::ForeignContext)),
            "{key}"
        );
        assert_eq!(client.get(key).unwrap().siblings.len(), 1, "{key}: nothing was changed");
    };
    refused("two", &context);
    // A client cannot change a context without the nodes noticing.
    let text = context_text::to_text("two", &context);
    refused("two", &context_text::from_text("two", &text).unwrap());
    let elsewhere = theirs
        .connect(other.addresses[0], "client")
        .put("one", b"first", &StampedContext::new())
        .unwrap();
    refused("one", &elsewhere);
    client.put("one", b"second", &context).unwrap();
    assert_eq!(client.get("one").unwrap().siblings.len(), 1);
}

/// Forwards datagrams between a client and a node, and records those of the client.
struct Recorder {
    address: SocketAddr,
    towards_node: UdpSocket,
    recorded: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Recorder {
    fn start(node: SocketAddr) -> Self {
        let [towards_client, towards_node] =
            [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        let (address, recorded) =
            (towards_client.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        towards_node.connect(node).unwrap();
        let (there, back) = (towards_node.try_clone().unwrap(), towards_node.try_clone().unwrap());
        let (kept, to_client) = (Arc::clone(&recorded), towards_client.try_clone().unwrap());
        let client = Arc::new(Mutex::new(None));
        let seen = Arc::clone(&client);
        thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok((length, from)) = towards_client.recv_from(&mut buffer) {
                *seen.lock().unwrap() = Some(from);
                kept.lock().unwrap().push(buffer[..length].to_vec());
                let _ = there.send(&buffer[..length]);
            }
        });
        thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            loop {
                let Ok(length) = back.recv(&mut buffer) else { continue };
                let client = *client.lock().unwrap();
                client.map(|client| to_client.send_to(&buffer[..length], client));
            }
        });
        Recorder { address, towards_node, recorded }
    }

    /// Sends all recorded datagrams again, from the same address.
    fn replay(&self) {
        for datagram in self.recorded.lock().unwrap().iter() {
            let _ = self.towards_node.send(datagram);
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn a_replayed_join_does_not_make_a_node_that_has_left_a_member_again() {
    let secrets = Secrets::new();
    let mut cluster = secrets.cluster(3, &[]);
    let node = cluster.addresses[0];
    let recorder = Recorder::start(node);
    let administrator = secrets.path("administrator");
    let ask = |at: SocketAddr, arguments: &[&str]| {
        let (code, text) =
            with_secret(&administrator, &[arguments, &["--node", &at.to_string()]].concat());
        assert_eq!(code, 0, "{arguments:?}: {text}");
        text
    };
    ask(recorder.address, &["member", "add", "D=127.0.0.1:9"]);
    assert!(ask(node, &["status"]).contains("A B C D"));
    ask(node, &["member", "remove", "D"]);
    let all = ask(node, &["member", "list"]);
    recorder.replay();
    assert_eq!(ask(node, &["member", "list"]), all);
    // The replay fails after a restart too, when the node has forgotten its sessions.
    cluster.kill(0);
    secrets.start(&mut cluster, [0]);
    recorder.replay();
    assert_eq!(ask(node, &["member", "list"]), all);
}

#[test]
fn a_client_gets_no_more_bytes_than_it_sent_before_it_has_proved_its_address() {
    let secrets = Secrets::new();
    let cluster = secrets.cluster(3, &[]);
    let recorder = Recorder::start(cluster.addresses[0]);
    let client = secrets.connect(recorder.address, "client");
    client.put("k", &[7; 8000], &StampedContext::new()).unwrap();
    (0..20).for_each(|_| drop(client.get("k").unwrap()));
    client.status().unwrap();
    let recorded = recorder.recorded.lock().unwrap().clone();
    assert!(recorded.len() > 20, "{}", recorded.len());
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let noise = [
        [b"DYNQ\x08", &[0; 40][..]].concat(),
        vec![b'D'; 2000],
        [b"DYNS", &[dynamo::wire::VERSION][..]].concat(),
    ];
    let all = recorded.iter().chain(&noise);
    let sent: usize =
        all.map(|datagram| socket.send_to(datagram, cluster.addresses[0]).unwrap()).sum();
    let mut got = 0;
    let mut buffer = vec![0; 65_536];
    while let Ok((length, _)) = socket.recv_from(&mut buffer) {
        got += length;
    }
    assert!(got <= sent, "{got} bytes came back for {sent}");
}

#[test]
fn a_secret_that_other_users_can_read_or_that_is_invalid_is_refused() {
    let secrets = Secrets::new();
    let path = secrets.path("client");
    let ask = || with_secret(&path, &["status", "--node", "127.0.0.1:9", "--timeout", "0.1"]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, text) = ask();
    assert!(code == 2 && text.contains("can be read by other users: chmod 600"), "{code} {text}");
    fs::write(&path, "swordfish\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let (code, text) = ask();
    assert!(
        code == 2 && text.contains("holds no secret of a cluster") && !text.contains("swordfish"),
        "{code} {text}"
    );
    let (code, _, stderr) = dynamo(&["secret", secrets.0.path().to_str().unwrap()]);
    assert!(
        code == 1 && stderr.contains("exists already, and nothing was made"),
        "an existing file is not overwritten: {code} {stderr}"
    );
    let data = folder();
    let administrators =
        ["node", "--id", "A", "--listen", "127.0.0.1:9", "--data", data.path().to_str().unwrap()];
    let (code, text) = with_secret(&secrets.path("administrator"), &administrators);
    assert!(code == 2 && text.contains("a node needs the secret of nodes"), "{code} {text}");
}

#[test]
fn a_node_without_a_secret_says_so_and_accepts_no_other_machines() {
    let data = folder();
    let node = [
        "node",
        "--id",
        "A",
        "--n",
        "1",
        "--r",
        "1",
        "--w",
        "1",
        "--data",
        data.path().to_str().unwrap(),
    ];
    let elsewhere = ["--listen", "0.0.0.0:4100", "--member", "A=10.1.2.3:4100"];
    let output = run(program().args(node).args(elsewhere).stdin(Stdio::null()));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains(
            "node A has no secret: it accepts every process on this machine, and none on other"
        ),
        "{stderr}"
    );
    assert!(
        stderr.contains("reach this node at 10.1.2.3:4100, but nodes without a secret"),
        "{stderr}"
    );
}
