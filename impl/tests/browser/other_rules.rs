//! The same path under other rules: kept as far as it goes, and side by side.

use crate::browser::{Page, with_browser};
use crate::looks::{TOO_SMALL, is_accessible};
use crate::{counterexample, jump_to, take};

#[test]
fn other_rules_keep_the_path_as_far_as_it_goes() {
    let file = counterexample("063-hint-dropped-when-sent.json");
    with_browser(&["--trace", &file], Page::Wide, async |browser| {
        let steps = browser.text("#step").await;
        browser.pick("#rules", "protocol").await;
        browser.until("it is told", async |browser| browser.is_there("#kept").await).await;
        let told = browser.text("#kept").await;
        assert!(told.contains("The path is kept"), "{told}");
        let bottom = "document.querySelector('[aria-labelledby=h-path]').getBoundingClientRect()";
        assert!(browser.is(&format!("{bottom}.bottom <= innerHeight")).await, "nothing moves out");
        assert_eq!(browser.text("#step").await, steps);
        assert!(browser.text("#verdict").await.contains("holds in this state"));

        // What the protocol does next, the defect cannot do: there is no hint any more.
        browser.click("#kept a").await;
        browser
            .until("both are seen", async |browser| browser.is_there("#beside-protocol").await)
            .await;
    });
}

#[test]
fn a_path_that_ends_under_other_rules_tells_where_and_why() {
    with_browser(&["stand-in"], Page::Wide, async |browser| {
        jump_to(browser, "I8.hint-is-handed-over").await;
        browser.pick("#rules", "hint-dropped-when-sent").await;
        browser.until("it is told", async |browser| browser.is_there("#kept").await).await;
        let (told, step) = (browser.text("#kept").await, browser.text("#step").await);
        assert!(told.contains("The path ends after step"), "{told}");
        assert!(told.contains("cannot be taken: "), "{told}");
        let kept = step.trim_start_matches("step ");
        assert!(told.contains(&format!("after step {kept} of")), "{told} at {step}");
        assert_ne!(kept, "0", "what can be taken is kept");
        take(browser, 0).await;
        assert!(!browser.is_there("#kept").await, "it is told once");
    });
}

#[test]
fn side_by_side_the_first_difference_is_marked() {
    for page in [Page::Wide, Page::Dark, Page::Phone] {
        let file = counterexample("063-hint-dropped-when-sent.json");
        with_browser(&["--trace", &file], page, async |browser| {
            browser.click("#beside").await;
            browser
                .until("both are seen", async |browser| browser.is_there("#beside-defect").await)
                .await;
            assert!(browser.is("location.search === '?beside=protocol'").await);
            let first = browser.text("#first-difference").await;
            assert!(first.contains("first difference after step 4"), "{first}");
            let fact = browser.text("#first-facts tbody tr").await;
            assert!(fact.contains("D: keeps k for C") && fact.contains("w0 [A:1]"), "{fact}");
            let marks = browser.text("#path-defect li:nth-child(5)").await;
            assert!(marks.contains('◀'), "its step is marked: {marks}");
            assert!(browser.is_there("#beside-defect svg.ring .differs").await);
            let place = "['protocol', 'defect'].map(side =>
                document.getElementById('beside-' + side).getBoundingClientRect())";
            let below = "(([one, other]) => other.top >= one.bottom)";
            let is_below = browser.is(&format!("{below}({place})")).await;
            assert_eq!(is_below, page == Page::Phone, "columns, or one below the other");
            if page == Page::Wide {
                browser.picture("beside").await;
            }
            if page == Page::Phone {
                assert_eq!(browser.script(TOO_SMALL).await, "", "too small");
            }
            let width = if page == Page::Phone { 390 } else { 1280 };
            is_accessible(browser, width, page).await;

            browser.client.refresh().await.expect("reloaded");
            browser
                .until("the address shows both", async |browser| {
                    browser.is_there("#first-facts").await
                })
                .await;
            browser.click("#back").await;
            browser
                .until("it went back", async |browser| browser.text("#step").await == "step 3")
                .await;
            assert!(browser.text("#first-difference").await.contains("after step 4"));
            assert!(!browser.is_there("#beside-defect svg.ring .differs").await);
            browser.click("#to-first").await;
            browser
                .until("it is there", async |browser| browser.text("#step").await == "step 4")
                .await;
            browser.click("#leave-beside").await;
            browser
                .until("one is seen", async |browser| browser.is_there("#properties").await)
                .await;
        });
    }
}
