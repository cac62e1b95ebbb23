// The path as a space-time diagram: time downwards, a line for each node and client, each message
// from where it was sent to where it ended.
import { html, svg } from "./lit-html.js";
import { arrow_head } from "./ring.js";

const ROW = 26; // style.css has the same height for what stands beside
const LEFT = 18, PITCH = 36;
const REM = 16; // drawings grow with the type

const x = index => LEFT + index * PITCH;
const y = row => row * ROW + ROW / 2;
const rem = length => `${length / REM}rem`;

/** From row to row, dashed where the node is down. */
function lifeline({ rows }, name, index, here) {
  const is_down = row => row > 0 && rows[row - 1].down.includes(name);
  const end = row => y(row) + (row < rows.length ? ROW : ROW / 2);
  const piece = (_, row) => svg`<line x1=${x(index)} x2=${x(index)} y1=${y(row)} y2=${end(row)}
    class="life${is_down(row) ? " down" : ""}${row >= here ? " ahead" : ""}"></line>`;
  return svg`<g>${Array.from({ length: rows.length + 1 }, piece)}</g>`;
}

function flight({ from, to, text, sent, ended, is_lost }, columns, end, here) {
  const start = { x: x(columns.get(from)), y: y(sent) }, there = x(columns.get(to));
  const part = ended === null ? 1 / 3 : is_lost ? 2 / 3 : 1;
  const tip = {
    x: start.x + (there - start.x) * part, y: ended === null ? y(end) + ROW / 2 : y(ended),
  };
  const kind = ended === null ? "pending" : is_lost ? "lost" : "message";
  const ahead = (ended ?? sent) > here ? " ahead" : "";
  const [dx, dy] = [tip.x - start.x, tip.y - start.y], length = Math.hypot(dx, dy) || 1;
  // To itself: out and back again.
  const begin = `M${start.x},${start.y}`, aside = start.x + 20;
  const line = from === to ? `${begin} C${aside},${start.y} ${aside},${tip.y} ${tip.x},${tip.y}`
    : `${begin} L${tip.x},${tip.y}`;
  const [ux, uy] = [dx / length, dy / length];
  // It ends at the dot.
  const end_of_line = { x: tip.x - ux * 4, y: tip.y - uy * 4 };
  const head = kind === "message" && from !== to
    ? svg`<path class="head" d=${arrow_head(end_of_line, ux, uy)}></path>` : "";
  const cross = kind === "lost"
    ? svg`<text x=${tip.x} y=${tip.y + 4} text-anchor="middle">✕</text>` : "";
  return svg`<g class="${kind}${ahead}"><title>${from} → ${to}: ${text}</title>
    <path d=${line}></path>${head}${cross}</g>`;
}

function event({ at, is_fault }, row, columns, here) {
  if (at === null) return "";
  const kind = `event${is_fault ? " fault" : ""}${row > here ? " ahead" : ""}`;
  return svg`<circle class=${kind} cx=${x(columns.get(at))} cy=${y(row)} r="4"></circle>`;
}

/** The codes of a path's steps. */
export const codes_of = path => path.rows.map(row => row.code);

/**
 * The diagram of `path`, with steps ahead of the state that is shown; its first `here` steps lead
 * to that state. `go` goes to a number of steps. `mark`: a row, and what is written beside it.
 */
export function diagram(path, { here, go, id, mark }) {
  const { actors, rows, flights } = path;
  const columns = new Map(actors.map((name, index) => [name, index]));
  const width = x(actors.length - 1) + LEFT, height = (rows.length + 1) * ROW;
  const step = (text, row, is_fault = false) => html`<li>
    <button class="${row === here ? "here" : ""}${row > here ? " ahead" : ""}" title=${text}
      aria-current=${row === here ? "step" : "false"} @click=${() => go(row)}>
      <span class="number">${row}</span>
      ${row === mark?.row ? html`<strong class="mark">${mark.text}</strong>` : ""}
      <span class=${is_fault ? "bad" : ""}>${text}</span></button></li>`;
  const name = (name, index) =>
    svg`<text x=${x(index)} y="17" text-anchor="middle">${name}</text>`;
  return html`<div class="space-time scroll" id=${id}>
    <svg class="names" viewBox="0 0 ${width} ${ROW}" width=${rem(width)} height=${rem(ROW)}
      aria-hidden="true">${actors.map(name)}</svg>
    <svg class="lanes" viewBox="0 0 ${width} ${height}" width=${rem(width)} height=${rem(height)}
      aria-hidden="true">
      <rect class="here" x="0" y=${here * ROW} width=${width} height=${ROW}></rect>
      ${actors.map((name, index) => lifeline(path, name, index, here))}
      ${flights.map(it => flight(it, columns, rows.length, here))}
      ${rows.map((row, index) => event(row, index + 1, columns, here))}</svg>
    <ol>${step("initial state", 0)}
      ${rows.map((row, index) => step(row.text, index + 1, row.is_fault))}</ol></div>`;
}
