// What pages that ask a person have in common: one item at a time, answers by click or key, kept in the page until saved.
// The script before this one sets `childindexClerk`: the items, how one is shown, what is saved and under which name.
"use strict";
(() => {
  const clerk = window.childindexClerk;
  const given = {};
  const answers = ["yes", "no", "unsure"];
  const by = (id) => document.getElementById(id);
  let at = 0;
  let saved = true;

  function show(place) {
    at = Math.min(Math.max(place, 0), clerk.items.length - 1);
    by("item").textContent = `${clerk.noun} ${at + 1} of ${clerk.items.length}`;
    clerk.draw(clerk.items[at]);
    by("previous").disabled = at === 0;
    by("next").disabled = at === clerk.items.length - 1;
    for (const answer of answers) { by(answer).setAttribute("aria-pressed", String(given[clerk.items[at].number] === answer)); }
    const done = Object.keys(given).length;
    by("progress").value = done;
    by("count").textContent = `${done} of ${clerk.items.length} ${clerk.done}`;
  }

  function answer(label) {
    given[clerk.items[at].number] = label;
    saved = false;
    show(at + 1);
  }

  function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(clerk.document(given), null, 1)], { type: "application/json" }));
    link.download = clerk.file;
    link.click();
    URL.revokeObjectURL(link.href);
    saved = true;
  }

  for (const label of answers) { by(label).addEventListener("click", () => answer(label)); }
  by("previous").addEventListener("click", () => show(at - 1));
  by("next").addEventListener("click", () => show(at + 1));
  by("save").addEventListener("click", save);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    const label = { y: "yes", n: "no", u: "unsure" }[event.key.toLowerCase()];
    if (label) { answer(label); } else if (event.key === "ArrowLeft") { show(at - 1); } else if (event.key === "ArrowRight") { show(at + 1); }
  });
  window.addEventListener("beforeunload", (event) => { if (!saved) { event.preventDefault(); } });
  show(0);
})();
