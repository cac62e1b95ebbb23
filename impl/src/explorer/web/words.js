// Explains words: the glossary by pointing at a word or tapping it, and the legend.
import { html, svg } from "./lit-html.js";

let meanings = new Map(), pattern = null;

const escaped = word => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Takes over the glossary: after this, `marked` knows its words. */
export function learn(glossary) {
  const named = entry => [entry.word, ...entry.also].map(word => [word, entry]);
  meanings = new Map(glossary.flatMap(named));
  const words = [...meanings.keys()].sort((one, other) => other.length - one.length);
  pattern = words.length ? new RegExp(`\\b(${words.map(escaped).join("|")})(s?)\\b`, "gi") : null;
}

/**
 * A text in which the first occurrence of each word of the glossary can be pointed at. `seen` has
 * the words that the same panel has marked before.
 */
export function marked(text, seen = new Set()) {
  if (!pattern || !text) return text;
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(pattern)) {
    const entry = meanings.get(found[1].toLowerCase());
    if (seen.has(entry.word)) continue;
    seen.add(entry.word);
    parts.push(text.slice(from, found.index), term(found[0], entry));
    from = found.index + found[0].length;
  }
  return parts.length ? [...parts, text.slice(from)] : text;
}

const term = (written, entry) => html`<button type="button" class="term" data-word=${entry.word}
  @click=${event => explain(event.currentTarget, entry)}
  @pointerenter=${event => event.pointerType === "mouse" && explain(event.currentTarget, entry)}
  @pointerleave=${event => event.pointerType === "mouse" && hide()}>${written}</button>`;

const note = () => document.getElementById("note");
const hide = () => note().hidePopover();

function explain(button, { word, meaning }) {
  const at = note();
  at.firstElementChild.textContent = word;
  at.lastElementChild.textContent = meaning;
  at.showPopover();
  button.setAttribute("aria-describedby", "note");
  const { left, bottom, top } = button.getBoundingClientRect();
  const { width, height } = at.getBoundingClientRect();
  const is_below = bottom + height + 8 < innerHeight;
  at.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  at.style.top = `${is_below ? bottom + 4 : Math.max(8, top - height - 4)}px`;
}

/** Where meanings are shown: once on a page. */
export const note_box = () =>
  html`<div id="note" popover role="note"><strong></strong>: <span></span></div>`;

const picture = content => html`<svg class="sample" viewBox="0 0 40 20" width="40" height="20"
  aria-hidden="true">${content}</svg>`;
const line = kind => picture(svg`<path class="line ${kind}" d="M3,10 L37,10"></path>`);
const dot = kind => picture(svg`<circle class="dot ${kind}" cx="20" cy="10" r="6"></circle>`);
const sign = (kind, mark) => html`<strong class=${kind}>${mark}</strong>`;

const COLOURS = [
  [dot("ring colour-0"), "A node. The pieces of the ring in its colour are its partitions: "
    + "it is the first replica there."],
  [dot("down"), "A node that is down."],
  [line("message"), "A message. On the ring it is in flight, in the diagram it has arrived."],
  [line("fresh"), "A message that the last step sent."],
  [line("pending"), "In the diagram: a message that is still in flight."],
  [line("lost"), "In the diagram: a message that was lost."],
  [dot("event"), "In the diagram: a message arrives, or a timer fires."],
  [dot("fault"), "In the diagram: a fault, such as a crash or a lost message."],
  [html`<span class="new">marked</span>`, "The last step changed this."],
  [sign("bad", "✗"), "A property applies here, and is violated."],
  [sign("open", "△"), "A property is not true here, but does not apply here: a known limit."],
  [sign("good", "✓"), "A property holds."],
  [sign("quiet", "–"), "Nothing that the property speaks of has happened yet, or it does not "
    + "apply here."],
  [sign("quiet", "○"), "Not reached yet, or not true yet."],
  [sign("good", "●"), "This state shows what the property asks for."],
];

const table = (title, rows) => html`<table class="legend"><caption>${title}</caption>
  <tbody>${rows.map(([written, meaning]) => html`<tr>${typeof written === "string"
    ? html`<th scope="row">${written}</th>` : html`<td>${written}</td>`}
    <td>${meaning}</td></tr>`)}</tbody></table>`;

/** What colours, signs and short forms mean, as a dialog. */
export const legend = ({ notation, glossary }) => html`
  <dialog id="legend" class="sheet" aria-labelledby="h-legend">
    <form method="dialog" class="head"><h2 id="h-legend">Legend</h2><button>Close</button></form>
    <div class="scroll" tabindex="0" role="region" aria-label="Colours, notation and glossary">
      ${table("Colours and signs", COLOURS)}
      ${notation.map(({ title, rows }) => table(title, rows))}
      ${table("Glossary", glossary.map(({ word, meaning }) => [word, meaning]))}</div></dialog>`;

export const open_legend = () => document.getElementById("legend").showModal();

const PROJECTOR = "projector";

/** Large type and only what a class follows; the browser remembers it. */
export function projector_button() {
  const root = document.documentElement;
  const set = is_on => {
    root.classList.toggle(PROJECTOR, is_on);
    document.getElementById(PROJECTOR).setAttribute("aria-pressed", is_on);
    try { localStorage.setItem(PROJECTOR, is_on ? "on" : "off"); } catch { /* not kept */ }
    // What depends on the size of the type is placed anew.
    dispatchEvent(new Event("resize"));
  };
  return html`<button id=${PROJECTOR} aria-pressed=${root.classList.contains(PROJECTOR)}
    title="Large type for a projector" @click=${() => set(!root.classList.contains(PROJECTOR))}
    >Projector</button>`;
}

try {
  const is_on = localStorage.getItem(PROJECTOR) === "on";
  document.documentElement.classList.toggle(PROJECTOR, is_on);
} catch {
  // The browser keeps nothing for this page. It can do without.
}
