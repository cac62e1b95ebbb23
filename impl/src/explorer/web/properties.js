// What the properties say of a state: in a strip at the top, and one by one with their facts.
import { html } from "./lit-html.js";
import { marked } from "./words.js";

const fails = property => property.kind === "always" && !property.holds;

/** Does it apply here, and does not hold? */
export const is_violated = property => fails(property) && !property.excuse;

/** Is it not true, and does not apply here? A known limit. */
export const is_open = property => fails(property) && Boolean(property.excuse);

/** The property that a path shows never to become true, if it shows one. */
const endless = (state, focus, is_never) =>
  is_never ? state.properties.filter(property => property.name === focus) : [];

/** Which properties are violated, and which are not true and do not apply. */
function sorted(state, focus, is_never) {
  const never = endless(state, focus, is_never);
  return {
    violated: [...state.properties.filter(is_violated), ...never.filter(it => !it.excuse)],
    open: [...state.properties.filter(is_open), ...never.filter(it => it.excuse)],
    never,
  };
}

/** What a property says of this state: a sign, a colour and words. */
function verdict(property, is_never) {
  const { kind, holds, first, excuse, evidence } = property;
  const since = first === null ? "" :
    ` (first ${first === 0 ? "in the initial state" : "after step " + first})`;
  const does_not_apply = `does not apply here, because ${excuse}`;
  if (is_never) {
    return excuse
      ? { mark: "△", kind: "open", text: `never becomes true, and ${does_not_apply}` }
      : { mark: "✗", kind: "bad", text: "never becomes true" };
  }
  if (kind === "always") {
    if (!holds) {
      return excuse
        ? { mark: "△", kind: "open", text: `is not true, and ${does_not_apply}` }
        : { mark: "✗", kind: "bad", text: "does not hold" + since };
    }
    if (!evidence.length) {
      return { mark: "–", kind: "quiet",
        text: "not applicable yet: nothing that it speaks of has happened" };
    }
    const text = first === null ? "holds" : "holds here again" + since;
    return { mark: "✓", kind: "good", text: excuse ? `${text}; ${does_not_apply}` : text };
  }
  if (kind === "reachable") {
    if (holds) return { mark: "●", kind: "good", text: "shown here" };
    if (first !== null) {
      return { mark: "●", kind: "quiet", text: "shown earlier on this path" + since };
    }
    return excuse ? { mark: "–", kind: "quiet", text: does_not_apply }
      : { mark: "○", kind: "quiet", text: "not shown yet" };
  }
  if (holds) return { mark: "✓", kind: "good", text: "true in this state" };
  return excuse
    ? { mark: "–", kind: "quiet", text: `not true in this state; ${does_not_apply}` }
    : { mark: "○", kind: "quiet", text: "not true yet; it must become true eventually" };
}

const link = (name, look) => html`<button type="button" class="link" data-look=${name}
  @click=${() => look(name)}>${name}</button>`;

const names = (list, look) => list.map(({ name }, index) =>
  html`${index ? ", " : ""}${look ? link(name, look) : name}`);

const do_not = list => (list.length > 1 ? "do" : "does") + " not hold here";

const are_not = list => (list.length > 1 ? "are" : "is") + " not true here";

/** In sentences: does all hold that must hold? With `look`, each name leads to its detail. */
export function in_sum(state, { focus = "", is_never = false, look } = {}) {
  const { violated, open, never } = sorted(state, focus, is_never);
  const why = [...new Set(open.map(property => property.excuse))].join("; ");
  const ever = never.length ? `, and never will: the steps that remain lead back to this state,
    or there are none` : "";
  const bad = html`<span class="bad"><span aria-hidden="true">✗</span>
    ${names(violated, look)} ${do_not(violated)}${ever}.</span> `;
  const limit = html`<span class="open"><span aria-hidden="true">△</span>
    ${names(open, look)} ${are_not(open)}${violated.length ? "" : ever}.
    ${open.length > 1 ? "They do" : "It does"} not apply here, because ${why}.</span> `;
  const good = html`<span class="good"><span aria-hidden="true">✓</span> ${open.length
    ? "Every property that applies here holds in this state."
    : "Every property that must always hold holds in this state."}</span>`;
  return html`${violated.length ? bad : ""}${open.length ? limit : ""}
    ${violated.length ? "" : good}`;
}

/** The verdict at the top of the page: red, amber or green, with its sign and words. */
export function strip(state, { focus, is_never, look }) {
  const { violated, open } = sorted(state, focus, is_never);
  const kind = violated.length ? "is-bad" : open.length ? "is-open" : "is-good";
  return html`<section id="strip" class="strip ${kind}" aria-label="Verdict">
    <p role="status" id="verdict">${in_sum(state, { focus, is_never, look })}</p></section>`;
}

/**
 * All properties, each with the facts of its verdict: violated ones, those that are not true and do
 * not apply, the one in `focus`, then the rest by kind. `opened` has what a person has opened or
 * closed, and `toggle` notes it.
 */
export function property_list(state, statements, { focus = "", is_never, opened, toggle }) {
  const { violated, open } = sorted(state, focus, is_never);
  const seen = new Set();
  const in_front = [...violated, ...open];
  const focused = state.properties.filter(it => it.name === focus && !in_front.includes(it));
  in_front.unshift(...focused);
  const is_first = name => name === focus || name === violated[0]?.name
    || open.some(property => property.name === name);
  const click = (event, name) => {
    if (!toggle) return;
    // The next drawing opens or closes it.
    event.preventDefault();
    toggle(name, !event.currentTarget.parentElement.open);
  };
  const fold = (name, is_open_by_itself, summary, content) => html`<details data-name=${name}
    .open=${opened?.get(name) ?? is_open_by_itself}>
    <summary @click=${event => click(event, name)}>${summary}</summary>${content}</details>`;
  const item = property => {
    const { name, evidence } = property;
    const { mark, kind, text } = verdict(property, is_never && name === focus);
    const facts = evidence.length ? html`<h3>The facts</h3>
      <ul class="evidence">${evidence.map(fact => html`<li>${fact}</li>`)}</ul>` : "";
    return html`<li>${fold(name, is_first(name), html`<span class=${kind} aria-hidden="true"
      >${mark}</span> ${name}: <span class=${kind}>${text}</span>`,
      html`<p>${marked(statements.get(name), seen)}</p>${facts}`)}</li>`;
  };
  const list = list => html`<ul class="properties">${list.map(item)}</ul>`;
  const rest = (kind, label, is_open = false) => {
    const of_kind = state.properties.filter(it => it.kind === kind && !in_front.includes(it));
    return fold(kind, is_open, `${label} (${of_kind.length})`, list(of_kind));
  };
  return html`${list(in_front)}${rest("always", "always", !in_front.length)}
    ${rest("reachable", "reachable")}${rest("converges", "eventually")}`;
}
