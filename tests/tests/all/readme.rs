//! The README files: README.md's table of the nine invariants agrees with the code, and every link
//! leads somewhere.

use crate::tidy::{read, root, sources};
use dynamo::gallery::Case;
use dynamo_invariants::catalogue::{self, DEFECTS, INVARIANTS, SCOPES};
use dynamo_invariants::defect::Defect;
use dynamo_invariants::scope::Scope;
use dynamo_model::rules::Rules;
use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of README.md that a new reader reads to the end.
const LINES_MAX: usize = 150;

/// Is this folder part of the project? Cargo, Git and editors write others.
fn is_ours(name: &str) -> bool {
    name != "target" && !name.starts_with('.')
}

/// Every text for readers, such as README.md, by its path in the project. Their names begin with a
/// capital letter; those of generated pages do not.
fn guides() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() && is_ours(&name) {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md")
                && name.starts_with(char::is_uppercase)
            {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// A number with thousands separators: 23,385.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let is_group = |index: usize| index > 0 && (digits.len() - index).is_multiple_of(3);
    let group =
        |(index, digit): (usize, char)| is_group(index).then_some(',').into_iter().chain([digit]);
    digits.chars().enumerate().flat_map(group).collect()
}

/// The targets of all links and pictures outside code: `[text](target)`.
fn links(text: &str) -> Vec<String> {
    // Every second part of a file is between two fences.
    let prose = text.split("```").step_by(2);
    let targets = |part: &str| {
        let after = part.split("](").skip(1);
        after
            .filter_map(|rest| rest.split_once(')'))
            .map(|(target, _)| target.to_owned())
            .collect::<Vec<_>>()
    };
    prose.flat_map(targets).collect()
}

/// The anchors that GitHub makes: `## Who is let in` becomes `#who-is-let-in`.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    let kept = |letter: char| match letter {
        ' ' => Some('-'),
        _ => {
            (letter.is_alphanumeric() || "-_".contains(letter)).then(|| letter.to_ascii_lowercase())
        }
    };
    headings
        .map(|heading| heading.trim_start_matches('#').trim().chars().filter_map(kept).collect())
        .collect()
}

/// A link from README.md to a rule's code: its function, or its line in `Rules::default`.
fn link_to(rule: &str) -> String {
    let rules = sources("model/src")
        .into_iter()
        .filter(|path| path.to_string_lossy().contains("model/src/rules"));
    let mut files: Vec<(String, String)> = rules
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    let find = |is_it: &dyn Fn(&str) -> bool| {
        files.iter().find_map(|(name, text)| {
            text.lines().position(is_it).map(|index| format!("[`{rule}`]({name}#L{})", index + 1))
        })
    };
    let (function, entry, declared) =
        (format!("fn {rule}("), format!("{rule}: "), format!("{rule}: fn("));
    find(&|line| line.contains(&function))
        .or_else(|| {
            find(&|line| line.trim_start().starts_with(&entry) && !line.contains(&declared))
        })
        .unwrap_or_else(|| panic!("no file below model/src/rules has the rule {rule}"))
}

/// The cells of a row.
fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// The name at the beginning of a cell: in backticks, perhaps a link.
fn name(cell: &str) -> &str {
    cell.split('`').nth(1).unwrap_or_else(|| panic!("no name in backticks in {cell:?}"))
}

/// The row that README.md should have for the defect and the invariant in this row.
fn corrected(row: &str) -> String {
    let cells = cells(row);
    let [id, _, _, broken, _, _] = cells[..] else {
        panic!("README.md: a row has six cells: {row}")
    };
    let defect = Defect::named(name(broken));
    let defect =
        defect.unwrap_or_else(|| panic!("README.md: {id}: there is no defect {}", name(broken)));
    let Defect { name, rule, scope, .. } = defect;
    assert!(Rules::NAMES.contains(rule), "there is no rule {rule}");
    assert!(
        defect.breaks[0].starts_with(&format!("{id}.")),
        "README.md: {id}: {name} breaks {} first",
        defect.breaks[0]
    );
    let invariant = INVARIANTS.iter().find(|invariant| invariant.id == id);
    let invariant = invariant.unwrap_or_else(|| panic!("README.md: there is no invariant {id}"));
    assert_eq!(*name, invariant.first_defect, "README.md: {id}: the defect to see first");
    let states = invariant.scopes.iter().map(|scope| scope.unique_states).sum();
    let (words, count, states) = (invariant.statement, invariant.scopes.len(), grouped(states));
    let page = Case::named(name).expect("every defect has a page").page_file();
    format!(
        "| {id} | {words} | {} | [`{name}`](counterexamples/{page}) | `dynamo explore {scope} --defect {name}` | \
         {count} scopes, {states} states |",
        link_to(rule)
    )
}

#[test]
fn the_readme_is_short() {
    let lines = read("README.md").lines().count();
    assert!(
        lines <= LINES_MAX,
        "README.md has {lines} lines: {LINES_MAX} at most; move something to a folder's README"
    );
}

#[test]
fn the_readme_has_a_row_for_each_invariant_and_each_is_what_the_code_says() {
    let readme = read("README.md");
    let rows: Vec<&str> = readme.lines().filter(|line| line.starts_with("| I")).collect();
    let ids: Vec<&str> = rows.iter().map(|row| cells(row)[0]).collect();
    assert_eq!(ids, INVARIANTS.map(|invariant| invariant.id));
    let expected: Vec<String> = rows.iter().map(|row| corrected(row)).collect();
    assert!(rows == expected, "README.md's rows should be:\n{}", expected.join("\n"));
    for row in rows {
        let scope = Defect::named(name(cells(row)[3])).expect("a defect").scope;
        let is_default = SCOPES.iter().any(|default| default.name == scope);
        assert!(is_default, "cargo run does not check {scope}");
    }
}

#[test]
fn the_readme_tells_how_many_states_are_checked() {
    let states: usize = SCOPES.iter().map(|scope: &Scope| scope.unique_states).sum();
    let line = format!("{} reachable states of {} scopes", grouped(states), SCOPES.len());
    assert!(read("README.md").contains(&line), "README.md should say: {line}");
}

#[test]
fn every_command_that_names_a_scope_or_a_defect_names_one_that_exists() {
    for guide in guides() {
        let text = read(&guide);
        let words: Vec<&str> = text.split([' ', '\n', '`', '(', ')']).collect();
        for pair in words.windows(3) {
            let is_name = |name: &str| {
                !name.is_empty()
                    && name.chars().all(|c| c.is_ascii_lowercase() || "-0123456789".contains(c))
                    && !name.starts_with('-')
            };
            match pair {
                ["dynamo", "explore" | "check", scope] if is_name(scope) => {
                    assert!(
                        catalogue::scope_named(scope).is_some(),
                        "{}: no scope {scope}",
                        guide.display()
                    );
                }
                ["dynamo", "defects", name] | [_, "--defect", name] if is_name(name) => {
                    let is_there = DEFECTS.iter().any(|defect| defect.name == *name);
                    assert!(is_there, "{}: no defect {name}", guide.display());
                }
                _ => {}
            }
        }
    }
}

#[test]
fn every_relative_link_leads_somewhere() {
    let guides = guides();
    for guide in ["README.md", "CONTRIBUTING.md", "model/README.md", "counterexamples/README.md"] {
        assert!(guides.contains(&PathBuf::from(guide)), "{guide} is missing");
    }
    let mut wrong = Vec::new();
    for guide in &guides {
        let text = read(guide);
        for link in links(&text) {
            if link.contains("://") {
                continue;
            }
            let (file, place) = link.split_once('#').unwrap_or((&link, ""));
            let target =
                if file.is_empty() { guide.clone() } else { guide.parent().unwrap().join(file) };
            if !leads_somewhere(&target, place) {
                wrong.push(format!("{}: {link} leads nowhere", guide.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Does the file or folder exist, and does the file have that line or heading?
fn leads_somewhere(target: &Path, place: &str) -> bool {
    let path = root().join(target);
    if place.is_empty() {
        return path.exists();
    }
    let Ok(text) = fs::read_to_string(path) else { return false };
    match place.strip_prefix('L').and_then(|line| line.parse::<usize>().ok()) {
        Some(line) => (1..=text.lines().count()).contains(&line),
        None => anchors(&text).iter().any(|anchor| anchor == place),
    }
}
