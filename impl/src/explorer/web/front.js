// The first page: the nine invariants, and below them any scope.
import { html, render } from "./lit-html.js";
import { chooser, rule_groups, scope_groups } from "./chooser.js";
import { ask } from "./server.js";
import { learn, legend, marked, note_box, open_legend, projector_button } from "./words.js";

const page = document.getElementById("page");
const it = { catalogue: null, wrong: "", scope: "one-client", rules: "protocol" };

/** An invariant: its sentence, two runs, and its rule. */
function invariant({ id, name, statement, scope, partner, rule, documentation, ...links }) {
  const title = `${id} ${name}`, seen = new Set(), say = text => marked(text, seen);
  return html`<section aria-labelledby=${id} class="invariant">
    <h2 id=${id}>${title}</h2>
    <p>${say(statement)}</p>
    <p class="row"><a class="button" data-which="hold" href=${links.hold}
        aria-label="See it hold: ${title}">See it hold</a>
      <a class="button" data-which="break" href=${links.break}
        aria-label="Break it: ${title}">Break it</a>
      ${links.lesson ? html`<a class="button" data-which="lesson" href=${links.lesson}
        aria-label="Take the lesson: ${title}">Take the lesson</a>` : ""}</p>
    <details><summary>Read the rule: <code>${rule}</code></summary>
      ${documentation.split("\n").map(part => html`<p>${say(part)}</p>`)}
      <p><strong>See it hold</strong> opens scope ${scope}, where: ${say(partner)}</p>
      <p><strong>Break it</strong> replaces the rule by the defect ${links.defect}.
        ${say(links.what)}</p></details></section>`;
}

function any_scope(catalogue) {
  const { scopes, deep, defects } = catalogue;
  const chosen = [...scopes, ...deep].find(scope => scope.name === it.scope);
  const defect = defects.find(defect => defect.name === it.rules);
  const choose_scope = scope => { it.scope = scope; draw(); };
  const choose_rules = rules => {
    it.rules = rules;
    it.scope = defects.find(({ name }) => name === rules)?.scope ?? it.scope;
    draw();
  };
  return html`<section aria-labelledby="h-any"><h2 id="h-any">Any scope</h2>
    <p>A scope is a small cluster with scripted clients and a list of faults. Choose one, and take
      its steps yourself.</p>
    <p class="row">
      ${chooser({ id: "scope", label: "Scope", what: "Choose a scope", chosen: it.scope,
        hint: chosen.aim, groups: scope_groups(catalogue, choose_scope), draw })}
      ${chooser({ id: "rules", label: "Rules", what: "Choose the rules", chosen: it.rules,
        shown: defect ? defect.name : "the protocol's own", hint: defect?.what ?? "",
        groups: rule_groups(catalogue, it.scope, choose_rules), draw })}
      <a class="button" id="open" href="/${it.scope}/${it.rules}/">Open</a></p>
    <p class="quiet">${chosen.aim}</p></section>`;
}

function draw() {
  const { catalogue, wrong } = it;
  if (!catalogue) return render(html`<p class="banner" role="alert">${wrong || "…"}</p>`, page);
  render(html`<header><h1>Dynamo explorer</h1>
      <a id="lessons" href="/lessons">Lessons</a>
      <button id="open-legend" @click=${open_legend}>Legend</button>${projector_button()}</header>
    <main class="front"><div>
      <p>The protocol protects nine invariants. See each hold on the correct rules. Then replace one
        rule, and see the shortest run that breaks it.</p>
      <div class="invariants">${catalogue.invariants.map(invariant)}</div>${any_scope(catalogue)}
    </div></main>${legend(catalogue)}${note_box()}`, page);
}

document.title = "The nine invariants – Dynamo explorer";
draw();
try {
  it.catalogue = await ask("/api/catalogue");
  learn(it.catalogue.glossary);
} catch (error) {
  it.wrong = error.message;
}
draw();
