//! Values from files and pipes, text or not.

use crate::cluster::{Cluster, dynamo, program, run, wait};
use crate::folders::folder;
use std::fs::{self, File};
use std::process::{Output, Stdio};

const NO_TEXT: &[u8] = b"\x00\xff\xfe line\nand another\r\n\x1b[31m";

fn ask(node: &str, arguments: &[&str]) -> Output {
    run(program().args(arguments).args(["--node", node]).stdin(Stdio::null()))
}

fn raw(node: &str, key: &str) -> Vec<u8> {
    let got = ask(node, &["get", key, "--raw"]);
    assert!(got.status.success(), "{}", String::from_utf8_lossy(&got.stderr));
    got.stdout
}

fn put_from(node: &str, key: &str, stdin: File) -> (Option<i32>, String) {
    let put = run(program().args(["put", "--node", node, key, "-"]).stdin(stdin));
    (put.status.code(), String::from_utf8(put.stderr).unwrap())
}

#[test]
fn a_value_from_a_file_or_standard_input_is_read_back_byte_for_byte() {
    let (cluster, directory) = (Cluster::start(), folder());
    let (node, path) = (cluster.addresses[0].to_string(), directory.path().join("value"));
    let file = path.to_str().unwrap();
    for (number, value) in [NO_TEXT, b"", b"no end of line", &[0xAB; 8192]].into_iter().enumerate()
    {
        fs::write(&path, value).unwrap();
        let (of_file, piped) = (format!("file-{number}"), format!("piped-{number}"));
        let put = ask(&node, &["put", &of_file, "--file", file]);
        assert!(put.status.success(), "{}", String::from_utf8_lossy(&put.stderr));
        let (code, stderr) = put_from(&node, &piped, File::open(&path).unwrap());
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!(raw(&node, &of_file), value);
        assert_eq!(raw(&node, &piped), value);
    }
}

#[test]
fn invalid_values_are_refused_with_code_2() {
    let directory = folder();
    let path = directory.path().join("large");
    fs::write(&path, [b'x'; 8193]).unwrap();
    let (large, missing) = (path.to_str().unwrap(), directory.path().join("missing"));
    let cases: [(&[&str], &str); 5] = [
        (&["put", "k", "--file", large], "has more than 8192 bytes"),
        (&["put", "k", "--file", "/dev/zero"], "the value from /dev/zero has more than 8192 bytes"),
        (&["put", "k", "--file", missing.to_str().unwrap()], "cannot read the value from"),
        (&["put", "k", "v", "--file", large], "cannot be used with"),
        (&["put", "k"], "VALUE"),
    ];
    for (arguments, hint) in cases {
        let refused = ask("127.0.0.1:9", arguments);
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert!(
            refused.status.code() == Some(2) && stderr.contains(hint),
            "{arguments:?}: {stderr}"
        );
    }
    let (code, stderr) = put_from("127.0.0.1:9", "k", File::open("/dev/zero").unwrap());
    assert!(
        code == Some(2) && stderr.contains("the value from standard input has more than"),
        "{stderr}"
    );
}

#[test]
fn raw_needs_exactly_one_value() {
    let cluster = Cluster::start();
    let node = cluster.addresses[0].to_string();
    let refused = |hint: &str| {
        let got = ask(&node, &["get", "k", "--raw"]);
        let stderr = String::from_utf8(got.stderr).unwrap();
        assert!(
            got.status.code() == Some(1) && stderr.contains(hint) && got.stdout.is_empty(),
            "{stderr}"
        );
    };
    refused("the key \"k\" has no value");
    ask(&node, &["put", "k", "one"]);
    assert_eq!(raw(&node, "k"), b"one");
    ask(&node, &["put", "k", "two"]);
    refused("the key \"k\" has 2 siblings: get it without --raw");
    ask(&node, &["delete", "k"]);
    refused("the key \"k\" has no value");
}

#[test]
fn a_value_of_several_lines_is_shown_on_one_line() {
    let cluster = Cluster::start();
    let node = cluster.addresses[0].to_string();
    let value = "zwölf\nBoxkämpfer\t\x1b[31m";
    assert!(ask(&node, &["put", "k", value]).status.success());
    let (_, got, _) = dynamo(&["get", "--node", &node, "k"]);
    assert!(got.starts_with("zwölf\\nBoxkämpfer\\t\\u{1b}[31m  [A:1]\n"), "{got}");
}

/// The value comes in parts, and the put waits for the last one.
#[test]
fn a_put_reads_its_input_to_the_end() {
    use std::io::Write as _;
    let cluster = Cluster::start();
    let node = cluster.addresses[0].to_string();
    let mut put = program();
    put.args(["put", "--node", &node, "k", "-"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut put = put.spawn().unwrap();
    let mut stdin = put.stdin.take().unwrap();
    for part in ["one", " two", " three"] {
        stdin.write_all(part.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }
    drop(stdin);
    assert!(wait(&mut put, "the put").success());
    assert_eq!(raw(&node, "k"), b"one two three");
}
