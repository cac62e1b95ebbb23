// The page's parts: each a function from what is to be seen to a template.
import { html } from "./lit-html.js";
import { codes_of, diagram } from "./diagram.js";
import { ring } from "./ring.js";

/** A part of the page under a heading. */
export const panel = (id, heading, content) =>
  html`<section aria-labelledby=${id}><h2 id=${id}>${heading}</h2>${content}</section>`;

/** The steps that may be taken: grouped, numbered, each with what it would change. */
export function steps({ steps }, { take, look, looked }) {
  if (!steps.length) return html`<p>No step is possible any more.</p>`;
  const groups = grouped(steps);
  let number = 0;
  const one = step => {
    number += 1;
    return html`<li><button data-code=${step.code} @click=${() => take(step)} @mouseenter=${() => look(step)} @focus=${() => look(step)}>
      <span class="number">${number <= 9 ? number : ""}</span> ${step.text}
      ${step.breaks.length ? html`<strong class="bad"> breaks ${step.breaks.join(", ")}</strong>` : ""}</button></li>`;
  };
  return html`${[...groups].map(([group, steps]) => html`<h3>${group}</h3><ul class="steps">${steps.map(one)}</ul>`)}
    <div class="preview" id="preview">${looked
      ? html`<strong>${looked.text}</strong> would change:<ul>${looked.changes.map(change => html`<li>${change}</li>`)}</ul>
        ${looked.breaks.map(name => html`<div class="bad">${name} would no longer hold</div>`)}`
      : html`<span class="quiet">Point at a step, or move to it with Tab, to see what it would change.</span>`}</div>`;
}

function grouped(steps) {
  const groups = new Map();
  for (const step of steps) groups.set(step.group, [...(groups.get(step.group) ?? []), step]);
  return groups;
}

/** All that is so, node by node; what the last step changed is marked. */
export function facts({ facts, messages }, is_truth) {
  const chosen = facts.filter(fact => fact.is_truth === is_truth);
  const tables = [...grouped(chosen.map(fact => ({ ...fact, group: fact.of })))];
  const row = fact => html`<tr class=${fact.is_new ? "new" : ""}><th scope="row">${fact.about}</th>
    <td>${fact.before === null || fact.before === undefined ? "" : html`<span class=${fact.text === null ? "gone" : "before"}>${fact.before}${fact.text === null ? "" : " → "}</span>`}${fact.text ?? html`<span class="quiet"> is gone</span>`}</td></tr>`;
  const table = ([of, rows]) => html`<table class="facts"><caption>${of}</caption><tbody>${rows.map(row)}</tbody></table>`;
  const flight = message => html`<tr class=${message.is_new ? "new" : ""}><th scope="row">${message.from} → ${message.to}</th><td>${message.text}</td></tr>`;
  const none = is_truth ? html`<p class="quiet">No client has asked and no node has confirmed anything yet.</p>` : "";
  return html`${tables.length ? tables.map(table) : none}
    ${!is_truth && messages.length ? html`<table class="facts"><caption>in flight</caption><tbody>${messages.map(flight)}</tbody></table>` : ""}`;
}

/** A scenario table of the path so far: its lines, time to the right. */
export function table({ table, tables }, { choose, number }) {
  return html`<label id="path-table">Table <select id="table" @change=${event => choose(Number(event.target.value))}>
      <option value="0" ?selected=${!number}>none</option>
      ${tables.map((title, index) => html`<option value=${index + 1} ?selected=${number === index + 1}>${index + 1}. ${title}</option>`)}</select></label>
    ${table ? html`<div class="scroll" tabindex="0" role="region" aria-label=${table.title}><table class="seed"><tbody>
      ${table.lines.map(([name, cells]) => html`<tr><th scope="row">${name}</th>${cells.map(cell => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>` : ""}`;
}

/** What a property says of this state. */
function verdict(property) {
  const since = property.first === null ? "" : ` (first ${property.first === 0 ? "in the initial state" : "after step " + property.first})`;
  const nothing_yet = property.evidence.length === 0;
  if (property.kind === "always") {
    if (property.holds && nothing_yet) return { mark: "–", kind: "quiet", text: "not applicable yet: nothing that it speaks of has happened" };
    if (property.holds) return { mark: "✓", kind: "good", text: (property.first === null ? "holds" : "holds here again" + since) + (property.excuse ? "; not claimed here: " + property.excuse : "") };
    return property.excuse
      ? { mark: "–", kind: "quiet", text: "does not hold, and is not claimed here: " + property.excuse }
      : { mark: "✗", kind: "bad", text: "does not hold" + since };
  }
  if (property.kind === "reachable") {
    if (property.holds) return { mark: "●", kind: "good", text: "shown here" };
    if (property.first !== null) return { mark: "●", kind: "quiet", text: "shown earlier on this path" + since };
    return property.excuse ? { mark: "–", kind: "quiet", text: "not applicable: " + property.excuse } : { mark: "○", kind: "quiet", text: "not shown yet" };
  }
  return property.holds ? { mark: "✓", kind: "good", text: "true in this state" } : { mark: "○", kind: "quiet", text: "not true yet; it must become true eventually" };
}

/** Is something to hold here, and does not? */
export const is_violated = property => property.kind === "always" && !property.holds && !property.excuse;

/** In a sentence: does all hold that is always to hold? */
function in_sum(state) {
  const failing = state.properties.filter(is_violated).map(property => property.name);
  return failing.length
    ? html`<strong class="bad">${failing.join(", ")} ${failing.length > 1 ? "do" : "does"} not hold here.</strong>`
    : html`<span class="good">Every property that must always hold holds in this state.</span>`;
}

/** All properties, each with the facts of its verdict: those that fail first, then the rest by kind. The one in `focus` is open; `is_never` says that this path shows that it never becomes true. */
export function properties(state, statements, focus, is_never) {
  const failing = state.properties.filter(is_violated);
  const item = property => {
    const { mark, kind, text } = verdict(property);
    return html`<li><details ?open=${property === failing[0] || property.name === focus}><summary><span class=${kind} aria-hidden="true">${mark}</span> ${property.name}: <span class=${kind}>${text}</span></summary>
      <p>${statements.get(property.name)}</p>
      ${property.evidence.length ? html`<h3>The facts</h3><ul class="evidence">${property.evidence.map(fact => html`<li>${fact}</li>`)}</ul>` : ""}</details></li>`;
  };
  const of = kind => state.properties.filter(property => property.kind === kind && !is_violated(property));
  const is_open = kind => of(kind).some(property => property.name === focus);
  const list = list => html`<ul class="properties">${list.map(item)}</ul>`;
  return html`<p role="status" id="verdict">${is_never ? html`<strong class="bad">${focus} does not hold here, and never will: the steps that remain lead back to this state, or there are none.</strong>` : in_sum(state)}</p>
    ${list(failing)}
    <details ?open=${is_open("always")}><summary>always (${of("always").length})</summary>${list(of("always"))}</details>
    <details ?open=${is_open("reachable")}><summary>reachable (${of("reachable").length})</summary>${list(of("reachable"))}</details>
    <details ?open=${is_open("converges")}><summary>eventually (${of("converges").length})</summary>${list(of("converges"))}</details>`;
}

/** Searching, checking, and how far that is. */
export function search(catalogue, { job, goal, choose, find, check, cancel, go }) {
  const kinds = [["reachable", "to a state where this is true"], ["always", "to a state where this does not hold"], ["converges", "to a cycle where this never becomes true"]];
  const option = property => html`<option value=${property.name} ?selected=${property.name === goal}>${property.name.replace(/^goal\./, "")}</option>`;
  const running = job?.state === "running";
  return html`<div class="row"><label>Shortest path <select id="goal" @change=${event => choose(event.target.value)}>
      ${kinds.map(([kind, label]) => html`<optgroup label=${label}>${catalogue.properties.filter(property => property.kind === kind).map(option)}</optgroup>`)}</select></label>
      <button id="find" @click=${find} ?disabled=${running}>Find</button>
      <button id="check" @click=${check} ?disabled=${running}>Check now</button>
      ${running ? html`<button id="cancel" @click=${cancel}>Stop</button>` : ""}</div>
    <p class="quiet">${catalogue.properties.find(property => property.name === goal)?.statement}</p>
    <div role="status" id="job">${job ? told(job, go) : ""}</div>`;
}

function told(job, go) {
  const states = `${job.unique_states.toLocaleString("en")} states`;
  const jump = job.url ? html` <button id="jump" @click=${() => go(job.url)}>Go there</button>` : "";
  switch (job.state) {
    case "running": return html`<progress max=${job.expected_states} value=${Math.min(job.unique_states, job.expected_states)} aria-label="states visited"></progress>
      ${states}${job.expected_states ? ` of about ${job.expected_states.toLocaleString("en")}` : ""}${job.depth === undefined ? "" : html`, ${job.depth} steps deep`}`;
    case "found": return html`<span class="good">Found</span> among ${states}.${jump}`;
    case "nowhere": return html`Nowhere: all ${states} were visited.`;
    case "holds": return html`<span class="good">All holds</span> in every one of ${states}, ${job.seconds.toFixed(1)} s.`;
    case "fails": return html`<span class="bad">Not as claimed: ${job.failed.join(", ")}</span> (${states}).${jump}`;
    case "broken": return html`<span class="bad">The program failed</span>. Its message is in the terminal where it was started.`;
    default: return html`Stopped after ${states}: that proves nothing.`;
  }
}

/** Other branches that were walked; and one of them beside the path to this state. */
export function branches({ others, compared, state }, { go, compare }) {
  if (!others.length) return html`<p class="quiet">Go back and take another step: both paths stay here, and you can compare them.</p>`;
  const item = other => html`<tr><th scope="row">leaves after step ${other.common}</th><td>${other.text}, step ${other.length}</td>
    <td class="row"><button @click=${() => go(other.path)}>Go there</button><button class="compare" @click=${() => compare(other.path)}>Compare</button></td></tr>`;
  return html`<table id="branches"><tbody>${others.map(item)}</tbody></table>${compared ? comparison(state, compared, go) : ""}`;
}

/** Two states and the paths to them, side by side; then what differs, in words. */
function comparison(state, compared, go) {
  const all = differences(state, compared);
  const differing = new Set(all.map(({ of }) => of));
  const side = (scene, name) => {
    const codes = codes_of(scene.path);
    return html`<div id="compared-${name}"><h3>${name}: step ${codes.length}</h3>${ring(scene, differing)}<p>${in_sum(scene)}</p>
      ${diagram(scene.path, { here: codes.length, go: row => go(codes.slice(0, row)), id: `diagram-${name}` })}</div>`;
  };
  const row = ({ of, about, here, there }) => html`<tr><th scope="row">${of}: ${about}</th><td>${here ?? "–"}</td><td>${there ?? "–"}</td></tr>`;
  return html`<div class="pair">${side(state, "here")}${side(compared, "there")}</div>
    <div class="scroll" tabindex="0" role="region" aria-label="what differs"><table class="facts" id="comparison">
      <thead><tr><th scope="col">what differs</th><th scope="col">here</th><th scope="col">there</th></tr></thead><tbody>${all.map(row)}</tbody></table></div>`;
}

function differences(here, there) {
  const texts = scene => {
    const facts = scene.facts.filter(fact => fact.text !== null).map(({ of, about, text }) => [of + ": " + about, { of, about, text }]);
    const messages = scene.messages.map(({ from, to, text }) => ({ of: `${from} → ${to}`, about: text, text: "in flight" }));
    return new Map([...facts, ...messages.map(message => [message.of + ": " + message.about, message])]);
  };
  const [mine, theirs] = [texts(here), texts(there)];
  const differ = [...new Set([...mine.keys(), ...theirs.keys()])].filter(name => mine.get(name)?.text !== theirs.get(name)?.text);
  return differ.map(name => ({ ...(mine.get(name) ?? theirs.get(name)), here: mine.get(name)?.text, there: theirs.get(name)?.text }));
}

/** The scope and the rules in words. */
export function about(scope, defect) {
  return html`<p>${scope.aim}</p><ul>${scope.surroundings.map(line => html`<li>${line}</li>`)}</ul>
    ${defect ? html`<h3>${defect.name} replaces the rule ${defect.rule}</h3><p>${defect.what}</p><pre class="code"><code>${defect.code}</code></pre>
      <p>Why a weaker check misses it: ${defect.missed_by}</p>` : html`<p>The rules are the protocol's own.</p>`}`;
}
