//! The explorer in a real browser: Chromium, by its driver. Where there is none the tests say that
//! they are skipped; with `BROWSER=required` in the environment they fail.

mod addresses;
mod browser;
mod choosers;
mod first_view;
#[path = "../processes/folders.rs"]
mod folders;
mod front;
mod lessons;
mod looks;
mod other_rules;
mod words;

use browser::{Browser, Page, with_browser};
use fantoccini::Locator;
use std::path::Path;
use std::process::Command;

fn counterexample(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../counterexamples").join(name);
    path.canonicalize().expect("a committed trace").display().to_string()
}

pub(crate) async fn take(browser: &Browser, number: usize) {
    let steps = browser.client.find_all(Locator::Css(".steps button")).await.expect("steps");
    let before = browser.text("#step").await;
    steps[number].click().await.expect("it can be clicked");
    browser
        .until("the step was taken", async |browser| browser.text("#step").await != before)
        .await;
}

#[test]
fn one_steps_goes_back_and_comes_again_to_an_address() {
    with_browser(&["concurrent-puts"], Page::Wide, async |browser| {
        assert_eq!(browser.text("#step").await, "step 0");
        take(browser, 0).await;
        take(browser, 0).await;
        assert_eq!(browser.text("#step").await, "step 2");
        let address = browser.client.current_url().await.expect("an address");
        assert_eq!(address.path().len(), "/concurrent-puts/protocol/".len() + 12);
        let words = browser.text(".facts").await;

        browser.client.back().await.expect("back");
        browser
            .until("step 1 is shown", async |browser| browser.text("#step").await == "step 1")
            .await;
        browser.click("#forward").await;
        browser
            .until("step 2 is shown", async |browser| browser.text("#step").await == "step 2")
            .await;
        browser.client.refresh().await.expect("reloaded");
        browser
            .until("step 2 is shown again", async |browser| browser.text("#step").await == "step 2")
            .await;
        assert_eq!(browser.text(".facts").await, words);
        browser.click("#first").await;
        browser
            .until("the initial state is shown", async |browser| {
                browser.text("#step").await == "step 0"
            })
            .await;
        browser.client.goto(address.as_str()).await.expect("the address");
        browser
            .until("step 2 is shown once more", async |browser| {
                browser.text("#step").await == "step 2"
            })
            .await;
        assert_eq!(
            browser.client.find_all(Locator::Css("#diagram button")).await.expect("rows").len(),
            3
        );
    });
}

#[test]
fn a_step_tells_beforehand_what_it_changes() {
    with_browser(&["one-client"], Page::Wide, async |browser| {
        browser.script("document.querySelector('.steps button').focus()").await;
        browser
            .until("it is told", async |browser| {
                browser.text("#preview").await.contains("would change")
            })
            .await;
        let told = browser.text("#preview").await;
        let first = told
            .lines()
            .find(|line| line.contains("stores k"))
            .expect("a put is stored")
            .to_owned();
        take(browser, 0).await;
        let stored = first.rsplit(": ").next().expect("what is stored");
        let marked = browser.text(".facts tr.new").await;
        assert!(
            marked.contains("stores k") && marked.contains(stored),
            "{marked:?} does not say {stored:?}"
        );
    });
}

/// Searches for a goal, and goes to the state that is found.
pub(crate) async fn jump_to(browser: &Browser, goal: &str) {
    browser.choose("#goal", goal).await;
    browser.click("#find").await;
    browser
        .until("it is found", async |browser| browser.text("#job").await.contains("Found"))
        .await;
    browser.click("#jump").await;
    browser.until("it is shown", async |browser| browser.text("#step").await != "step 0").await;
}

#[test]
fn a_state_is_found() {
    with_browser(&["concurrent-puts"], Page::Wide, async |browser| {
        jump_to(browser, "goal.two-siblings").await;
        assert!(
            browser.text("#page").await.contains("||"),
            "two siblings are somewhere on the page"
        );
        browser.choose("#goal", "I1.acknowledged-put-is-on-w-disks").await;
        browser.click("#find").await;
        browser
            .until("it is nowhere", async |browser| {
                browser.text("#job").await.contains("Nowhere: all")
            })
            .await;
    });
}

#[test]
fn a_defect_is_run_to_its_counterexample() {
    with_browser(&["--defect", "ack-one-short"], Page::Wide, async |browser| {
        browser.click("#check").await;
        browser
            .until("it fails", async |browser| {
                browser.text("#job").await.contains("Not as claimed")
            })
            .await;
        browser.click("#jump").await;
        browser
            .until("it is shown", async |browser| {
                browser.text("#verdict").await.contains("not hold here")
            })
            .await;
        assert!(browser.text("#verdict").await.contains("I1."));
        let facts = browser.text(".evidence").await;
        assert!(
            facts.contains("w0 is acknowledged after the reply of 1 node"),
            "why it does not hold: {facts}"
        );
        browser.pick("#rules", "protocol").await;
        browser
            .until("the protocol is shown", async |browser| {
                browser.text("#verdict").await.contains("holds in this state")
            })
            .await;
        browser.click("#check").await;
        browser
            .until("all holds", async |browser| browser.text("#job").await.contains("All holds"))
            .await;
    });
}

#[test]
fn a_trace_is_loaded_and_saved() {
    with_browser(&["one-client"], Page::Wide, async |browser| {
        let file = counterexample("001-word-before-disk.json");
        browser.find("#load").await.send_keys(&file).await.expect("a file is chosen");
        browser
            .until("it is shown", async |browser| {
                browser.text("#verdict").await.contains("not hold here")
            })
            .await;
        assert!(
            browser
                .client
                .current_url()
                .await
                .expect("an address")
                .path()
                .contains("/word-before-disk/")
        );
        browser.click("#save").await;
        let saved = browser.downloaded().await;
        let replayed = Command::new(env!("CARGO_BIN_EXE_dynamo"))
            .args(["trace", "replay"])
            .arg(&saved)
            .output()
            .expect("it runs");
        assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stdout));

        let other = browser.folder().join("other.json");
        std::fs::write(&other, "{\"format\": 9}").expect("written");
        browser
            .find("#load")
            .await
            .send_keys(&other.display().to_string())
            .await
            .expect("a file is chosen");
        browser.until("it is refused", async |browser| browser.is_there("#wrong").await).await;
        assert!(browser.text("#wrong").await.contains("format says 9"));
        browser.forgive("422");
    });
}

#[test]
fn a_trace_given_on_the_command_line_is_where_one_begins() {
    with_browser(
        &["--trace", &counterexample("001-word-before-disk.json")],
        Page::Wide,
        async |browser| {
            assert!(browser.text("#verdict").await.contains("not hold here"));
            browser.choose("#table", "6").await;
            browser
                .until("the table is shown", async |browser| browser.is_there(".seed").await)
                .await;
        },
    );
}

#[test]
fn branches_are_kept_and_stand_side_by_side() {
    with_browser(&["concurrent-puts"], Page::Wide, async |browser| {
        take(browser, 0).await;
        take(browser, 0).await;
        browser.click("#back").await;
        browser
            .until("it went back", async |browser| browser.text("#step").await == "step 1")
            .await;
        take(browser, 1).await;
        browser.click(".compare").await;
        browser
            .until("they are compared", async |browser| browser.is_there("#comparison").await)
            .await;
        let told = browser.text("#comparison").await;
        assert!(told.contains("B: stores k") && told.contains("C: stores k"), "{told}");
        for side in ["here", "there"] {
            assert!(
                browser.is_there(&format!("#compared-{side} svg.ring .differs")).await,
                "{side}: what differs is marked"
            );
            assert!(
                browser.is_there(&format!("#diagram-{side} button.here")).await,
                "{side}: the path is drawn"
            );
        }
        browser.picture_of("[aria-labelledby=h-branches]", "branches").await;
        let (here, there) =
            (browser.text("#diagram-here .here").await, browser.text("#diagram-there .here").await);
        assert_ne!(here, there);
        browser.click("#diagram-there li:last-child button").await;
        browser
            .until("the other is shown", async |browser| {
                browser.text("#diagram .here").await == there
            })
            .await;
    });
}

#[test]
fn what_was_gone_stays_drawn_and_can_be_gone_to() {
    with_browser(&["concurrent-puts"], Page::Wide, async |browser| {
        for _ in 0..3 {
            take(browser, 0).await;
        }
        let drawn = "document.querySelectorAll('#diagram .message').length";
        assert_eq!(
            browser.script(&format!("return {drawn}")).await,
            3,
            "an arrow for each message that arrived"
        );
        browser.click("#diagram li:nth-child(2) button").await;
        browser
            .until("step 1 is shown", async |browser| browser.text("#step").await == "step 1")
            .await;
        assert_eq!(
            browser.script(&format!("return {drawn}")).await,
            3,
            "what lies ahead is drawn still"
        );
        assert!(
            browser.is("document.querySelectorAll('#diagram .message.ahead').length === 2").await
        );
        browser.click("#diagram li:last-child button").await;
        browser
            .until("step 3 is shown", async |browser| browser.text("#step").await == "step 3")
            .await;
    });
}

#[test]
fn the_ring_shows_partitions_views_and_roots() {
    with_browser(&["join-and-duplication"], Page::Wide, async |browser| {
        let partitions = "document.querySelectorAll('.ring .partition').length";
        assert!(browser.is(&format!("{partitions} === 256")).await, "one ring, as all see it");
        browser.choose("#goal", "I7.views-differ").await;
        browser.click("#find").await;
        browser
            .until("it is found", async |browser| browser.text("#job").await.contains("Found"))
            .await;
        browser.click("#jump").await;
        browser
            .until("two rings are shown", async |browser| {
                browser.is(&format!("{partitions} === 512")).await
            })
            .await;
        assert!(
            browser.is("document.querySelector('.around').textContent.includes('2 views')").await
        );
        browser.pick("#scope", "exchange-amid-puts").await;
        let root = "document.querySelector('.around').textContent.includes('tree of p')";
        browser.until("the roots are shown", async |browser| browser.is(root).await).await;
    });
}

#[test]
fn a_trace_is_dropped_on_the_page() {
    with_browser(&["one-client"], Page::Wide, async |browser| {
        let text =
            std::fs::read_to_string(counterexample("001-word-before-disk.json")).expect("a trace");
        let drop = "const data = new DataTransfer(); data.items.add(new File([arguments[0]], 'dropped.json'));
            document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));";
        browser.client.execute(drop, vec![text.into()]).await.expect("it is dropped");
        browser
            .until("it is shown", async |browser| {
                browser.text("#verdict").await.contains("not hold here")
            })
            .await;
    });
}

#[test]
fn a_search_that_another_page_ended_can_be_begun_again() {
    with_browser(&["loss-amid-puts-and-reads"], Page::Wide, async |browser| {
        browser.click("#check").await;
        browser.until("it is checked", async |browser| browser.is_there("#cancel").await).await;
        let other =
            "fetch('/api/jobs', { method: 'POST', headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ kind: 'check', scope: 'one-client', rules: 'protocol' }) })";
        browser.script(other).await;
        browser
            .until("it is told", async |browser| {
                browser.text("#wrong").await.contains("one at a time")
            })
            .await;
        assert!(browser.is("!document.querySelector('#find').disabled").await);
        browser.forgive("404");
    });
}

#[test]
fn the_keyboard_alone_is_enough() {
    with_browser(&["concurrent-puts"], Page::Wide, async |browser| {
        let mut tabs = 0;
        while !browser.is("document.activeElement.matches('.steps button')").await {
            browser.press('\u{e004}').await;
            tabs += 1;
            assert!(tabs < 60, "no step is reached with Tab");
        }
        assert!(browser.text("#preview").await.contains("would change"));
        browser.press('\u{e007}').await;
        browser
            .until("Enter took it", async |browser| browser.text("#step").await == "step 1")
            .await;
        browser.press('1').await;
        browser
            .until("1 took the first", async |browser| browser.text("#step").await == "step 2")
            .await;
        browser.press('\u{e012}').await;
        browser
            .until("left went back", async |browser| browser.text("#step").await == "step 1")
            .await;
        browser.press('\u{e014}').await;
        browser
            .until("right went on", async |browser| browser.text("#step").await == "step 2")
            .await;
        browser.press('p').await;
        let is_ahead = "parseInt(document.querySelector('#step').innerText.slice(5)) >= 4";
        browser.until("it plays", async |browser| browser.is(is_ahead).await).await;
        browser.press('p').await;
        browser.until("it pauses", async |browser| browser.text("#play").await == "Play").await;
    });
}
