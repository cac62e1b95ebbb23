//! Words, colours and short forms are explained on the page; and large type for a class.

use crate::browser::{Page, with_browser};
use crate::looks::is_accessible;

#[test]
fn a_word_is_explained_by_pointing_and_by_a_tap() {
    for page in [Page::Wide, Page::Phone] {
        with_browser(&["stand-in"], page, async |browser| {
            let word = "[aria-labelledby=h-about] [data-word]";
            let script = format!("return document.querySelector({word:?}).dataset.word");
            let name = browser.script(&script).await.as_str().expect("a word").to_owned();
            assert!(!browser.is("document.querySelector('#note:popover-open') !== null").await);
            browser.click(word).await;
            assert!(browser.is_there("#note:popover-open").await, "it is shown");
            let told = browser.text("#note").await;
            assert!(told.starts_with(&format!("{name}: ")) && told.len() > 20, "{told}");
            browser.press('\u{e00c}').await;
            assert!(!browser.is_there("#note:popover-open").await, "Escape closes it");
            let twice = "[...document.querySelectorAll('[aria-labelledby=h-about] [data-word]')]
                .map(it => it.dataset.word).some((it, index, all) => all.indexOf(it) !== index)";
            assert!(!browser.is(twice).await, "a panel marks a word once");
        });
    }
}

#[test]
fn pointing_at_a_word_is_enough() {
    with_browser(&["stand-in"], Page::Wide, async |browser| {
        let word = "document.querySelector('[aria-labelledby=h-about] [data-word]')";
        let point = |event: &str| {
            format!("{word}.dispatchEvent(new PointerEvent('{event}', {{ pointerType: 'mouse' }}))")
        };
        browser.script(&point("pointerenter")).await;
        assert!(browser.is_there("#note:popover-open").await);
        browser.script(&point("pointerleave")).await;
        assert!(!browser.is_there("#note:popover-open").await);
    });
}

#[test]
fn the_legend_explains_colours_notation_and_words() {
    for (page, width) in [(Page::Wide, 1280), (Page::Dark, 1280), (Page::Phone, 390)] {
        with_browser(&["stand-in"], page, async |browser| {
            browser.click("#open-legend").await;
            let legend = browser.text("#legend").await;
            for text in ["Colours and signs", "△", "A tombstone", "Glossary", "preference list"] {
                assert!(legend.contains(text), "the legend lacks {text}");
            }
            is_accessible(browser, width, page).await;
            browser.click("#legend form button").await;
            assert!(!browser.is_there("#legend[open]").await);
        });
    }
}

#[test]
fn a_projector_gets_large_type_and_the_browser_remembers_it() {
    for page in [Page::Wide, Page::Dark] {
        with_browser(&["stand-in"], page, async |browser| {
            let size =
                "parseFloat(getComputedStyle(document.querySelector('.steps button')).fontSize)";
            let before = browser.script(&format!("return {size}")).await.as_f64().expect("a size");
            browser.click("#projector").await;
            let after = browser.script(&format!("return {size}")).await.as_f64().expect("a size");
            assert!((after / before - 1.5).abs() < 0.05, "{before} px became {after} px");
            let is_seen =
                |css: &str| format!("document.querySelector({css:?}).getClientRects().length > 0");
            assert!(!browser.is(&is_seen("[aria-labelledby=h-search]")).await, "it is hidden");
            for css in ["svg.ring", ".steps button", "#diagram", "#verdict"] {
                assert!(browser.is(&is_seen(css)).await, "{css} stays");
            }
            is_accessible(browser, 1280, page).await;
            browser.client.refresh().await.expect("reloaded");
            browser.until("it is drawn", async |browser| browser.is_there("#step").await).await;
            let remembered = "document.querySelector('#projector').ariaPressed === 'true'";
            assert!(browser.is(remembered).await);
            browser.click("#projector").await;
            assert!(browser.is(&is_seen("[aria-labelledby=h-search]")).await, "it is back");
        });
    }
}
