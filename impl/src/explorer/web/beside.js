// A rule on and a rule off: the same path under the protocol and under a defect, side by side.
import { html } from "./lit-html.js";
import { diagram } from "./diagram.js";
import { difference_table, panel } from "./panels.js";
import { in_sum } from "./properties.js";
import { ring } from "./ring.js";

const SIDES = ["protocol", "defect"];

/** In which step the two differ first, and in which facts. */
function first_difference(first, here, to) {
  if (!first) {
    return html`<p id="first-difference">The protocol takes every step of this path as the defect
      does. They differ in what can happen next.</p>`;
  }
  const { step, text, is_impossible, differences, parts } = first;
  const jump = step === here ? ""
    : html` <button id="to-first" @click=${() => to(step)}>Go to step ${step}</button>`;
  const impossible = is_impossible ? " The protocol cannot take this step." : "";
  return html`<div id="first-difference">
    <p><strong class="mark">◀ first difference</strong> after step ${step},
      <strong>${text}</strong>.${impossible}${jump}</p>
    ${differences.length ? difference_table("first-facts", differences, SIDES)
      : html`<p>Both states read alike in words. What differs is inside: ${parts.join(", ")}.</p>`}
  </div>`;
}

/** Which row of the protocol's diagram is step `step` of the path: it may leave out some steps. */
const row_of = (step, skipped) => step - skipped.filter(other => other <= step).length;

function column(side, title, told, { here, to, rows }) {
  const scene = told[side];
  const differing = new Set(told.differences.map(({ of }) => of));
  const count = scene.path.rows.length;
  const mark = told.first && told.first.step <= here
    ? { row: rows(told.first.step), text: "◀" } : undefined;
  // Some steps may be missing here: a click goes to the step of the path that this row shows.
  const step_of = row => Array.from({ length: here + 1 }, (_, step) => step)
    .find(step => rows(step) === row);
  return html`<section aria-labelledby="h-${side}" id="beside-${side}">
    <h3 id="h-${side}">${title}</h3><p>${in_sum(scene)}</p>${ring(scene, differing)}
    ${diagram(scene.path, { here: count, go: row => to(step_of(row)), id: `path-${side}`, mark })}
  </section>`;
}

/** Both columns, with the first difference above them. */
export function beside({ told, here, defect }, { to, leave, nav }) {
  const { first, differences, but_for, skipped } = told;
  const later = first && here > first.step && differences.length;
  const tools = html`${nav}<button id="leave-beside" @click=${leave}>One column</button>`;
  const content = html`
    ${skipped.length ? html`<p>The protocol takes the same steps${but_for}.</p>` : ""}
    ${first_difference(first, here, to)}
    <div class="pair">
      ${column("protocol", "the protocol", told,
        { here, to, rows: step => row_of(step, skipped) })}
      ${column("defect", `the defect ${defect.name}`, told, { here, to, rows: step => step })}</div>
    ${later ? html`<h3>What differs after step ${here}</h3>
      ${difference_table("facts-here", differences, SIDES)}` : ""}`;
  return html`<div class="beside">
    ${panel("h-beside", html`The rule <code>${defect.rule}</code>, on and off`, content, tools)}
    </div>`;
}
