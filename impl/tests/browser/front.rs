//! The first page: the nine invariants.

use crate::browser::{Browser, Page, with_browser};
use crate::looks::is_accessible;

async fn follow(browser: &Browser, card: &str, which: &str) {
    browser.open("").await;
    browser
        .until("the invariants are shown", async |browser| browser.is_there(".invariant").await)
        .await;
    browser.click(&format!("[aria-labelledby={card}] [data-which={which}]")).await;
    browser.until("a state is shown", async |browser| browser.is_there("#step").await).await;
}

#[test]
fn every_invariant_is_seen_to_hold_and_to_break() {
    with_browser(&[], Page::Wide, async |browser| {
        assert_eq!(
            browser.script("return document.querySelectorAll('.invariant').length").await,
            9
        );
        for number in 1..=9 {
            let card = format!("I{number}");
            follow(browser, &card, "hold").await;
            assert!(browser.text("#verdict").await.contains("holds in this state"), "{card}");
            let open = browser.text(".properties details[open] > summary").await;
            assert!(open.contains(&format!("{card}.")), "{card}: open is {open:?}");
            follow(browser, &card, "break").await;
            let (verdict, open) = (
                browser.text("#verdict").await,
                browser.text(".properties details[open] > summary").await,
            );
            let is_shown = verdict.contains("not hold here");
            assert!(is_shown && open.contains(&format!("{card}.")), "{card}: {verdict} {open:?}");
        }
    });
}

#[test]
fn a_rule_is_read_and_any_scope_is_opened() {
    with_browser(&[], Page::Wide, async |browser| {
        browser.click("[aria-labelledby=I1] summary").await;
        let card = browser.text("[aria-labelledby=I1]").await;
        assert!(
            card.contains("must_save") && card.contains("save before it acknowledges"),
            "{card}"
        );
        browser.pick("#rules", "repair-skipped").await;
        let is_chosen = "document.querySelector('#scope .chosen').innerText === 'read-repair'";
        browser.until("its scope is chosen", async |browser| browser.is(is_chosen).await).await;
        browser.click("#open").await;
        browser.until("it is open", async |browser| browser.is_there("#step").await).await;
        assert!(browser.is("location.pathname === '/read-repair/repair-skipped/'").await);
        browser.click("#home").await;
        browser
            .until("the invariants are shown", async |browser| browser.is_there(".invariant").await)
            .await;
    });
}

#[test]
fn the_keyboard_alone_opens_a_run() {
    with_browser(&[], Page::Wide, async |browser| {
        let mut tabs = 0;
        while !browser
            .is("document.activeElement.matches('[aria-labelledby=I2] [data-which=break]')")
            .await
        {
            browser.press('\u{e004}').await;
            tabs += 1;
            assert!(tabs < 20, "the link is not reached with Tab");
        }
        browser.press('\u{e007}').await;
        browser.until("a state is shown", async |browser| browser.is_there("#step").await).await;
        assert!(browser.text("#verdict").await.contains("I2."));
    });
}

fn is_fine_on(page: Page, width: u64, name: &str) {
    with_browser(&[], page, async |browser| {
        browser.picture(name).await;
        browser.script("document.querySelectorAll('details').forEach(it => it.open = true)").await;
        is_accessible(browser, width, page).await;
    });
}

#[test]
fn it_is_fine_on_a_wide_screen() {
    is_fine_on(Page::Wide, 1280, "invariants-wide");
}

#[test]
fn it_is_fine_by_night() {
    is_fine_on(Page::Dark, 1280, "invariants-night");
}

#[test]
fn it_is_fine_on_a_phone() {
    is_fine_on(Page::Phone, 390, "invariants-phone");
}
