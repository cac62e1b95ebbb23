//! What an address shows, and what it does not.

use crate::browser::{Page, with_browser};
use crate::take;

#[test]
fn what_lay_ahead_in_one_scope_does_not_lie_ahead_in_another() {
    with_browser(&["one-client"], Page::Wide, async |browser| {
        browser.pick("#scope", "concurrent-puts").await;
        browser
            .until("the other scope is shown", async |browser| {
                browser.text("#page").await.contains("c4")
            })
            .await;
        take(browser, 0).await;
        take(browser, 0).await;
        for _ in 0..3 {
            browser.client.back().await.expect("back");
        }
        let there = "location.pathname === '/one-client/protocol/' \
            && document.querySelector('#scope .chosen').innerText === 'one-client'";
        browser
            .until("the first scope is shown again", async |browser| browser.is(there).await)
            .await;
        assert!(browser.is("document.querySelector('#forward').disabled").await);
    });
}

#[test]
fn an_address_that_leads_nowhere_says_so() {
    with_browser(&["one-client"], Page::Wide, async |browser| {
        for (path, says) in [
            ("no-such/protocol/", "no scope"),
            ("one-client/protocol/abcdef", "step 1 of this path"),
            ("x/y/z/w", "nothing at this"),
        ] {
            browser.open(path).await;
            assert!(browser.text(".wrong").await.contains(says), "{path}");
        }
        browser.forgive("404");
        browser.forgive("422");
    });
}
