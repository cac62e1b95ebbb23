// Lessons: the list of all, the introduction of one, and its steps. The address says which of them is shown.
import { html, render } from "./lit-html.js";
import { diagram } from "./diagram.js";
import { ring } from "./ring.js";

const page = document.getElementById("page");
const it = { at: {}, lessons: null, lesson: null, told: null, tried: new Map(), wrong: null, is_right: false, error: "", turn: 0 };

const ask = async address => {
  const response = await fetch(address);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `the server answered ${response.status}`);
  return answer;
};

/** `/lessons/NAME/TRACK/STEP`, of which only the first part is always there. */
const split = path => {
  const [, , name, track, step] = path.split("/").map(decodeURIComponent);
  return { name, track, step: Number(step) };
};
const address = (track, step) => `/lessons/${it.lesson.name}/${track}/${step}`;
const steps_of = track => it.lesson.tracks[track].ends.length;

/** Shows what an address names. */
async function show(path, keep = false) {
  const turn = ++it.turn, at = split(path);
  try {
    if (!at.name) it.lessons ??= (await ask("/api/lessons")).lessons;
    const lesson = !at.name ? null : it.lesson?.name === at.name ? it.lesson : await ask(`/api/lessons/${at.name}`);
    const told = at.track ? await ask("/api" + path) : null;
    // A newer request has replaced this one.
    if (turn !== it.turn) return;
    Object.assign(it, { at, lesson, told, tried: new Map(), wrong: null, error: "" });
    if (!keep) history.pushState(null, "", path);
  } catch (error) { it.error = error.message; }
  document.title = title();
  draw();
  document.getElementById("narration")?.scrollTo(0, 0);
  to_last_row();
  // Where the focused button has gone, the focus would be nowhere.
  if (!keep && document.activeElement === document.body) document.querySelector("h1")?.focus();
}
const title = () => {
  const where = it.lesson ? `Lesson ${it.lesson.number}: ${it.lesson.title}` : "Lessons";
  return `${where}${it.told ? `, step ${it.at.step}` : ""} – Dynamo explorer`;
};
/** A link that does not load the page anew. */
const go = event => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  it.is_right = false;
  show(event.currentTarget.getAttribute("href"));
};
const step_to = (step, is_right = false) => {
  if (!it.told || step > steps_of(it.at.track)) return;
  it.is_right = is_right;
  show(step < 1 ? `/lessons/${it.lesson.name}` : address(it.at.track, step));
};
const next = () => (it.told ? step_to(it.at.step + 1) : it.lesson && show(address("off", 1)));
const back = () => (it.wrong ? undo() : step_to(it.at.step - 1));
const undo = () => { it.wrong = null; draw(); to_last_row(); };

/** Takes an answer to the question. A wrong one is explained, with the state to which it leads. */
async function choose(number) {
  const answer = it.told?.choice?.answers[number];
  if (!answer) return;
  if (answer.is_right) return step_to(it.at.step + 1, true);
  try {
    if (!it.tried.has(number)) it.tried.set(number, await ask(`/api${address(it.at.track, it.at.step)}?answer=${number}`));
    it.wrong = { number, ...it.tried.get(number) };
  } catch (error) { it.error = error.message; }
  draw();
  to_last_row();
  document.getElementById("why")?.scrollIntoView({ block: "nearest" });
}
/** The step that is shown is the last one of the path. */
const to_last_row = () => {
  const box = document.getElementById("diagram");
  box?.scrollTo(0, box.scrollHeight);
};

/** Words between asterisks are new ones. */
const words = text => text.split("*").map((part, index) => (index % 2 ? html`<em>${part}</em>` : part));
const paragraphs = texts => texts.map(text => html`<p>${words(text)}</p>`);
const link = (href, text, id) => html`<a class="button" id=${id} href=${href} @click=${go}>${text}</a>`;
const heading = ({ number, title }) => html`Lesson ${number}: ${title}`;

function list() {
  const card = lesson => html`<section aria-labelledby=${lesson.name} class="invariant">
    <h2 id=${lesson.name}>${heading(lesson)}</h2>
    <p>${words(lesson.intro[0])}</p>
    ${lesson.invariant ? html`<p class="quiet">${lesson.invariant.id} ${lesson.invariant.name}</p>` : ""}
    <p><a class="button" href="/lessons/${lesson.name}" @click=${go} aria-label="Begin lesson ${lesson.number}: ${lesson.title}">Begin</a></p></section>`;
  return html`<div class="wide"><p>Each lesson tells one run of a small cluster, step by step. It asks you what happens next,
    shows how a client loses something when one rule is off, and then the same with the rule on.</p></div>
    <div class="wide invariants" id="lessons">${it.lessons.map(card)}</div>`;
}

/** Who is who: the names of this lesson, and those that the explorer uses. */
const cast = () => {
  const pairs = Object.entries(it.lesson.cast);
  return pairs.length ? html`<p class="quiet">In the explorer, ${pairs.map(([code, name], index) => html`${index ? ", " : ""}${name} is <code>${code}</code>`)}.</p>` : "";
};

/** The rule that is switched off, in the protocol's words. */
const rule = ({ rule, tracks: { off } }) => off.defect && rule ? html`<details><summary>The rule: <code>${off.defect.rule}</code></summary>
  ${paragraphs(rule.split("\n"))}<p>With the rule off: ${off.defect.what} (<code>${off.defect.name}</code>)</p></details>` : "";

function intro() {
  const { lesson } = it, { off, on } = lesson.tracks;
  return html`<section class="intro" aria-labelledby="h-intro"><h2 id="h-intro">${heading(lesson)}</h2>
    ${paragraphs(lesson.intro)}
    ${lesson.statement ? html`<p><strong>${lesson.invariant.id}, ${lesson.invariant.name}:</strong> ${lesson.statement}</p>` : ""}
    ${rule(lesson)}
    <p class="row">${link(address("off", 1), html`Begin with: ${off.label}`, "begin")} ${link(address("on", 1), html`Begin with: ${on.label}`, "begin-on")}</p>
    <p class="quiet">Keys: → next, ← back, 1 to 9 answer a question. Each step has its own address, which you can pass on.</p>
    ${cast()}</section>`;
}

function question({ question, answers }) {
  const button = ({ text }, number) => html`<li><button class="answer${it.tried.has(number) ? " tried" : ""}" aria-pressed=${it.wrong?.number === number}
    @click=${() => choose(number)}><span class="number">${number + 1}</span> ${text}</button></li>`;
  return html`<div id="question"><h2>${question}</h2><ol>${answers.map(button)}</ol>
    <div role="status">${it.wrong ? html`<div class="why" id="why"><p><strong>Not this one.</strong> The picture shows the state after it.</p>${paragraphs(it.wrong.why)}
      <p><button id="undo" @click=${undo}>Take it back</button></p></div>` : ""}</div></div>`;
}

/** What the check says of the last state. */
const verdict = (is_loss, is_harm) => is_harm
  ? (is_loss ? "This has happened here." : "This has not happened here, and cannot from here on.")
  : (is_loss ? "This does not hold here." : "This holds here.");

function end({ text, is_loss, condition }) {
  const { at, lesson, told } = it, other = at.track === "off" ? "on" : "off";
  const begin = Math.min(lesson.shared + 1, steps_of(other));
  return html`<div id="end" class=${is_loss ? "loss" : "kept"}>
    <p class="sentence"><strong>${text}</strong></p>
    <p class="quiet">Checked in this state, <code>${condition.name}</code>: ${condition.statement}
      <strong class=${is_loss ? "bad" : "good"}>${verdict(is_loss, condition.is_harm)}</strong></p>
    <p class="row">${link(address(other, begin), html`Now: ${lesson.tracks[other].label}`, "other")}
      <a class="button" id="walk-on" href=${told.scene.url}>Walk on from here in the explorer</a>
      ${lesson.next ? link(`/lessons/${lesson.next.name}`, html`Next: lesson ${lesson.next.number}`, "next-lesson") : ""}</p>
    ${cast()}</div>`;
}

function narration() {
  const { at, told } = it, count = steps_of(at.track);
  const shown = it.wrong ?? told;
  const dot = (_, index) => html`<li class=${index + 1 === at.step ? "here" : index + 1 < at.step ? "done" : ""}></li>`;
  return html`<section id="told" aria-label="the story">
    <div id="narration" tabindex="0" role="region" aria-label="step ${at.step} of ${count}">
      ${it.is_right ? html`<p class="good"><strong>Right.</strong></p>` : ""}
      <div class="text" aria-live="polite">${paragraphs(told.text)}</div>
      ${told.choice ? question(told.choice) : ""}
      ${told.end ? end(told.end) : ""}
      <details><summary>What this step changed, in the explorer's words</summary>
        <ul class="evidence">${shown.events.map(text => html`<li><strong>${text}</strong></li>`)}${shown.scene.changes.map(text => html`<li>${text}</li>`)}</ul></details></div>
    <nav aria-label="steps"><button id="back" @click=${back} title="←">◀ Back</button>
      <ol class="progress" aria-hidden="true">${Array.from({ length: count }, dot)}</ol><output id="step">${at.step} of ${count}</output>
      <button id="next" @click=${next} ?disabled=${at.step === count} title="→">${told.choice ? "Skip ▶" : "Next ▶"}</button></nav></section>`;
}

/** Messages in flight in words: the picture shows them as arrows. */
const in_flight = ({ messages }) => html`<ul id="in-flight" aria-label="messages in flight"><li>${messages.length ? "In flight:" : "No message is in flight."}</li>
  ${messages.map(({ from, to, text, is_new }) => html`<li class=${is_new ? "new" : ""}><strong>${from} → ${to}</strong> ${text}</li>`)}</ul>`;
/** The scene for readers: a count of replies says whose request it counts for. */
const plain = scene => {
  const words = tally => tally.replace(/^(?:put|get) (.+): (\d+)\/(\d+)$/, "$1: $2 of $3");
  return { ...scene, actors: scene.actors.map(actor => ({ ...actor, tallies: actor.tallies.map(words) })) };
};

function stage() {
  const { at } = it, { scene } = it.wrong ?? it.told, { ends } = it.lesson.tracks[at.track];
  const changed = new Set(scene.facts.filter(fact => fact.is_new).map(fact => fact.of));
  const to = row => step_to(ends.findIndex(end => end >= row) + 1);
  return html`<section id="picture" aria-label="the cluster">${ring(plain(scene), changed)}${in_flight(scene)}</section>
    ${diagram(scene.path, { here: scene.path.rows.length, go: to, id: "diagram" })}`;
}

/** The two tracks of the lesson. */
const tracks = () => html`<nav class="row" aria-label="tracks">${["off", "on"].map(track => html`<a class="button" id="track-${track}"
  href=${address(track, Math.min(it.at.step, steps_of(track)))} aria-current=${track === it.at.track ? "page" : "false"} @click=${go}>${it.lesson.tracks[track].label}</a>`)}</nav>`;

function draw() {
  const { lesson, lessons, told } = it, is_step = !!told;
  const place = is_step ? html`<main class="stage"><div id="left">${stage()}</div>${narration()}</main>`
    : html`<main class="front">${lesson ? html`<div class="wide">${intro()}</div>` : lessons && !it.at.name ? list() : ""}</main>`;
  render(html`<header><h1 tabindex="-1">${is_step ? heading(lesson) : "Lessons"}</h1>
      <a href="/invariants">The nine invariants</a> ${it.at.name ? html`<a href="/lessons" @click=${go}>All lessons</a>` : ""} ${is_step ? tracks() : ""}</header>
    ${it.error ? html`<p class="banner" role="alert" id="wrong">${it.error}</p>` : ""}${place}`, page);
  document.body.classList.toggle("is-step", is_step);
}

addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const act = /^[1-9]$/.test(event.key) ? () => choose(Number(event.key) - 1) : { ArrowRight: next, ArrowLeft: back }[event.key];
  if (act) { event.preventDefault(); act(); }
});
addEventListener("popstate", () => { it.is_right = false; show(location.pathname, true); });

show(location.pathname, true);
