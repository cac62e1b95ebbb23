// What the page shows, what is asked of the server, and what keys and buttons do. The server keeps nothing: the address says where one is.
import { html, render } from "./lit-html.js";
import { codes_of, diagram } from "./diagram.js";
import { ring } from "./ring.js";
import * as panels from "./panels.js";

const CODE = 6; // letters that name a step
const PACE = 900; // milliseconds from step to step while playing
const page = document.getElementById("page");

const it = {
  catalogue: null, scene: null, wrong: "", looked: null, table: 0, goal: "goal.two-siblings", job: null, job_id: null,
  playing: null, visited: new Map(), compared: null, longest: null, focus: "", never: "", busy: false, turn: 0,
};

const fetched = async (address, options) => {
  const response = await fetch(address, options);
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  throw new Error(error ?? `the server answered ${response.status}`);
};
const ask = async (address, options) => (await fetched(address, options)).json();
const guarded = act => async (...given) => {
  try { await act(...given); } catch (error) { stop(); it.wrong = error.message; draw(); }
};

const where = () => ({ scope: it.scene.scope, rules: it.scene.rules });
const codes = () => codes_of(it.scene.path);
/** The path to here, and on to where it went from here before. */
const gone = () => codes_of(it.longest.path);
const address = (at, path) => `/${at.scope}/${at.rules}/${path.join("")}`;
const query = (at, path, table) => new URLSearchParams({ ...at, path: path.join(""), ...(table ? { table } : {}) });
const steps_of = name => name.match(new RegExp(`.{${CODE}}`, "g")) ?? [];
const split = url => {
  const [scope, rules, path = ""] = url.split("/").slice(1).map(decodeURIComponent);
  return { at: { scope, rules }, path: steps_of(path) };
};

/** Shows a at; `keep` leaves the browser's address as it is. */
const show = guarded(async (at, path, keep = false) => {
  const turn = ++it.turn;
  const scene = await ask("/api/state?" + query(at, path, it.table));
  // A newer request has replaced this one.
  if (turn !== it.turn) return;
  const is_elsewhere = it.scene && (it.scene.scope !== scene.scope || it.scene.rules !== scene.rules);
  if (is_elsewhere) { it.visited.clear(); forget_job(); }
  it.scene = scene;
  it.wrong = ""; it.looked = null; it.compared = null;
  const name = path.join("");
  // Steps beyond this state stay drawn, and can be clicked.
  if (!it.longest?.url.startsWith(scene.url)) it.longest = scene;
  it.visited.set(name, scene.path.rows.at(-1)?.text ?? "the initial state");
  if (!keep) history.pushState(null, "", scene.url);
  document.title = `${scene.own_scope?.name ?? scene.scope}, step ${path.length} – Dynamo explorer`;
  draw();
  const here = document.querySelector("#diagram button.here"), box = document.getElementById("diagram");
  box.scrollTop += here.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 2;
});
const go = target => {
  if (typeof target !== "string") return show(where(), target);
  const { at, path } = split(target);
  return show(at, path);
};

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
const chance = () => it.scene.steps.length && take(it.scene.steps[Math.floor(Math.random() * it.scene.steps.length)]);

/** Takes steps by itself: those ahead on the path, else random ones, until a property fails or no step is possible. */
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
  const { id } = await ask("/api/jobs", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ ...wanted, ...where() }) });
  it.job_id = id;
  while (it.job_id === id) {
    // There is one at a time: who looks from elsewhere may have begun another.
    const job = await ask(`/api/jobs/${id}`).catch(error => { it.job = it.job_id = null; throw error; });
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
  if (it.job?.state === "running") ask(`/api/jobs/${it.job_id}`, { method: "DELETE" }).catch(() => {});
  it.job = it.job_id = null;
};

const save = guarded(async () => {
  // Its text goes into the file as it is: a trace has numbers that are too large for JavaScript.
  const response = await fetched("/api/trace?" + query(where(), codes()));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = `${it.scene.own_scope?.name ?? it.scene.scope}-${it.scene.rules}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
});
const load = guarded(async file => {
  const { url } = await ask("/api/trace", { method: "POST", body: await file.text() });
  await go(url);
});

const compare = guarded(async path => { it.compared = await ask("/api/state?" + query(where(), path)); draw(); });
/** Paths that were walked and are neither part of this one nor ahead of it: the end of each. */
const others = () => {
  const here = codes().join(""), ahead = gone().join(""), names = [...it.visited.keys()];
  const ends = names.filter(name => !names.some(other => other !== name && other.startsWith(name)) && name !== here && !ahead.startsWith(name));
  return ends.map(name => {
    let common = 0;
    while (here.slice(0, common + CODE) === name.slice(0, common + CODE) && common < here.length) common += CODE;
    return { path: steps_of(name), text: it.visited.get(name), common: common / CODE, length: name.length / CODE };
  });
};

function header() {
  const { catalogue, scene } = it;
  const option = chosen => name => html`<option value=${name} ?selected=${name === chosen}>${name}</option>`;
  const defect_scope = name => catalogue.defects.find(defect => defect.name === name)?.scope ?? scene.scope;
  return html`<h1>Dynamo explorer</h1> <a id="home" href="/invariants">The nine invariants</a>
    <label>Scope <select id="scope" @change=${event => go(address({ ...where(), scope: event.target.value }, []))}>
      ${scene.own_scope ? html`<option value=${scene.scope} selected>${scene.own_scope.name}</option>` : ""}
      <optgroup label="default">${catalogue.scopes.map(scope => scope.name).map(option(scene.scope))}</optgroup>
      <optgroup label="deep: searches take long">${catalogue.deep.map(scope => scope.name).map(option(scene.scope))}</optgroup></select></label>
    <label>Rules <select id="rules" @change=${event => go(address({ scope: defect_scope(event.target.value), rules: event.target.value }, []))}>
      <option value="protocol" ?selected=${scene.rules === "protocol"}>the protocol's own</option>
      <optgroup label="with a defect">${catalogue.defects.map(defect => defect.name).map(option(scene.rules))}</optgroup></select></label>
    <nav class="row" aria-label="steps">
      <button id="first" @click=${() => go([])} ?disabled=${!codes().length} title="Home" aria-label="to the initial state">|◀</button>
      <button id="back" @click=${back} ?disabled=${!codes().length} title="←" aria-label="back">◀</button>
      <output id="step" aria-live="polite">step ${codes().length}</output>
      <button id="forward" @click=${forward} ?disabled=${gone().length <= codes().length} title="→" aria-label="forward">▶</button>
      <button id="chance" @click=${chance} ?disabled=${!scene.steps.length} title="r">Random</button>
      <button id="play" @click=${play} title="p">${it.playing ? "Pause" : "Play"}</button></nav>
    <span class="row"><button id="save" @click=${save}>Save trace</button>
      <label>Load trace <input id="load" type="file" accept=".json,application/json" @change=${event => event.target.files[0] && load(event.target.files[0])}></label></span>`;
}

function draw() {
  const { catalogue, scene } = it;
  if (!scene) return render(html`<p class="banner" role="alert">${it.wrong || "…"}</p>`, page);
  const scope = scene.own_scope ?? [...catalogue.scopes, ...catalogue.deep].find(scope => scope.name === scene.scope);
  const defect = catalogue.defects.find(defect => defect.name === scene.rules);
  const statements = new Map(catalogue.properties.map(property => [property.name, property.statement]));
  render(html`<header>${header()}</header>
    ${it.wrong ? html`<p class="banner" role="alert" id="wrong">${it.wrong}</p>` : ""}
    <main><div>
      ${panels.panel("h-state", "State", html`${ring(scene)}<div class="scroll" tabindex="0" role="region" aria-label="the state in words">${panels.facts(scene, false)}</div>`)}
      ${panels.panel("h-path", "Path", html`${diagram(it.longest.path, { here: codes().length, go: to, id: "diagram" })}${panels.table(scene, { number: it.table, choose: number => { it.table = number; show(where(), codes(), true); } })}`)}
    </div><div>
      ${panels.panel("h-steps", "What happens next?", panels.steps(scene, { take, looked: it.looked, look: step => { it.looked = step; draw(); } }))}
      ${panels.panel("h-properties", "Properties", html`${panels.properties(scene, statements, it.focus, it.never === scene.url)}${panels.facts(scene, true)}`)}
      ${panels.panel("h-search", "Search", panels.search(catalogue, { job: it.job, goal: it.goal, choose: goal => { it.goal = goal; draw(); }, find, check, cancel, go }))}
      ${panels.panel("h-about", "Scope and rules", panels.about(scope, defect))}
      ${panels.panel("h-keys", "Keys", html`<p>1 to 9 take a step; ← → go back and forward; Home goes to the initial state; r takes a random step; p plays and pauses; Tab moves on. Drop a trace file anywhere to load it.</p>`)}
    </div><div class="wide">
      ${panels.panel("h-branches", "Branches", panels.branches({ others: others(), compared: it.compared, state: scene }, { go, compare }))}
    </div></main>`, page);
}

const KEYS = { ArrowLeft: back, ArrowRight: forward, Home: () => go([]), r: chance, p: play };
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || !it.scene || event.target.closest("input, select, textarea, [tabindex]")) return;
  const step = /^[1-9]$/.test(event.key) ? it.scene.steps[Number(event.key) - 1] : undefined;
  const act = step ? () => take(step) : KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});
addEventListener("popstate", () => { const { at, path } = split(location.pathname); show(at, path, true); });
addEventListener("dragover", event => { event.preventDefault(); document.body.classList.add("over"); });
addEventListener("dragleave", () => document.body.classList.remove("over"));
addEventListener("drop", event => {
  event.preventDefault();
  document.body.classList.remove("over");
  if (event.dataTransfer.files[0]) load(event.dataTransfer.files[0]);
});

guarded(async () => {
  it.catalogue = await ask("/api/catalogue");
  // An address may name a property to look at.
  const [focus, never] = decodeURIComponent(location.hash.slice(1)).split(":");
  it.focus = focus;
  it.never = never ? location.pathname : "";
  const { at, path } = split(location.pathname);
  await show(at, path, true);
})();
