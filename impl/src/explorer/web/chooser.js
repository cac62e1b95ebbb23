// A list to choose from, in a dialog: as one types, only the entries with these words remain.
import { html } from "./lit-html.js";

const MOVES = { ArrowDown: 1, ArrowUp: -1 };

/** Which chooser is open, and what is typed in it. */
const now = { id: "", typed: "" };

const words_of = text => text.toLowerCase().replace(/[-_]/g, " ");

/** The groups with only the entries that have every word typed. */
function filtered(groups) {
  const wanted = words_of(now.typed).split(/\s+/).filter(Boolean);
  const has = label => ({ name, title, line, more = "" }) => {
    const text = words_of([title ?? name, line, more, label].join(" "));
    return wanted.every(word => text.includes(word));
  };
  return groups.map(group => ({ ...group, entries: group.entries.filter(has(group.label)) }))
    .filter(group => group.entries.length);
}

const dialog_of = id => document.getElementById(`${id}-list`);

function open(id, draw) {
  Object.assign(now, { id, typed: "" });
  draw();
  const dialog = dialog_of(id);
  dialog.querySelector("input").value = "";
  dialog.showModal();
  dialog.querySelector("[aria-current=true]")?.scrollIntoView({ block: "center" });
}

/** Arrow keys move among the entries; Enter in the filter chooses the first. */
function key(event) {
  const dialog = event.currentTarget, entries = [...dialog.querySelectorAll(".entries button")];
  if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault();
    entries[0]?.click();
  }
  if (!(event.key in MOVES)) return;
  event.preventDefault();
  const at = entries.indexOf(document.activeElement) + MOVES[event.key];
  (entries[at] ?? dialog.querySelector("input")).focus();
}

/**
 * A button with what is chosen, and the dialog that it opens.
 * `groups`: a `label` and its `entries`, each with a `name`, a `line` that tells what it is, and
 * `choose`, what happens when it is chosen. `title` stands in for an entry's name where it differs.
 * `more` is not shown, but searched.
 */
export function chooser({ id, label, what, chosen, shown, hint, groups, draw }) {
  const is_open = now.id === id;
  const left = is_open ? filtered(groups) : [];
  const count = list => list.reduce((sum, group) => sum + group.entries.length, 0);
  const entry = ({ name, title, line, choose }) => html`<li><button data-name=${name}
    aria-current=${name === chosen} @click=${() => { dialog_of(id).close(); choose(); }}>
    <strong>${title ?? name}</strong> <span>${line}</span></button></li>`;
  const type = event => { now.typed = event.target.value; draw(); };
  const close = () => { now.id = ""; draw(); };
  return html`<button id=${id} class="choice" aria-haspopup="dialog" title=${hint}
      @click=${() => open(id, draw)}><span class="quiet">${label}</span>
      <span class="chosen">${shown ?? chosen}</span> <span aria-hidden="true">▾</span></button>
    <dialog id="${id}-list" class="sheet chooser" aria-labelledby="h-${id}" @close=${close}
      @keydown=${key}>
      <form method="dialog" class="head"><h2 id="h-${id}">${what}</h2><button>Close</button></form>
      <label class="filter">Search <input type="search" autocomplete="off" @input=${type}
        placeholder="a name, or words of what it is about"></label>
      <p class="quiet" role="status">${is_open ? `${count(left)} of ${count(groups)}` : ""}</p>
      <div class="entries scroll" tabindex="0" role="region" aria-label=${what}>
        ${left.map(({ label, entries }) => html`<h3>${label}</h3><ul>${entries.map(entry)}</ul>`)}
        ${is_open && !left.length ? html`<p>No entry has these words.</p>` : ""}</div></dialog>`;
}

const group_by_invariant = (list, invariants, label, entry) => invariants.map(({ id, name }) => ({
  label: label(`${id} ${name}`), entries: list.filter(one => one.invariant === id).map(entry),
})).filter(group => group.entries.length);

/** The groups of all scopes, by the invariant at which they are aimed. */
export function scope_groups({ scopes, deep, invariants }, choose) {
  const entry = ({ name, aim }) => ({ name, line: aim, choose: () => choose(name) });
  return [
    ...group_by_invariant(scopes, invariants, name => name, entry),
    ...group_by_invariant(deep, invariants, name => `${name} – deep: searches take long`, entry),
  ];
}

/**
 * The groups of all rules: the protocol's own, the defects found in this scope, the others, and the
 * known limits, which open a run.
 */
export function rule_groups({ defects, limits, invariants }, scope, choose) {
  const entry = ({ name, what, rule, story, ...defect }) => ({
    name, line: defect.scope === scope ? what : `${what} In scope ${defect.scope}.`,
    more: `${rule} ${story}`, choose: () => choose(name),
  });
  const limit = ({ name, what, story, show }) => ({
    name, line: `${what} See it happen.`, more: story, choose: () => location.assign(show),
  });
  const own = { name: "protocol", title: "the protocol's own rules", line: "Nothing is replaced.",
    choose: () => choose("protocol") };
  const here = defects.filter(defect => defect.scope === scope);
  const others = defects.filter(defect => defect.scope !== scope);
  return [
    { label: "The protocol", entries: [own] },
    { label: `Defects of this scope, ${scope}: the path is kept`, entries: here.map(entry) },
    ...group_by_invariant(others, invariants, name => `Defects that break ${name}`, entry),
    ...group_by_invariant(limits, invariants, name => `Known limits of ${name}`, limit),
  ].filter(group => group.entries.length);
}
