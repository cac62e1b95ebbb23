//! How the page looks: on a phone, by night, to those who do not see it.

use super::browser::{Browser, Page, with_browser};

/// What people with disabilities would stumble over, as far as a program can tell.
const AXE: &str = include_str!("vendor/axe.min.js");

/// What axe finds, by its rules for WCAG 2.2 AA and good practice, each with where.
const STUMBLING_BLOCKS: &str = r"
const told = arguments[0];
axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(
  found => told({
    violations: found.violations.map(({ id, nodes }) => id + ': ' + nodes.map(node => node.html.slice(0, 120)).join(' | ')),
    passes: found.passes.length,
  }),
  error => told({ violations: [String(error)], passes: 0 }));
";

/// Texts in drawings whose contrast to the page is less than WCAG's AA asks for: axe looks only at
/// texts outside of them.
const TOO_FAINT: &str = r"
const parts = color => (color.match(/[\d.]+/g) ?? []).map(Number);
const light = ([r, g, b]) => {
  const linear = [r, g, b].map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
  return .2126 * linear[0] + .7152 * linear[1] + .0722 * linear[2];
};
const behind = element => {
  for (let at = element; at; at = at.parentElement) {
    const color = parts(getComputedStyle(at).backgroundColor);
    if (color.length === 3 || color[3] === 1) return color;
  }
  return [255, 255, 255];
};
const faint = [...document.querySelectorAll('svg text')].filter(element => {
  const [one, other] = [light(parts(getComputedStyle(element).fill)), light(behind(element))].sort((a, b) => b - a);
  return (one + .05) / (other + .05) < 4.5;
});
return faint.map(element => element.textContent.trim().slice(0, 40)).join(' | ');
";

/// What is wider than the page and does not scroll by itself.
const STICKS_OUT: &str = r"
const width = document.documentElement.clientWidth;
const boxes = [document.documentElement, ...document.querySelectorAll('main, main .body')];
if (boxes.every(box => box.scrollWidth <= box.clientWidth)) return '';
return [...document.querySelectorAll('body *')].filter(it => it.getBoundingClientRect().right > width && !it.closest('.scroll'))
  .map(it => it.outerHTML.slice(0, 80)).join(' | ');
";

/// Texts that are written smaller than 14 pixels, drawings included.
pub(super) const TOO_SMALL: &str = r"
const size = it => {
  const drawing = it.closest('svg');
  const scale = drawing ? drawing.getScreenCTM().a : 1;
  return parseFloat(getComputedStyle(it).fontSize) * scale;
};
const has_text = it => [...it.childNodes].some(node => node.nodeType === 3 && node.data.trim());
return [...document.querySelectorAll('#page *')]
  .filter(it => has_text(it) && it.tagName !== 'title' && it.getClientRects().length)
  .filter(it => size(it) < 13.99).map(it => it.textContent.trim().slice(0, 30)).join(' | ');";

/// So that all there is to be looked at is on the page, two branches too.
async fn take_another_branch(browser: &Browser) {
    // The driver would scroll the button behind the verdict, which stays at the top of a phone.
    browser.script("scrollTo(0, 0)").await;
    browser.click("#back").await;
    browser
        .until("it went back", async |browser| browser.is_there("#diagram button.ahead").await)
        .await;
    browser.click(".steps li:last-child > button").await;
    if browser.is_there("#take").await {
        browser.click("#take").await;
    }
    browser
        .until("another step was taken", async |browser| browser.is_there("#branches button").await)
        .await;
    browser.click(".compare").await;
    browser.until("they are compared", async |browser| browser.is_there("#comparison").await).await;
}

/// Nothing sticks out, all can be read, and axe finds nothing.
pub(super) async fn is_accessible(browser: &Browser, width: u64, page: Page) {
    assert_eq!(browser.script("return outerWidth").await.as_u64(), Some(width));
    assert_eq!(browser.script(STICKS_OUT).await, "", "sticks out");
    let is_dark = browser.is("matchMedia('(prefers-color-scheme: dark)').matches").await;
    assert_eq!(is_dark, page == Page::Dark);
    assert_eq!(browser.script(TOO_FAINT).await, "", "too faint to be read");
    browser.script(AXE).await;
    let found = browser.script_that_tells(STUMBLING_BLOCKS).await;
    assert_eq!(found["violations"], serde_json::json!([]), "{found:#}");
    assert!(found["passes"].as_u64() > Some(15), "axe has looked at next to nothing: {found:#}");
}

fn is_fine_on(page: Page, width: u64, name: &str) {
    with_browser(&["--defect", "hint-dropped-on-timeout"], page, async |browser| {
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
        browser.choose("#table", "4").await;
        browser.until("the table is shown", async |browser| browser.is_there(".seed").await).await;
        browser.picture(name).await;
        take_another_branch(browser).await;
        browser.script("document.querySelectorAll('details').forEach(it => it.open = true)").await;
        is_accessible(browser, width, page).await;
    });
}

#[test]
fn it_is_fine_on_a_wide_screen() {
    is_fine_on(Page::Wide, 1280, "wide");
}

#[test]
fn it_is_fine_by_night() {
    is_fine_on(Page::Dark, 1280, "night");
}

#[test]
fn it_is_fine_on_a_phone() {
    is_fine_on(Page::Phone, 390, "phone");
}
