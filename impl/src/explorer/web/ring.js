// The ring with its partitions, the nodes on it and the messages between them, as SVG. What each
// node has stands beside the picture, as text that the browser lays out: so nothing is overprinted.
import { html, svg } from "./lit-html.js";

const WIDTH = 340, HEIGHT = 372, NODE = 20;
const CENTRE = { x: WIDTH / 2, y: 158 }, RADIUS = { x: 132, y: 118 };
const BAND = 9; // how thick a ring is drawn, and how far inside the one before
const COLOURS = 8; // style.css has so many colours for nodes

const points = (...pairs) => pairs.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

/** A position on the ring: `turn` from 0 to 1, clockwise from the top; so far inside. */
function on_ring(turn, inside = 0) {
  const angle = 2 * Math.PI * turn - Math.PI / 2;
  const [x, y] = [(RADIUS.x - inside) * Math.cos(angle), (RADIUS.y - inside) * Math.sin(angle)];
  return { x: CENTRE.x + x, y: CENTRE.y + y };
}

/**
 * Where each node and client is drawn: nodes on the ring, clockwise from the key, which is at the
 * top; clients below.
 */
function positions(actors) {
  const nodes = actors.filter(actor => actor.is_node);
  const clients = actors.filter(actor => !actor.is_node);
  const at = new Map();
  // The key lies just before the first node.
  nodes.forEach((node, index) => at.set(node.name, on_ring((index + .5) / nodes.length)));
  clients.forEach((client, index) =>
    at.set(client.name, { x: WIDTH * (index + .5) / clients.length, y: HEIGHT - NODE - 4 }));
  return at;
}

/** One ring: a piece for each partition, coloured by its first node; the key's is at the top. */
function band({ by, partitions }, key_partition, colour_of, inside) {
  const count = partitions.length, deep = inside + BAND;
  const piece = (replicas, partition) => {
    const start = (partition - key_partition - .5) / count, end = start + 1 / count;
    const edge = points(on_ring(start, inside), on_ring(end, inside), on_ring(end, deep),
      on_ring(start, deep));
    const key = partition === key_partition ? ", the key's" : "";
    return svg`<polygon class="partition ${colour_of(replicas[0])}" points=${edge}>
      <title>partition ${partition}${key}: ${replicas.join(", ")};
        as ${by.join(", ")} see it</title></polygon>`;
  };
  return svg`<g>${partitions.map(piece)}</g>`;
}

/** Messages between the same two, together: one arrow for each direction. */
function arrows(messages) {
  const together = new Map();
  for (const { from, to, text, is_new } of messages) {
    const name = from + ">" + to;
    const arrow = together.get(name) ?? { from, to, texts: [], is_new: false };
    arrow.texts.push(text);
    arrow.is_new ||= is_new;
    together.set(name, arrow);
  }
  return [...together.values()];
}

/** The head of an arrow that comes to its tip in this direction, of length 1. */
export const arrow_head = (tip, x, y) =>
  `M${tip.x},${tip.y} l${-x * 9 - y * 4},${-y * 9 + x * 4} l${y * 8},${-x * 8} z`;

function arrow({ from, to, texts, is_new }, at) {
  const start = at.get(from), end = at.get(to);
  const [dx, dy] = [end.x - start.x, end.y - start.y], length = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [dx / length, dy / length];
  // To the left of the straight line, so that what goes back does not lie on what goes there.
  const bend = Math.min(22, length / 8);
  const middle = { x: (start.x + end.x) / 2 - uy * bend, y: (start.y + end.y) / 2 + ux * bend };
  const gap = NODE + 4;
  const tip = { x: end.x - ux * gap - uy * 4, y: end.y - uy * gap + ux * 4 };
  const tail = { x: start.x + ux * NODE, y: start.y + uy * NODE };
  const fresh = is_new ? " fresh" : "";
  const back = { x: tip.x - middle.x, y: tip.y - middle.y };
  const reach = Math.hypot(back.x, back.y) || 1;
  const head = arrow_head(tip, back.x / reach, back.y / reach);
  const line = `M${tail.x},${tail.y} Q${middle.x},${middle.y} ${tip.x},${tip.y}`;
  const count = texts.length > 1
    ? svg`<text class="small" x=${middle.x} y=${middle.y}>${texts.length}</text>` : "";
  return svg`<g><title>${from} → ${to}: ${texts.join("; ")}</title>
    <path class="arrow${fresh}" d=${line}></path><path class="head${fresh}" d=${head}></path>
    ${count}</g>`;
}

function actor(it, at, colour_of, differs) {
  const { x, y } = at.get(it.name);
  const kind = it.is_node ? colour_of(it.name) : "client";
  return svg`<g><title>${it.name}${it.is_down ? ", down" : ""}</title>
    ${differs ? svg`<circle class="differs" cx=${x} cy=${y} r=${NODE + 5}></circle>` : ""}
    <circle class="node ${kind}${it.is_down ? " down" : ""}" cx=${x} cy=${y} r=${NODE}></circle>
    <text x=${x} y=${y + 5} text-anchor="middle">${it.name}</text></g>`;
}

/** Lines on a node or client: its standing, its tallies, what it stores and keeps, its digests. */
function lines_of(actor, facts) {
  const { name, replica, is_down, is_retired, suspected_by, tallies, digests } = actor;
  const standing = [
    replica === null ? "" : `replica ${replica + 1}`, is_down ? "down" : "",
    is_retired ? "retired" : "",
    suspected_by.length ? `suspected by ${suspected_by.join(", ")}` : "",
  ];
  const held = facts.filter(({ of, about, text }) =>
    of === name && text !== null && /^(stores|keeps) /.test(about));
  const has = held.map(({ about, text, is_new }) =>
    ({ text: about.startsWith("stores") ? text : `${about}: ${text}`, is_new }));
  const roots = digests.map(({ what, digest }) =>
    ({ text: `${what} ${digest}`, hue: parseInt(digest, 16) % 360 }));
  return [...[...standing.filter(Boolean), ...tallies].map(text => ({ text })), ...has, ...roots];
}

/** Shows the whole of a card's lines, or again only what fits. */
function widen({ currentTarget: card }) {
  card.setAttribute("aria-expanded", card.classList.toggle("whole"));
}

/** What a node has, shortened to what fits; the whole text on pointing at it, or on a tap. */
function card(actor, facts, colour_of) {
  const lines = lines_of(actor, facts);
  // Nodes with the same digest have the same colour.
  const swatch = ({ hue }) => hue === undefined ? ""
    : svg`<svg class="swatch" width="10" height="10" aria-hidden="true">
        <rect width="10" height="10" fill="hsl(${hue}, 65%, 50%)"></rect></svg>`;
  const line = it =>
    html`<span class="line${it.is_new ? " new" : ""}">${swatch(it)}${it.text}</span>`;
  return html`<button type="button" class="card ${colour_of(actor.name)}" aria-expanded="false"
    title=${[actor.name, ...lines.map(it => it.text)].join("\n")} @click=${widen}>
    <strong>${actor.name}</strong>${lines.map(line)}</button>`;
}

/** The whole picture of a state. Those that `differing` names are marked. */
export function ring(state, differing = new Set()) {
  const at = positions(state.actors);
  const nodes = state.actors.filter(actor => actor.is_node);
  const names = nodes.map(actor => actor.name).sort();
  const colour_of = name => `colour-${names.indexOf(name) % COLOURS}`;
  const clients = state.actors.length - nodes.length;
  const words = `${nodes.length} nodes on the ring, ${clients} clients,
    ${state.messages.length} messages in flight`;
  const by = state.rings.map(ring => ring.by.join(" ")).join(" | ");
  const views = state.rings.length > 1
    ? html`<p class="views">${state.rings.length} views, from outside in: ${by}</p>` : "";
  // From top to bottom, on the side on which each node is drawn.
  const sorted = [...nodes].sort((one, other) => at.get(one.name).y - at.get(other.name).y);
  const is_left = ({ name }) => at.get(name).x < CENTRE.x - 1;
  const cards = list => list.map(node => card(node, state.facts, colour_of));
  return html`<div class="around">
    <div class="cards left">${cards(sorted.filter(is_left))}</div>
    <div class="picture">
      <svg class="ring" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${words}>
        ${state.rings.map((ring, index) =>
          band(ring, state.partition, colour_of, index * (BAND + 2) - BAND / 2))}
        <text class="mark" x=${CENTRE.x} y=${CENTRE.y - RADIUS.y - 14}
          text-anchor="middle">the key, in partition ${state.partition} ▾</text>
        ${arrows(state.messages).map(it => arrow(it, at))}
        ${state.actors.map(it => actor(it, at, colour_of, differing.has(it.name)))}</svg>
      ${views}</div>
    <div class="cards right">${cards(sorted.filter(node => !is_left(node)))}</div></div>`;
}
