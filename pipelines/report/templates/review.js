// How a pair is shown: agreement by comparison, and no value of a record.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const by = (id) => document.getElementById(id);

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

  function draw(pair) {
    by("feeds").textContent = pair.feeds.includes(" - ") ? `Feeds: ${pair.feeds}` : `Both of ${pair.feeds}`;
    by("rows").replaceChildren(...pair.rows.map(([name, level, top, words, bits]) => {
      const row = document.createElement("tr");
      row.append(cell(name.replaceAll("_", " "), "th"), bar(level, top), cell(words), cell(level ? bits.toFixed(1) : "", "number"));
      return row;
    }));
    by("bits").textContent = pair.bits.toFixed(1);
  }

  window.childindexClerk = {
    items: data.pairs.map((pair, place) => ({ ...pair, number: place + 1 })),
    noun: "Pair",
    done: "labelled",
    file: `labels-${data.review}.json`,
    document: (labels) => ({ format: data.format, version: data.version, review: data.review, labels }),
    draw,
  };
})();
