//! How the page looks: on a phone, by night, to those who do not see it.

use super::browser::{Page, with_browser};

/// Texts whose contrast to what is behind them is less than WCAG's AA asks for.
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
const faint = [];
for (const element of document.querySelectorAll('body *')) {
  const has_text = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
  if (!has_text || !element.checkVisibility() || element.closest('noscript, option, optgroup')) continue;
  const style = getComputedStyle(element), color = parts(element instanceof SVGElement ? style.fill : style.color);
  const [one, other] = [light(color), light(behind(element))].sort((a, b) => b - a);
  if ((one + .05) / (other + .05) < 4.5) faint.push(element.textContent.trim().slice(0, 40));
}
return faint.join(' | ');
";

/// Controls that a screen reader has no name for.
const NAMELESS: &str = r"
return [...document.querySelectorAll('button, select, input, [role]')].filter(it =>
  !(it.getAttribute('aria-label') || it.labels?.length || it.textContent.trim() || it.getAttribute('role') === 'status')).map(it => it.outerHTML).join(' | ');
";

/// What is wider than the page and does not scroll by itself.
const STICKS_OUT: &str = r"
const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth <= width) return '';
return [...document.querySelectorAll('body *')].filter(it => it.getBoundingClientRect().right > width && !it.closest('.scroll'))
  .map(it => it.outerHTML.slice(0, 80)).join(' | ');
";

fn is_fine_on(page: Page, width: u64, name: &str) {
    with_browser(&["--defect", "hint-dropped-on-timeout"], page, async |browser| {
        browser.click("#check").await;
        browser.until("it fails", async |browser| browser.text("#job").await.contains("Not as claimed")).await;
        browser.click("#jump").await;
        browser.until("it is shown", async |browser| browser.text("#verdict").await.contains("not hold here")).await;
        browser.choose("#table", "4").await;
        browser.until("the table is shown", async |browser| browser.is_there(".seed").await).await;
        browser.picture(name).await;
        browser.script("document.querySelectorAll('details').forEach(it => it.open = true)").await;
        assert_eq!(browser.script("return outerWidth").await.as_u64(), Some(width));
        assert_eq!(browser.script(STICKS_OUT).await, "", "sticks out");
        let is_dark = browser.is("matchMedia('(prefers-color-scheme: dark)').matches").await;
        assert_eq!(is_dark, page == Page::Dark);
        assert_eq!(browser.script(TOO_FAINT).await, "", "too faint to be read");
        assert_eq!(browser.script(NAMELESS).await, "", "controls without a name");
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
