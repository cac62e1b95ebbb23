// Searching for a state, checking the scope, and how far that is.
import { html } from "./lit-html.js";
import { marked } from "./words.js";

const KINDS = [
  ["reachable", "to a state where this is true"],
  ["always", "to a state where this does not hold"],
  ["converges", "to a cycle where this never becomes true"],
];

const plain = name => name.replace(/^goal\./, "");

/** Those of the catalogue's properties and goals that a search in this scope may find. */
export const goals_here = (catalogue, out_of_reach = {}) =>
  catalogue.properties.filter(({ name }) => !(name in out_of_reach));

/** The goals that a search here may find; what it cannot find is in a fold, with the reasons. */
export function search(catalogue, { job, goal, choose, find, check, cancel, go, out_of_reach }) {
  const goals = goals_here(catalogue, out_of_reach);
  const option = ({ name }) =>
    html`<option value=${name} .selected=${name === goal}>${plain(name)}</option>`;
  const group = ([kind, label]) => html`<optgroup label=${label}>
    ${goals.filter(property => property.kind === kind).map(option)}</optgroup>`;
  const running = job?.state === "running";
  const statement = goals.find(property => property.name === goal)?.statement;
  const others = Object.entries(out_of_reach ?? {});
  return html`<div class="row"><label>Shortest path
        <select id="goal" @change=${event => choose(event.target.value)}>
          ${KINDS.map(group)}</select></label>
      <button id="find" @click=${find} ?disabled=${running}>Find</button>
      <button id="check" @click=${check} ?disabled=${running}>Check now</button>
      ${running ? html`<button id="cancel" @click=${cancel}>Stop</button>` : ""}</div>
    <p class="quiet">${marked(statement)}</p>
    <div role="status" id="job">${job ? told(job, go) : ""}</div>
    ${others.length ? html`<details id="not-here">
      <summary>not in this scope: ${others.length}</summary>
      <ul>${others.map(([name, why]) => html`<li>${plain(name)}: ${why}</li>`)}</ul>
      </details>` : ""}`;
}

function told(job, go) {
  const states = `${job.unique_states.toLocaleString("en")} states`;
  const jump = job.url
    ? html` <button id="jump" @click=${() => go(job.url, job.goal)}>Go there</button>` : "";
  switch (job.state) {
    case "running": return html`<progress aria-label="states visited" max=${job.expected_states}
        value=${Math.min(job.unique_states, job.expected_states)}></progress>
      ${states}${job.expected_states ? ` of about ${job.expected_states.toLocaleString("en")}` : ""}
      ${job.depth === undefined ? "" : html`, ${job.depth} steps deep`}`;
    case "found": return html`<span class="good">Found</span> among ${states}.${jump}`;
    case "nowhere": return html`Nowhere: all ${states} were visited.`;
    case "holds": return html`<span class="good">All holds</span>
      in every one of ${states}, ${job.seconds.toFixed(1)} s.`;
    case "fails": return html`<span class="bad">Not as claimed: ${job.failed.join(", ")}</span>
      (${states}).${jump}`;
    case "broken": return html`<span class="bad">The program failed</span>.
      Its message is in the terminal where it was started.`;
    default: return html`Stopped after ${states}: that proves nothing.`;
  }
}
