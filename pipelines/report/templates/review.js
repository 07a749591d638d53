// One pair at a time; labels live in this page until they are saved as a file.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const labels = {};
  const answers = ["yes", "no", "unsure"];
  const by = (id) => document.getElementById(id);
  let at = 0;
  let saved = true;

  function cell(text, kind) {
    const made = document.createElement(kind === "th" ? "th" : "td");
    if (kind === "th") { made.scope = "row"; }
    if (kind === "number") { made.className = "number"; }
    made.textContent = text;
    return made;
  }

  function bar(level, top) {
    const made = document.createElement("td");
    const strip = document.createElement("span");
    strip.className = "bar";
    // One box a level; a missing value has none filled and is named in words.
    for (let box = 1; box <= top; box += 1) {
      const part = document.createElement("i");
      part.className = box <= level && level > 1 ? "on" : "";
      strip.append(part);
    }
    strip.setAttribute("aria-hidden", "true");
    made.append(strip);
    return made;
  }

  function show(place) {
    at = Math.min(Math.max(place, 0), data.pairs.length - 1);
    const pair = data.pairs[at];
    by("pair").textContent = `Pair ${at + 1} of ${data.pairs.length}`;
    by("feeds").textContent = pair.feeds.includes(" - ") ? `Feeds: ${pair.feeds}` : `Both of ${pair.feeds}`;
    by("rows").replaceChildren(...pair.rows.map(([name, level, top, words, bits]) => {
      const row = document.createElement("tr");
      row.append(cell(name.replaceAll("_", " "), "th"), bar(level, top), cell(words), cell(level ? bits.toFixed(1) : "", "number"));
      return row;
    }));
    by("bits").textContent = pair.bits.toFixed(1);
    by("previous").disabled = at === 0;
    by("next").disabled = at === data.pairs.length - 1;
    for (const answer of answers) { by(answer).setAttribute("aria-pressed", String(labels[at + 1] === answer)); }
    const done = Object.keys(labels).length;
    by("progress").value = done;
    by("count").textContent = `${done} of ${data.pairs.length} labelled`;
  }

  function answer(label) {
    labels[at + 1] = label;
    saved = false;
    show(at + 1);
  }

  function save() {
    const text = JSON.stringify({ format: data.format, version: data.version, review: data.review, labels }, null, 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = `labels-${data.review}.json`;
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
