// The ring with its partitions, the nodes on it and the messages between them, as SVG.
import { svg } from "./lit-html.js";

const WIDTH = 640, HEIGHT = 460, NODE = 22;
const CENTRE = { x: WIDTH / 2, y: 185 }, RADIUS = { x: 178, y: 132 };
const BAND = 9; // how thick a ring is drawn, and how far inside the one before
const COLOURS = 8; // style.css has so many colours for nodes
const LINES = 6; // of what a node has, so many are drawn; the rest is in the title

const points = (...pairs) => pairs.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

/** A position on the ring: `turn` from 0 to 1, clockwise from the top; so far inside. */
function on_ring(turn, inside = 0) {
  const angle = 2 * Math.PI * turn - Math.PI / 2;
  return { x: CENTRE.x + (RADIUS.x - inside) * Math.cos(angle), y: CENTRE.y + (RADIUS.y - inside) * Math.sin(angle) };
}

/** Where each node and client is drawn: nodes on the ring, clockwise from the key, which is at the top; clients below. */
function positions(actors) {
  const nodes = actors.filter(actor => actor.is_node), clients = actors.filter(actor => !actor.is_node);
  const at = new Map();
  // The key lies just before the first node.
  nodes.forEach((node, index) => at.set(node.name, on_ring((index + .5) / nodes.length)));
  clients.forEach((client, index) => at.set(client.name, { x: WIDTH * (index + .5) / clients.length, y: HEIGHT - 48 }));
  return at;
}

/** One ring: a piece for each partition, coloured by its first node; the key's partition is at the top. */
function band({ by, partitions }, key_partition, colour_of, inside) {
  const count = partitions.length;
  const piece = (replicas, partition) => {
    const start = (partition - key_partition - .5) / count, end = start + 1 / count;
    const edge = points(on_ring(start, inside), on_ring(end, inside), on_ring(end, inside + BAND), on_ring(start, inside + BAND));
    return svg`<polygon class="partition ${colour_of(replicas[0])}" points=${edge}>
      <title>partition ${partition}${partition === key_partition ? ", the key's" : ""}: ${replicas.join(", ")}; as ${by.join(", ")} see it</title></polygon>`;
  };
  return svg`<g>${partitions.map(piece)}</g>`;
}

/** Messages between the same two, together: one arrow for each direction. */
function arrows(messages) {
  const together = new Map();
  for (const message of messages) {
    const name = message.from + ">" + message.to;
    const arrow = together.get(name) ?? { from: message.from, to: message.to, texts: [], is_new: false };
    arrow.texts.push(message.text);
    arrow.is_new ||= message.is_new;
    together.set(name, arrow);
  }
  return [...together.values()];
}

/** The head of an arrow that comes to its tip in this direction, of length 1. */
export const arrow_head = (tip, x, y) => `M${tip.x},${tip.y} l${-x * 9 - y * 4},${-y * 9 + x * 4} l${y * 8},${-x * 8} z`;

function arrow({ from, to, texts, is_new }, at) {
  const start = at.get(from), end = at.get(to);
  const [dx, dy] = [end.x - start.x, end.y - start.y], length = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [dx / length, dy / length];
  // To the left of the straight line, so that what goes back does not lie on what goes there.
  const bend = 26, middle = { x: (start.x + end.x) / 2 - uy * bend, y: (start.y + end.y) / 2 + ux * bend };
  const tip = { x: end.x - ux * (NODE + 4) - uy * 4, y: end.y - uy * (NODE + 4) + ux * 4 };
  const tail = { x: start.x + ux * NODE, y: start.y + uy * NODE };
  const fresh = is_new ? " fresh" : "";
  const back = { x: tip.x - middle.x, y: tip.y - middle.y }, reach = Math.hypot(back.x, back.y) || 1;
  const [bx, by] = [back.x / reach, back.y / reach];
  return svg`<g><title>${from} → ${to}: ${texts.join("; ")}</title>
    <path class="arrow${fresh}" d="M${tail.x},${tail.y} Q${middle.x},${middle.y} ${tip.x},${tip.y}"></path>
    <path class="head${fresh}" d=${arrow_head(tip, bx, by)}></path>
    ${texts.length > 1 ? svg`<text class="small" x=${middle.x} y=${middle.y}>${texts.length}</text>` : ""}</g>`;
}

/** What stands beside a node or client: its standing, tallies, what it stores and keeps, and its digests with a colour each. */
function beside(actor, facts) {
  const { replica, is_down, is_retired, suspected_by, tallies, digests } = actor;
  const standing = [replica === null ? "" : `replica ${replica + 1}`, is_down ? "down" : "", is_retired ? "retired" : "", suspected_by.length ? `suspected by ${suspected_by.join(", ")}` : ""];
  const held = facts.filter(fact => fact.of === actor.name && fact.text !== null && /^(stores|keeps) /.test(fact.about));
  const has = held.map(({ about, text, is_new }) => ({ text: about.startsWith("stores") ? text : `${about}: ${text}`, is_new }));
  return [...[...standing.filter(Boolean), ...tallies].map(text => ({ text })), ...has,
    ...digests.map(({ what, digest }) => ({ text: `${what} ${digest}`, hue: parseInt(digest, 16) % 360 }))];
}

const shortened = text => text.length > 34 ? text.slice(0, 33) + "…" : text;

function actor(it, at, facts, colour_of, differs) {
  const { x, y } = at.get(it.name);
  const kind = it.is_node ? colour_of(it.name) : "client";
  const lines = beside(it, facts);
  const is_left = x < CENTRE.x - 10, anchor = it.is_node ? (is_left ? "end" : "start") : "middle";
  const left = x + (it.is_node ? (is_left ? -NODE - 6 : NODE + 6) : 0), top = y + (it.is_node ? 0 : NODE + 14);
  // Whoever has the same digest has the same colour.
  const swatch = ({ hue }) => hue === undefined ? "" : svg`<tspan fill="hsl(${hue}, 65%, 50%)">■ </tspan>`;
  const line = (line, index) => svg`<tspan class=${line.is_new ? "new" : ""} x=${left} dy=${index ? "1.15em" : "0"}>${swatch(line)}${shortened(line.text)}</tspan>`;
  return svg`<g><title>${it.name}${lines.length ? ": " + lines.map(line => line.text).join("; ") : ""}</title>
    ${differs ? svg`<circle class="differs" cx=${x} cy=${y} r=${NODE + 5}></circle>` : ""}
    <circle class="node ${kind}${it.is_down ? " down" : ""}" cx=${x} cy=${y} r=${NODE}></circle>
    <text x=${x} y=${y + 5} text-anchor="middle">${it.name}</text>
    <text class="small" text-anchor=${anchor} y=${top}>${lines.slice(0, LINES).map(line)}</text></g>`;
}

/** The whole picture of a state. Those that `differing` names are marked. */
export function ring(state, differing = new Set()) {
  const at = positions(state.actors);
  const nodes = state.actors.filter(actor => actor.is_node).map(actor => actor.name).sort();
  const colour_of = name => `colour-${nodes.indexOf(name) % COLOURS}`;
  const words = `${nodes.length} nodes on the ring, ${state.actors.length - nodes.length} clients, ${state.messages.length} messages in flight`;
  const views = state.rings.length > 1 ? `${state.rings.length} views, from outside in: ${state.rings.map(ring => ring.by.join(" ")).join(" | ")}` : "";
  return svg`<svg class="ring" viewBox="-70 0 ${WIDTH + 140} ${HEIGHT}" role="img" aria-label=${words}>
    ${state.rings.map((ring, index) => band(ring, state.partition, colour_of, index * (BAND + 2) - BAND / 2))}
    <text class="mark" x=${CENTRE.x} y=${CENTRE.y - RADIUS.y - 12} text-anchor="middle">the key, in partition ${state.partition} ▾</text>
    ${views ? svg`<text class="small" x=${CENTRE.x} y=${CENTRE.y + 4} text-anchor="middle">${views}</text>` : ""}
    ${arrows(state.messages).map(it => arrow(it, at))}
    ${state.actors.map(it => actor(it, at, state.facts, colour_of, differing.has(it.name)))}</svg>`;
}
