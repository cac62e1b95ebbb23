//! What is seen without scrolling: on a wide screen, and on a phone.

use crate::browser::{Browser, Page, with_browser};
use crate::counterexample;
use crate::looks::TOO_SMALL;

/// Which of these elements are not completely in the window, and which have nothing in them.
const NOT_IN_VIEW: &str = "
const is_in = ({ top, left, bottom, right, width, height }) => width > 20 && height > 20
  && top >= 0 && left >= 0 && bottom <= innerHeight + 1 && right <= innerWidth + 1;
return arguments[0].filter(css => {
  const element = document.querySelector(css);
  return !element || !is_in(element.getBoundingClientRect());
}).join(' ');
";

/// Pairs of texts and drawings that lie on one another.
const OVERPRINTED: &str = "
const boxes = [...document.querySelectorAll('svg.ring, .card')]
  .map(it => [it.textContent.trim().slice(0, 20), it.getBoundingClientRect()]);
const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
  && a.top < b.bottom - 1 && b.top < a.bottom - 1;
return boxes.flatMap(([name, box], index) => boxes.slice(index + 1)
  .filter(([, other]) => meet(box, other)).map(([other]) => name + ' / ' + other)).join(', ');
";

/// Elements that scroll within another one that scrolls, inside a panel of the first view.
const SCROLLS_TWICE: &str = "
const scrolls = it => it.scrollHeight > it.clientHeight + 1
  && ['auto', 'scroll'].includes(getComputedStyle(it).overflowY);
return [...document.querySelectorAll('.first section')]
  .filter(panel => [...panel.querySelectorAll('*')].filter(scrolls).length > 1)
  .map(panel => panel.getAttribute('aria-labelledby')).join(' ');
";

async fn not_in_view(browser: &Browser, all: &[&str]) -> String {
    let script = NOT_IN_VIEW.replace("arguments[0]", &serde_json::json!(all).to_string());
    browser.script(&script).await.as_str().expect("a list").to_owned()
}

const FIRST: [&str; 7] = [
    "#verdict",
    "svg.ring",
    "[aria-labelledby=h-state]",
    "[aria-labelledby=h-steps]",
    "[aria-labelledby=h-path]",
    "[aria-labelledby=h-properties]",
    "#diagram",
];

#[test]
fn the_ring_the_choices_and_the_diagram_are_seen_together() {
    // A small scope, one with many nodes and views, and a long trace with three violations.
    let long = counterexample("063-hint-dropped-when-sent.json");
    for arguments in [vec!["one-client"], vec!["join-and-duplication"], vec!["--trace", &long]] {
        with_browser(&arguments, Page::Wide, async |browser| {
            assert!(browser.is("innerWidth === 1280 && innerHeight === 800").await);
            assert_eq!(not_in_view(browser, &FIRST).await, "", "{arguments:?}: out of view");
            assert!(browser.is("document.documentElement.scrollHeight <= innerHeight").await);
            assert_eq!(browser.script(OVERPRINTED).await, "", "{arguments:?}: overprinted");
            assert_eq!(browser.script(SCROLLS_TWICE).await, "", "{arguments:?}: scrolls twice");
        });
    }
}

#[test]
fn what_a_node_has_is_shortened_and_shown_whole_on_a_tap() {
    let file = counterexample("063-hint-dropped-when-sent.json");
    with_browser(&["--trace", &file], Page::Wide, async |browser| {
        browser.click(".right .card").await;
        assert!(browser.is("document.querySelector('.right .card').ariaExpanded === 'true'").await);
        let cut = "[...document.querySelectorAll('.card.whole .line')]
            .some(it => it.scrollWidth > it.clientWidth + 1)";
        assert!(!browser.is(cut).await, "the whole text is shown");
        assert!(browser.is("document.querySelector('.right .card').title.length > 5").await);
    });
}

#[test]
fn a_violated_property_is_linked_to_its_detail_from_the_top() {
    let file = counterexample("001-word-before-disk.json");
    with_browser(&["--trace", &file], Page::Wide, async |browser| {
        assert!(browser.is_there("#strip.is-bad [data-look^='I1.']").await);
        assert!(browser.text("#verdict").await.starts_with("✗"), "not by colour alone");
        let fold = "document.querySelector('#properties [data-name^=\"I1.\"]')";
        browser.click("#properties [data-name^='I1.'] > summary").await;
        assert!(browser.is(&format!("!{fold}.open")).await);
        browser.click("#strip [data-look^='I1.']").await;
        assert!(browser.is(&format!("{fold}.open")).await);
        assert_eq!(not_in_view(browser, &["#properties [data-name^='I1.'] > summary"]).await, "");
    });
}

#[test]
fn what_is_seen_to_hold_is_open_and_in_view() {
    with_browser(&[], Page::Wide, async |browser| {
        for invariant in ["I3", "I8"] {
            browser.open(&format!("invariants/{invariant}/hold")).await;
            browser.until("it is open", async |browser| browser.is_there("#strip").await).await;
            let fold = format!("#properties > .properties [data-name^='{invariant}.'][open]");
            assert_eq!(not_in_view(browser, &[&format!("{fold} > summary")]).await, "");
        }
    });
}

#[test]
fn a_known_limit_is_amber_and_open_with_its_reason() {
    for page in [Page::Wide, Page::Dark] {
        with_browser(&[], page, async |browser| {
            browser.open("limits/stale-read-when-quorums-miss").await;
            browser.until("it is open", async |browser| browser.is_there("#strip").await).await;
            let verdict = browser.text("#verdict").await;
            assert!(verdict.starts_with("△"), "not by colour alone: {verdict}");
            assert!(verdict.contains("It does not apply here, because "), "{verdict}");
            assert!(browser.is_there("#strip.is-open").await, "neither green nor red");
            let open = browser.text("#properties > .properties details[open]").await;
            assert!(open.contains("does not apply here, because ") && open.contains("The facts"));
            let summary = "#properties > .properties details[open] > summary";
            assert_eq!(not_in_view(browser, &[summary]).await, "", "the property is in view");
            if page == Page::Wide {
                browser.picture("limit").await;
            }
        });
    }
}

#[test]
fn a_limit_that_never_becomes_true_is_amber_too_and_found_from_its_trace_alone() {
    with_browser(&[], Page::Wide, async |browser| {
        browser.open("limits/repair-is-lost").await;
        browser.until("it is open", async |browser| browser.is_there("#strip").await).await;
        assert!(browser.is_there("#strip.is-open").await, "{}", browser.text("#verdict").await);
        let path = browser.script("return location.pathname").await;
        browser.open(path.as_str().expect("a path").trim_start_matches('/')).await;
        browser.until("it is open again", async |browser| browser.is_there("#strip").await).await;
        let verdict = browser.text("#verdict").await;
        assert!(browser.is_there("#strip.is-open").await, "{verdict}");
    });
}

#[test]
fn on_a_phone_choices_and_diagram_come_first_and_the_verdict_stays() {
    with_browser(&["concurrent-puts"], Page::Phone, async |browser| {
        let tops = "['h-steps', 'h-path', 'h-state', 'h-properties', 'h-words', 'h-search']
            .map(id => document.getElementById(id).getBoundingClientRect().top)";
        let sorted = format!("{tops}.every((top, index, all) => !index || all[index - 1] < top)");
        assert!(browser.is(&sorted).await, "{}", browser.script(&format!("return {tops}")).await);
        browser.script("scrollTo(0, document.body.scrollHeight)").await;
        assert_eq!(not_in_view(browser, &["#verdict"]).await, "", "the verdict stays in view");
    });
}

#[test]
fn on_a_phone_nothing_is_smaller_than_14_pixels() {
    for arguments in [vec!["--defect", "hint-dropped-when-sent"], vec![]] {
        with_browser(&arguments, Page::Phone, async |browser| {
            browser
                .script("document.querySelectorAll('details').forEach(it => it.open = true)")
                .await;
            assert_eq!(browser.script(TOO_SMALL).await, "", "{arguments:?}: too small");
        });
    }
}

#[test]
fn on_a_phone_the_first_tap_shows_what_a_step_changes_and_the_second_takes_it() {
    with_browser(&["one-client"], Page::Phone, async |browser| {
        assert!(browser.is("matchMedia('(pointer: coarse)').matches").await);
        browser.click(".steps button").await;
        assert!(browser.text("#preview").await.contains("would change"));
        assert_eq!(browser.text("#step").await, "step 0", "nothing is taken yet");
        browser.click("#take").await;
        browser.until("it is taken", async |browser| browser.text("#step").await == "step 1").await;
        browser.click(".steps button").await;
        browser.click(".steps button").await;
        browser
            .until("a second tap takes it", async |browser| browser.text("#step").await == "step 2")
            .await;
    });
}
