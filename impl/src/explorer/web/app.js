// What the page shows, what is asked of the server, and what keys and buttons do. The server keeps
// nothing: the address says where one is.
import { html, render } from "./lit-html.js";
import { beside } from "./beside.js";
import { chooser, rule_groups, scope_groups } from "./chooser.js";
import { codes_of, diagram } from "./diagram.js";
import * as panels from "./panels.js";
import { property_list, strip } from "./properties.js";
import { ring } from "./ring.js";
import { goals_here } from "./search.js";
import { ask, fetched, post } from "./server.js";
import { learn, legend, note_box, open_legend, projector_button } from "./words.js";

const CODE = 6; // letters that name a step
const PACE = 900; // milliseconds from step to step while playing
const page = document.getElementById("page");

const it = {
  catalogue: null, scene: null, wrong: "", kept: null, looked: null, table: 0,
  goal: "goal.two-siblings", job: null, job_id: null, playing: null, visited: new Map(),
  compared: null, longest: null, focus: "", never: "", opened: new Map(), busy: false, turn: 0,
  is_beside: false, beside: null,
};

const guarded = act => async (...given) => {
  try { await act(...given); } catch (error) { stop(); it.wrong = error.message; draw(); }
};

const where = () => ({ scope: it.scene.scope, rules: it.scene.rules });
const codes = () => codes_of(it.scene.path);
/** The path to here, and on to where it went from here before. */
const gone = () => codes_of(it.longest.path);
const address = (at, path) => `/${at.scope}/${at.rules}/${path.join("")}`;
const query = (at, path, more = {}) => new URLSearchParams({ ...at, path: path.join(""), ...more });
const steps_of = name => name.match(new RegExp(`.{${CODE}}`, "g")) ?? [];
const split = url => {
  const [scope, rules, path = ""] = url.split("/").slice(1).map(decodeURIComponent);
  return { at: { scope, rules }, path: steps_of(path) };
};
/** The scope that is shown: one of the catalogue, or one that came with the state. */
const scope_here = () => it.scene.own_scope
  ?? [...it.catalogue.scopes, ...it.catalogue.deep, ...it.catalogue.stories]
    .find(scope => scope.name === it.scene.scope);
const defect_of = rules => it.catalogue.defects.find(defect => defect.name === rules);
const BESIDE = "?beside=protocol";

/** Shows a state; `keep` leaves the browser's address as it is. */
const show = guarded(async (at, path, keep = false) => {
  const turn = ++it.turn;
  const scene = await ask("/api/state?" + query(at, path, it.table ? { table: it.table } : {}));
  // A newer request has replaced this one.
  if (turn !== it.turn) return;
  const old = it.scene;
  if (old && (old.scope !== scene.scope || old.rules !== scene.rules)) {
    it.visited.clear();
    it.opened.clear();
    forget_job();
  }
  it.scene = scene;
  it.wrong = ""; it.looked = null; it.compared = null; it.kept = null;
  const name = path.join("");
  // Steps beyond this state stay drawn, and can be clicked.
  if (!it.longest?.url.startsWith(scene.url)) it.longest = scene;
  it.visited.set(name, scene.path.rows.at(-1)?.text ?? "the initial state");
  choose_goal_here();
  if (!defect_of(scene.rules)) it.is_beside = false;
  await look_beside();
  if (!keep) history.pushState(null, "", scene.url + (it.is_beside ? BESIDE : ""));
  document.title = `${scope_here().name}, step ${path.length} – Dynamo explorer`;
  draw();
  centre_paths();
});

/** Brings the step that is shown to the middle of each diagram. */
function centre_paths() {
  for (const box of document.querySelectorAll(".first .space-time, .beside .space-time")) {
    const here = box.querySelector("button.here").getBoundingClientRect().top;
    box.scrollTop += here - box.getBoundingClientRect().top - box.clientHeight / 2;
  }
}
const go = async target => {
  if (typeof target !== "string") return show(where(), target);
  const { at, path } = split(target);
  await show(at, path);
  // Another state is at the top of the page.
  document.querySelector("main").scrollTop = 0;
  scrollTo(0, 0);
};

/** Asks for the protocol's state beside this one, if both are to be seen. */
async function look_beside() {
  it.beside = it.is_beside
    ? await ask("/api/beside?" + query(where(), gone(), { here: codes().length })) : null;
}
const set_beside = guarded(async is_on => {
  it.is_beside = is_on;
  await show(where(), codes());
});

/** Other rules: the path goes with them, as far as it can be taken under them. */
const change_rules = guarded(async rules => {
  const defect = defect_of(rules), old = it.scene.url;
  if (defect && defect.scope !== it.scene.scope) {
    return go(address({ scope: defect.scope, rules }, []));
  }
  const was_defect = defect_of(it.scene.rules);
  const kept = await ask("/api/kept?" + query(where(), codes(), { to: rules }));
  await go(kept.url);
  it.kept = { ...kept, rules, beside: was_defect && !defect ? old + BESIDE : null };
  draw();
});

function kept_banner({ kept, of, ended, rules, beside }) {
  const name = rules === "protocol" ? "the protocol's own rules" : rules;
  const both = beside ? html` <a href=${beside}>See both side by side</a>` : "";
  if (!of) return "";
  const text = ended ? html`The path ends after step ${kept} of ${of}. Under ${name}, step
    ${ended.step}, <strong>${ended.text}</strong>, cannot be taken: ${ended.why}.`
    : html`The path is kept: under ${name}, ${of === 1 ? "its step" : `all its ${of} steps`} can be
    taken.`;
  return html`<p class="banner note" role="status" id="kept">${text}${both}</p>`;
}

const take = async step => {
  if (it.busy) return;
  it.busy = true;
  await show(where(), [...codes(), step.code]);
  it.busy = false;
};
const back = () => codes().length && show(where(), codes().slice(0, -1));
/** Goes to the state after this many steps of the path that is shown, which may lie ahead. */
const to = count => show(where(), gone().slice(0, count));
const forward = () => gone().length > codes().length && to(codes().length + 1);
const chance = () => {
  const { steps } = it.scene;
  return steps.length && take(steps[Math.floor(Math.random() * steps.length)]);
};

/**
 * Takes steps by itself: those ahead on the path, else random ones, until a property fails or no
 * step is possible.
 */
const play = () => {
  if (it.playing) return stop();
  it.playing = setInterval(async () => {
    const fails = it.scene.properties.some(panels.is_violated);
    const lies_ahead = gone().length > codes().length;
    if (!lies_ahead && (fails || !it.scene.steps.length)) return stop();
    await (lies_ahead ? forward() : chance());
  }, PACE);
  draw();
};
const stop = () => { clearInterval(it.playing); it.playing = null; if (it.scene) draw(); };

const begin = guarded(async wanted => {
  const { id } = await post("/api/jobs", { ...wanted, ...where() });
  it.job_id = id;
  while (it.job_id === id) {
    // There is one at a time: who looks from elsewhere may have begun another.
    const job = await ask(`/api/jobs/${id}`).catch(error => {
      it.job = it.job_id = null;
      throw error;
    });
    // Another may have been begun, or another scope been chosen meanwhile.
    if (it.job_id !== id) return;
    it.job = job;
    draw();
    if (job.state !== "running") return;
    await new Promise(done => setTimeout(done, 150));
  }
});
const find = () => begin({ kind: "find", goal: it.goal });
const check = () => begin({ kind: "check" });
const cancel = guarded(() => ask(`/api/jobs/${it.job_id}`, { method: "DELETE" }));
/** What was looked for elsewhere is of no use here. */
const forget_job = () => {
  // If it is not there any more, so much the better.
  if (it.job?.state === "running") {
    ask(`/api/jobs/${it.job_id}`, { method: "DELETE" }).catch(() => {});
  }
  it.job = it.job_id = null;
};
/** The goal that was chosen, or another one where it cannot be reached. */
function choose_goal_here() {
  const goals = goals_here(it.catalogue, it.scene.out_of_reach).map(goal => goal.name);
  if (!goals.includes(it.goal)) it.goal = goals.find(name => name.startsWith("goal.")) ?? goals[0];
}

const save = guarded(async () => {
  // Its text goes into the file as it is: a trace has numbers that are too large for JavaScript.
  const response = await fetched("/api/trace?" + query(where(), codes()));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = `${scope_here().name}-${it.scene.rules}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
});
const load = guarded(async file => {
  const { url, property, is_never } = await ask("/api/trace", {
    method: "POST", body: await file.text(),
  });
  it.focus = property;
  it.never = is_never ? url : "";
  await go(url);
});

const compare = guarded(async path => {
  it.compared = await ask("/api/state?" + query(where(), path));
  draw();
});
/** Paths that were walked and are neither part of this one nor ahead of it: the end of each. */
const others = () => {
  const here = codes().join(""), ahead = gone().join(""), names = [...it.visited.keys()];
  const goes_on = name => names.some(other => other !== name && other.startsWith(name));
  const ends = names.filter(name => !goes_on(name) && name !== here && !ahead.startsWith(name));
  return ends.map(name => {
    let common = 0;
    const is_same = () => here.slice(0, common + CODE) === name.slice(0, common + CODE);
    while (is_same() && common < here.length) common += CODE;
    return {
      path: steps_of(name), text: it.visited.get(name), common: common / CODE,
      length: name.length / CODE,
    };
  });
};

/** Opens a property, and brings it into view. */
function look_at(name) {
  it.opened.set(name, true);
  it.focus = name;
  draw();
  const fold = document.querySelector(`#properties [data-name="${name}"]`);
  fold?.scrollIntoView({ block: "nearest" });
  fold?.querySelector("summary").focus({ preventScroll: true });
}

const nav = () => html`<nav class="row" aria-label="steps">
  <button id="first" @click=${() => go([])} ?disabled=${!codes().length} title="Home"
    aria-label="to the initial state">|◀</button>
  <button id="back" @click=${back} ?disabled=${!codes().length} title="←"
    aria-label="back">◀</button>
  <output id="step" aria-live="polite">step ${codes().length}</output>
  <button id="forward" @click=${forward} ?disabled=${gone().length <= codes().length} title="→"
    aria-label="forward">▶</button>
  <button id="chance" @click=${chance} ?disabled=${!it.scene.steps.length} title="r">Random</button>
  <button id="play" @click=${play} title="p">${it.playing ? "Pause" : "Play"}</button></nav>`;

function header(scope, defect) {
  const { catalogue, scene } = it;
  const choose_scope = scope => go(address({ ...where(), scope }, []));
  const rules = defect ? defect.name : "the protocol's own";
  return html`<header><h1>Dynamo explorer</h1>
    <a id="home" href="/invariants">The nine invariants</a>
    ${chooser({ id: "scope", label: "Scope", what: "Choose a scope", chosen: scene.scope,
      shown: scope.name, hint: scope.aim, groups: scope_groups(catalogue, choose_scope), draw })}
    ${chooser({ id: "rules", label: "Rules", what: "Choose the rules", chosen: scene.rules,
      shown: rules, hint: defect?.what ?? "", draw,
      groups: rule_groups(catalogue, scene.scope, change_rules) })}
    ${defect && !it.is_beside ? html`<button id="beside" @click=${() => set_beside(true)}
      title="The same path under the protocol and under the defect">Side by side</button>` : ""}
    <button id="open-legend" @click=${open_legend}>Legend</button>${projector_button()}</header>`;
}

/** What a class follows, together on one screen. */
function first_view(statements, is_never) {
  const { scene } = it;
  const look = step => { it.looked = step; draw(); };
  const toggle = (name, is_open) => { it.opened.set(name, is_open); draw(); };
  const path = diagram(it.longest.path, { here: codes().length, go: to, id: "diagram" });
  const list = html`<div id="properties">${property_list(scene, statements,
    { focus: it.focus, is_never, opened: it.opened, toggle })}</div>`;
  // In the order in which a phone shows them, and Tab visits them.
  return html`<div class="first"><div class="right">
      ${panels.panel("h-steps", "What happens next?",
        panels.steps(scene, { take, looked: it.looked, look }))}
      ${panels.panel("h-path", "Path", path, nav())}
    </div><div class="left">
      ${panels.panel("h-state", "State", ring(scene))}
      ${panels.panel("h-properties", "Properties", list)}</div></div>`;
}

function second_view(scope, defect) {
  const { catalogue, scene } = it;
  const choose_table = number => { it.table = number; show(where(), codes(), true); };
  const choose = goal => { it.goal = goal; draw(); };
  const go_to = (url, goal) => { it.focus = goal ?? it.focus; return go(url); };
  const drawn = { others: others(), compared: it.compared, state: scene };
  const files = html`<div class="row"><button id="save" @click=${save}>Save trace</button>
    <label>Load trace <input id="load" type="file" accept=".json,application/json"
      @change=${event => event.target.files[0] && load(event.target.files[0])}></label></div>
    <p class="quiet">Or drop a trace file anywhere on the page.</p>`;
  const keys = html`<p>1 to 9 take a step; ← → go back and forward; Home goes to the initial state;
    r takes a random step; p plays and pauses; Tab moves on.</p>`;
  const words = html`<div class="scroll" tabindex="0" role="region"
    aria-label="nodes, clients and messages">${panels.facts(scene, false)}</div>`;
  return html`<div class="more"><div>
      ${panels.panel("h-words", "The state in words", words)}
      ${panels.panel("h-truth", "Ground truth", panels.facts(scene, true))}
    </div><div>
      ${panels.panel("h-search", "Search", panels.search(catalogue, { job: it.job, goal: it.goal,
        choose, find, check, cancel, go: go_to, out_of_reach: scene.out_of_reach }))}
      ${panels.panel("h-about", "Scope and rules", panels.about(scope, defect))}
      ${panels.panel("h-files", "Trace file", files)}
      ${panels.panel("h-keys", "Keys", keys)}
    </div><div class="wide">
      ${panels.panel("h-table", "Scenario table",
        panels.table(scene, { number: it.table, choose: choose_table }))}
      ${panels.panel("h-branches", "Branches", panels.branches(drawn, { go, compare }))}
    </div></div>`;
}

function draw() {
  const { catalogue, scene } = it;
  if (!scene) return render(html`<p class="banner" role="alert">${it.wrong || "…"}</p>`, page);
  const scope = scope_here(), defect = defect_of(scene.rules);
  const statements = new Map(catalogue.properties.map(it => [it.name, it.statement]));
  const is_never = it.never === scene.url;
  const main = it.beside && defect
    ? beside({ told: it.beside, here: codes().length, defect },
      { to, nav: nav(), leave: () => set_beside(false) })
    : first_view(statements, is_never);
  render(html`${header(scope, defect)}
    ${strip(scene, { focus: it.focus, is_never, look: look_at })}
    ${it.wrong || it.kept ? html`<section class="notices" aria-label="Notices">
      ${it.wrong ? html`<p class="banner" role="alert" id="wrong">${it.wrong}</p>` : ""}
      ${it.kept ? kept_banner(it.kept) : ""}</section>` : ""}
    <main>${main}${second_view(scope, defect)}</main>${legend(catalogue)}${note_box()}`, page);
}

const KEYS = { ArrowLeft: back, ArrowRight: forward, Home: () => go([]), r: chance, p: play };
addEventListener("keydown", event => {
  const is_elsewhere = event.target.closest("input, select, textarea, dialog, [tabindex]");
  if (event.ctrlKey || event.metaKey || event.altKey || !it.scene || is_elsewhere) return;
  const step = /^[1-9]$/.test(event.key) ? it.scene.steps[Number(event.key) - 1] : undefined;
  const act = step ? () => take(step) : KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});
addEventListener("resize", centre_paths);
addEventListener("popstate", () => {
  const { at, path } = split(location.pathname);
  it.is_beside = location.search === BESIDE;
  show(at, path, true);
});
addEventListener("dragover", event => {
  event.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", () => document.body.classList.remove("over"));
addEventListener("drop", event => {
  event.preventDefault();
  document.body.classList.remove("over");
  if (event.dataTransfer.files[0]) load(event.dataTransfer.files[0]);
});

/** What the path shows, where the address does not say what to look at. */
async function find_focus(at, path) {
  const { property, is_never } = await ask("/api/shown?" + query(at, path));
  it.focus = property ?? "";
  it.never = is_never ? location.pathname : "";
}

guarded(async () => {
  it.catalogue = await ask("/api/catalogue");
  learn(it.catalogue.glossary);
  // An address may name a property to look at.
  const [focus, never] = decodeURIComponent(location.hash.slice(1)).split(":");
  it.focus = focus;
  it.never = never ? location.pathname : "";
  it.is_beside = location.search === BESIDE;
  const { at, path } = split(location.pathname);
  if (!focus && path.length) await find_focus(at, path);
  await show(at, path, true);
})();
