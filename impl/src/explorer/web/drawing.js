// The ring, the nodes on it and the messages between them, as SVG.
import { svg } from "./lit-html.js";

const WIDTH = 640, HEIGHT = 430, RADIUS = 130, NODE = 22;

/** Where each node and client is drawn: nodes on the ring, clockwise from the key, which is at the top; clients below. */
function places(actors) {
  const nodes = actors.filter(actor => actor.is_node), clients = actors.filter(actor => !actor.is_node);
  const at = new Map();
  nodes.forEach((node, index) => {
    // The key lies just before the first node.
    const angle = 2 * Math.PI * (index + .5) / nodes.length - Math.PI / 2;
    at.set(node.name, { x: WIDTH / 2 + RADIUS * Math.cos(angle) * 1.35, y: 175 + RADIUS * Math.sin(angle) });
  });
  clients.forEach((client, index) => at.set(client.name, { x: WIDTH * (index + .5) / clients.length, y: HEIGHT - 50 }));
  return at;
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
  const head = `M${tip.x},${tip.y} l${-bx * 9 - by * 4},${-by * 9 + bx * 4} l${by * 8},${-bx * 8} z`;
  return svg`<g><title>${from} → ${to}: ${texts.join("; ")}</title>
    <path class="arrow${fresh}" d="M${tail.x},${tail.y} Q${middle.x},${middle.y} ${tip.x},${tip.y}"></path>
    <path class="head${fresh}" d=${head}></path>
    ${texts.length > 1 ? svg`<text class="small" x=${middle.x} y=${middle.y}>${texts.length}</text>` : ""}</g>`;
}

function actor(it, at, facts) {
  const { x, y } = at.get(it.name);
  const kind = it.is_node ? (it.replica === null ? "" : " replica") : " client";
  const words = [it.is_down ? "down" : "", it.is_retired ? "retired" : "", it.suspected_by.length ? `suspected by ${it.suspected_by.join(", ")}` : ""];
  const held = facts.filter(fact => fact.of === it.name && fact.text !== null && /^(stores|keeps) /.test(fact.about));
  const lines = [...words.filter(Boolean), ...it.tallies, ...held.map(fact => fact.about.replace(/^stores \S+/, "") + (fact.about.startsWith("stores") ? "" : ": ") + fact.text)];
  const shown = lines.slice(0, 3).map(line => line.length > 34 ? line.slice(0, 33) + "…" : line);
  const is_left = x < WIDTH / 2 - 10, anchor = it.is_node ? (is_left ? "end" : "start") : "middle";
  const offset = it.is_node ? (is_left ? -NODE - 6 : NODE + 6) : 0;
  return svg`<g><title>${it.name}${lines.length ? ": " + lines.join("; ") : ""}</title>
    <circle class="node${kind}${it.is_down ? " down" : ""}" cx=${x} cy=${y} r=${NODE}></circle>
    <text x=${x} y=${y + 5} text-anchor="middle">${it.name}</text>
    ${it.replica !== null && it.is_node ? svg`<text class="small" x=${x} y=${y - NODE - 5} text-anchor="middle">replica ${it.replica + 1}</text>` : ""}
    <text class="small" x=${x + offset} y=${y + (it.is_node ? 0 : NODE + 14)} text-anchor=${anchor}>
      ${shown.map((line, index) => svg`<tspan x=${x + offset} dy=${index ? "1.15em" : "0"}>${line}</tspan>`)}</text></g>`;
}

/** The whole picture of a state. */
export function ring(state) {
  const at = places(state.actors);
  const words = `${state.actors.length} nodes and clients, ${state.messages.length} messages on their way`;
  return svg`<svg class="ring" viewBox="-70 -10 ${WIDTH + 140} ${HEIGHT + 20}" role="img" aria-label=${words}>
    <ellipse class="circle" cx=${WIDTH / 2} cy="175" rx=${RADIUS * 1.35} ry=${RADIUS}></ellipse>
    <text class="mark" x=${WIDTH / 2} y=${175 - RADIUS - 8} text-anchor="middle">key, in partition ${state.partition} ▾</text>
    ${arrows(state.messages).map(it => arrow(it, at))}
    ${state.actors.map(it => actor(it, at, state.facts))}</svg>`;
}
