// The first page: the nine invariants, and below them any scope.
import { html, render } from "./lit-html.js";

const page = document.getElementById("page");
const it = { catalogue: null, wrong: "", scope: "one-client", rules: "protocol" };

/** An invariant: its sentence, two runs, and its rule. */
function invariant({ id, name, statement, scope, partner, rule, documentation, defect, what, hold, ...links }) {
  const title = `${id} ${name}`;
  return html`<section aria-labelledby=${id} class="invariant">
    <h2 id=${id}>${title}</h2>
    <p>${statement}</p>
    <p class="row"><a class="button" data-which="hold" href=${hold} aria-label="See it hold: ${title}">See it hold</a>
      <a class="button" data-which="break" href=${links.break} aria-label="Break it: ${title}">Break it</a>
      ${links.lesson ? html`<a class="button" data-which="lesson" href=${links.lesson} aria-label="Take the lesson: ${title}">Take the lesson</a>` : ""}</p>
    <details><summary>Read the rule: <code>${rule}</code></summary>
      ${documentation.split("\n").map(part => html`<p>${part}</p>`)}
      <p><strong>See it hold</strong> opens scope ${scope}, where: ${partner}</p>
      <p><strong>Break it</strong> replaces the rule by the defect ${defect}. ${what}</p></details></section>`;
}

function any_scope({ scopes, deep, defects }) {
  const chosen = [...scopes, ...deep].find(scope => scope.name === it.scope);
  const option = current => ({ name }) => html`<option value=${name} ?selected=${name === current}>${name}</option>`;
  const choose_rules = event => {
    it.rules = event.target.value;
    it.scope = defects.find(defect => defect.name === it.rules)?.scope ?? it.scope;
    draw();
  };
  return html`<section aria-labelledby="h-any"><h2 id="h-any">Any scope</h2>
    <p>A scope is a small cluster with scripted clients and a list of faults. Choose one, and take its steps yourself.</p>
    <p class="row"><label>Scope <select id="scope" @change=${event => { it.scope = event.target.value; draw(); }}>
        <optgroup label="default">${scopes.map(option(it.scope))}</optgroup>
        <optgroup label="deep: searches take long">${deep.map(option(it.scope))}</optgroup></select></label>
      <label>Rules <select id="rules" @change=${choose_rules}>
        <option value="protocol" ?selected=${it.rules === "protocol"}>the protocol's own</option>
        <optgroup label="with a defect">${defects.map(option(it.rules))}</optgroup></select></label>
      <a class="button" id="open" href="/${it.scope}/${it.rules}/">Open</a></p>
    <p class="quiet">${chosen.aim}</p></section>`;
}

function draw() {
  render(html`<header><h1>Dynamo explorer</h1> <a id="lessons" href="/lessons">Lessons</a></header>
    ${it.wrong ? html`<p class="banner" role="alert" id="wrong">${it.wrong}</p>` : ""}
    <main class="front"><div class="wide">
      <p>The protocol protects nine invariants. See each hold on the correct rules. Then replace one rule, and see the shortest run that breaks it.</p></div>
      ${it.catalogue ? html`<div class="wide invariants" id="invariants">${it.catalogue.invariants.map(invariant)}</div>
        <div class="wide">${any_scope(it.catalogue)}</div>` : ""}</main>`, page);
}

draw();
try {
  const response = await fetch("/api/catalogue");
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  it.catalogue = await response.json();
} catch (error) {
  it.wrong = error.message;
}
draw();
