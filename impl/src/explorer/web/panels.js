// The page's parts: each a function from what is to be seen to a template.
import { html } from "./lit-html.js";
import { codes_of, diagram } from "./diagram.js";
import { in_sum, property_list } from "./properties.js";
import { ring } from "./ring.js";
import { marked } from "./words.js";

export { is_violated } from "./properties.js";
export { search } from "./search.js";

/** A part of the page under a heading, with `tools` beside the heading. */
export const panel = (id, heading, content, tools = "") => html`<section aria-labelledby=${id}>
  <div class="head"><h2 id=${id}>${heading}</h2>${tools}</div>
  <div class="body">${content}</div></section>`;

/** Is the device used with fingers? Then the first tap on a step only shows it. */
const is_tapped = () => matchMedia("(pointer: coarse)").matches;

/** The steps that may be taken: grouped, numbered, each with what it would change. */
export function steps({ steps }, { take, look, looked }) {
  if (!steps.length) return html`<p>No step is possible any more.</p>`;
  const tapped = is_tapped();
  let number = 0;
  const one = step => {
    number += 1;
    const is_shown = tapped && looked === step;
    // The keyboard's click has no detail.
    const click = event => (tapped && event.detail && !is_shown ? look(step) : take(step));
    const breaks = step.breaks.length
      ? html`<strong class="bad"> breaks ${step.breaks.join(", ")}</strong>` : "";
    return html`<li><button data-code=${step.code} @click=${click}
      @mouseenter=${() => tapped || look(step)} @focus=${() => tapped || look(step)}>
      <span class="number">${number <= 9 ? number : ""}</span> ${step.text} ${breaks}</button>
      ${is_shown ? html`<div class="preview" id="preview">${preview(step)}
        <button id="take" @click=${() => take(step)}>Take it</button></div>` : ""}</li>`;
  };
  const groups = [...grouped(steps)].map(([group, steps]) =>
    html`<h3>${group}</h3><ul class="steps">${steps.map(one)}</ul>`);
  const aside = tapped ? html`<p class="quiet">Tap a step to see what it would change.</p>`
    : html`<div class="preview" id="preview">${looked ? preview(looked)
      : html`<span class="quiet">Point at a step, or move to it with Tab, to see what it would
        change.</span>`}</div>`;
  return html`<div class="choices"><div>${groups}</div>${aside}</div>`;
}

/** What a step would change, and which properties it would violate. */
const preview = ({ text, changes, breaks }) => html`<strong>${text}</strong> would change
  ${changes.length ? html`:<ul>${changes.map(change => html`<li>${change}</li>`)}</ul>`
    : "nothing that these words tell."}
  ${breaks.map(name => html`<div class="bad">${name} would no longer hold</div>`)}`;

function grouped(steps) {
  const groups = new Map();
  for (const step of steps) groups.set(step.group, [...(groups.get(step.group) ?? []), step]);
  return groups;
}

/** All that is so, node by node; what the last step changed is marked. */
export function facts({ facts, messages }, is_truth) {
  const chosen = facts.filter(fact => fact.is_truth === is_truth);
  const tables = [...grouped(chosen.map(fact => ({ ...fact, group: fact.of })))];
  const before = ({ before, text }) => before === null || before === undefined ? ""
    : html`<span class=${text === null ? "gone" : "before"}>${before}${text === null ? ""
      : " → "}</span>`;
  const row = fact => html`<tr class=${fact.is_new ? "new" : ""}><th scope="row">${fact.about}</th>
    <td>${before(fact)}${fact.text ?? html`<span class="quiet"> is gone</span>`}</td></tr>`;
  const table = (name, rows) =>
    html`<table class="facts"><caption>${name}</caption><tbody>${rows}</tbody></table>`;
  const flight = ({ is_new, from, to, text }) => html`<tr class=${is_new ? "new" : ""}>
    <th scope="row">${from} → ${to}</th><td>${text}</td></tr>`;
  const none = is_truth
    ? html`<p class="quiet">No client has asked and no node has confirmed anything yet.</p>` : "";
  return html`${tables.length ? tables.map(([of, rows]) => table(of, rows.map(row))) : none}
    ${!is_truth && messages.length ? table("in flight", messages.map(flight)) : ""}`;
}

/** A scenario table of the path so far: its lines, time to the right. */
export function table({ table, tables }, { choose, number }) {
  const option = (title, index) => html`<option value=${index + 1}
    ?selected=${number === index + 1}>${index + 1}. ${title}</option>`;
  const line = ([name, cells]) => html`<tr><th scope="row">${name}</th>
    ${cells.map(cell => html`<td>${cell}</td>`)}</tr>`;
  return html`<label id="path-table">Table
      <select id="table" @change=${event => choose(Number(event.target.value))}>
        <option value="0" ?selected=${!number}>none</option>${tables.map(option)}</select></label>
    ${table ? html`<div class="scroll" tabindex="0" role="region" aria-label=${table.title}>
      <table class="seed"><tbody>${table.lines.map(line)}</tbody></table></div>` : ""}`;
}

/** The verdict in a sentence, then all properties. */
export const properties = (state, statements, focus, is_never) => html`
  <p role="status" id="verdict">${in_sum(state, { focus, is_never })}</p>
  ${property_list(state, statements, { focus, is_never })}`;

/** Other branches that were walked; and one of them beside the path to this state. */
export function branches({ others, compared, state }, { go, compare }) {
  if (!others.length) {
    return html`<p class="quiet">Go back and take another step: both paths stay here, and you can
      compare them.</p>`;
  }
  const item = other => html`<tr><th scope="row">leaves after step ${other.common}</th>
    <td>${other.text}, step ${other.length}</td>
    <td class="row"><button @click=${() => go(other.path)}>Go there</button>
      <button class="compare" @click=${() => compare(other.path)}>Compare</button></td></tr>`;
  return html`<table id="branches"><tbody>${others.map(item)}</tbody></table>
    ${compared ? comparison(state, compared, go) : ""}`;
}

/** Two states and the paths to them, side by side; then what differs, in words. */
function comparison(state, compared, go) {
  const all = differences(state, compared);
  const differing = new Set(all.map(({ of }) => of));
  const side = (scene, name) => {
    const codes = codes_of(scene.path);
    const to = row => go(codes.slice(0, row));
    return html`<div id="compared-${name}"><h3>${name}: step ${codes.length}</h3>
      ${ring(scene, differing)}<p>${in_sum(scene)}</p>
      ${diagram(scene.path, { here: codes.length, go: to, id: `diagram-${name}` })}</div>`;
  };
  return html`<div class="pair">${side(state, "here")}${side(compared, "there")}</div>
    <div class="scroll" tabindex="0" role="region" aria-label="what differs">
      ${difference_table("comparison", all, ["here", "there"])}</div>`;
}

/** Facts that differ between two sides: `sides` names them. */
export const difference_table = (id, all, sides) => html`<table class="facts" id=${id}>
  <thead><tr><th scope="col">what differs</th>
    ${sides.map(side => html`<th scope="col">${side}</th>`)}</tr></thead>
  <tbody>${all.map(fact => html`<tr><th scope="row">${fact.of}: ${fact.about}</th>
    ${sides.map(side => html`<td>${fact[side] ?? "–"}</td>`)}</tr>`)}</tbody></table>`;

function differences(here, there) {
  const texts = scene => {
    const facts = scene.facts.filter(fact => fact.text !== null);
    const messages = scene.messages.map(({ from, to, text }) =>
      ({ of: `${from} → ${to}`, about: text, text: "in flight" }));
    const all = [...facts.map(({ of, about, text }) => ({ of, about, text })), ...messages];
    return new Map(all.map(fact => [fact.of + ": " + fact.about, fact]));
  };
  const [mine, theirs] = [texts(here), texts(there)];
  const keys = [...new Set([...mine.keys(), ...theirs.keys()])];
  const differ = keys.filter(key => mine.get(key)?.text !== theirs.get(key)?.text);
  return differ.map(key => ({
    ...(mine.get(key) ?? theirs.get(key)), here: mine.get(key)?.text, there: theirs.get(key)?.text,
  }));
}

/** The scope and the rules in words. */
export function about(scope, defect) {
  const seen = new Set(), say = text => marked(text, seen);
  const rules = defect && html`<h3>${defect.name} replaces the rule ${defect.rule}</h3>
    <p>${say(defect.what)}</p><pre class="code"><code>${defect.code}</code></pre>
    <p>Why a weaker check misses it: ${say(defect.missed_by)}</p>`;
  return html`<p>${say(scope.aim)}</p>
    <ul>${scope.surroundings.map(line => html`<li>${say(line)}</li>`)}</ul>
    ${rules ?? html`<p>The rules are the protocol's own.</p>`}`;
}
