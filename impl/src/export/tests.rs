use super::*;
use crate::gallery::Case;
use std::collections::BTreeSet;

/// A lost message, a lasso, a crash, an end where nothing goes on.
const TELLING: &[&str] =
    &["hint-dropped-on-timeout", "exchange-never-ends", "word-before-disk", "repair-is-lost"];

fn exported(format: Format) -> impl Iterator<Item = (Trace, String)> {
    TELLING.iter().map(move |name| {
        let case = Case::named(name).expect("there is such a case");
        let trace = case.trace(&case.find().0.expect("it is found"));
        let run = trace.replay().expect("it was recorded just now");
        let text = export(&trace, &run, format);
        (trace, text)
    })
}

#[test]
fn itf_is_read_by_its_own_library() {
    for (trace, text) in exported(Format::Itf) {
        let read: ::itf::Trace<serde_json::Value> =
            ::itf::trace_from_str(&text).expect("it is ITF");
        assert_eq!(read.states.len(), trace.steps.len() + 1);
        assert_eq!(read.loop_index, trace.cycle_from.map(|from| from as u64));
        for state in &read.states {
            let told: BTreeSet<&String> =
                state.value.as_object().expect("a record").keys().collect();
            assert!(read.vars.iter().all(|name| told.contains(name)), "a state lacks a variable");
        }
    }
}

#[test]
fn shiviz_logs_are_read_by_their_parser_and_clocks_count() {
    for (trace, text) in exported(Format::Shiviz) {
        let mut lines = text.lines();
        let parser = regex::Regex::new(lines.next().expect("the parser")).expect("an expression");
        assert_eq!(lines.next(), Some(""));
        let mut count = std::collections::BTreeMap::<String, u64>::new();
        for line in lines {
            let fields = parser.captures(line).unwrap_or_else(|| panic!("not read: {line}"));
            let clock: serde_json::Value =
                serde_json::from_str(&fields["clock"]).expect("a clock is JSON");
            let count = count.entry(fields["host"].to_owned()).or_default();
            *count += 1;
            // So ShiViz demands: a host's own time is 1 at first, and one more at each of its
            // events.
            assert_eq!(clock[&fields["host"]], *count, "{line}");
        }
        assert_eq!(count.len(), trace.initial.len() - 1, "every node and client has a line");
    }
}

#[test]
fn mermaid_says_every_step() {
    for (trace, text) in exported(Format::Mermaid) {
        assert!(text.starts_with("sequenceDiagram\n"));
        let steps = text.lines().filter(|line| {
            line.contains("->>") || line.contains("-x") || line.contains("Note over")
        });
        let ends = usize::from(trace.cycle_from == Some(trace.steps.len()));
        assert_eq!(steps.count(), trace.steps.len() + ends);
        let texts = text.lines().filter_map(|line| line.split_once(": ")).map(|(_, text)| text);
        for text in texts {
            let plain = text.replace("#35;", "").replace("#59;", "");
            assert!(!plain.contains(['#', ';']), "{text}");
        }
    }
}

#[test]
fn a_page_needs_nothing_else_and_its_data_is_whole() {
    for (trace, text) in exported(Format::Html) {
        assert!(!text.contains("src=") && !text.contains("href="), "it must load nothing");
        let (_, data) = text.split_once("id=\"data\">").expect("the data");
        let (data, _) = data.split_once("</script>").expect("its end");
        let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(data["states"].as_array().map(Vec::len), Some(trace.steps.len() + 1));
    }
}

#[test]
fn a_diagram_has_an_arrow_for_each_message() {
    for (trace, text) in exported(Format::Svg) {
        let (run, _) = trace.run();
        let shown = flights(&run).into_iter().filter(|flight| flight.ended.is_some()).count();
        let drawn =
            text.matches("class=\"message\"").count() + text.matches("class=\"lost\"").count();
        assert_eq!(drawn, shown);
        assert_eq!(text.matches("class=\"step-row\"").count(), trace.steps.len());
    }
}
