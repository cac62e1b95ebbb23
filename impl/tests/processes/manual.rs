//! Completion scripts and manual pages.

use crate::cluster::dynamo;
use crate::folders::folder;
use std::fs;
use std::process::Command;

/// Bash itself completes a command.
#[test]
fn bash_completes_commands_and_options() {
    let (code, script, _) = dynamo(&["completions", "bash"]);
    assert_eq!(code, 0);
    let directory = folder();
    let file = directory.path().join("dynamo.bash");
    fs::write(&file, script).unwrap();
    for (words, expected) in [("trace val", "validate\n"), ("trace validate --fol", "--follow\n")] {
        let asks = format!(
            "source {}; COMP_WORDS=(dynamo {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _dynamo dynamo ${{COMP_WORDS[-1]}} ${{COMP_WORDS[-2]}}; echo ${{COMPREPLY[@]}}",
            file.display()
        );
        let output = Command::new("bash").args(["--norc", "-c", &asks]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{words}: {output:?}");
    }
    for shell in ["zsh", "fish"] {
        let (code, script, _) = dynamo(&["completions", shell]);
        assert!(code == 0 && script.contains("validate"), "{shell}");
    }
}

#[test]
fn each_command_has_a_manual_page() {
    let directory = folder();
    let pages = directory.path().join("man1");
    let (code, _, errors) = dynamo(&["man", pages.to_str().unwrap()]);
    assert_eq!(code, 0, "{errors}");
    let first = fs::read_to_string(pages.join("dynamo.1")).unwrap();
    let (_, help, _) = dynamo(&["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = commands.map_while(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands.iter().filter(|command| **command != "help") {
        assert!(first.contains(&format!("dynamo\\-{command}(1)")), "{command}");
        assert!(pages.join(format!("dynamo-{command}.1")).exists(), "{command}");
    }
    let page = fs::read_to_string(pages.join("dynamo-trace-validate.1")).unwrap();
    assert!(page.contains("\\-\\-follow"), "{page}");

    let (code, _, errors) = dynamo(&["man", "/proc/none"]);
    assert_eq!(code, 1);
    assert!(errors.contains("/proc/none"), "{errors}");
}
