// Moves everything on the page to the slider's threshold. All figures were counted at the unit; nothing is computed here.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const slider = document.getElementById("threshold");
  const whole = (value) => Math.round(value).toLocaleString("en-GB");
  const share = (value) => value.toFixed(4);
  const put = (id, text) => { document.getElementById(id).textContent = text; };
  const counts = ["false_links", "missed_links"], shares = ["precision", "recall", "f1"];

  function besides(step, name, write) {
    const parts = [];
    const labels = data.measured[step]?.[name];
    if (labels) { parts.push(`from labels ${write(labels[0])} (${write(labels[1])} to ${write(labels[2])})`); }
    const truth = data.grid[step].truth?.[name];
    if (truth !== undefined && truth !== null) { parts.push(`measured ${write(truth)}`); }
    const children = data.grid[step].truth_children?.[name];
    if (children !== undefined && children !== null) { parts.push(`of the children ${write(children)}`); }
    return parts.map((part) => `; ${part}`).join("");
  }

  function show(step) {
    const here = data.grid[step];
    const bits = here.threshold.toFixed(2).replace("-0.00", "0.00");
    put("bits", bits);
    put("posterior", here.posterior < 0.9995 ? here.posterior.toFixed(3) : `1 - ${(1 - here.posterior).toExponential(1)}`);
    for (const name of ["links", "children", "single"]) { put(name, whole(here[name])); }
    for (const [names, write] of [[counts, whole], [shares, share]]) {
      for (const name of names) {
        const [estimate, low, high] = here.expected[name];
        put(name, write(estimate));
        put(`${name}-note`, `${write(low)} to ${write(high)}${besides(step, name, write)}`);
      }
    }
    for (const name of Object.keys(here.changes)) { put(name, whole(here.changes[name])); }
    for (const [kind, figures] of [["duplicates", here.duplicates], ["linked", here.linked], ["conflict", here.conflicts]]) {
      for (const cell of document.querySelectorAll(`[data-${kind}]`)) {
        cell.textContent = whole(figures[cell.dataset[kind]] ?? 0);
      }
    }
    put("command", `childindex tune INDEX --set-threshold ${here.threshold.toFixed(3)} --who "..." --reason "..." --model model.json`);
    slider.setAttribute("aria-valuetext", `${bits} bits`);
    window.childindexCharts.set("threshold", here.threshold);
    window.childindexCharts.set("step", step);
  }

  function go(step) { slider.value = String(step); show(step); }
  slider.addEventListener("input", () => show(Number(slider.value)));
  document.getElementById("today").addEventListener("click", () => go(data.today));
  document.getElementById("chosen").addEventListener("click", () => go(data.chosen));
  document.getElementById("pattern").addEventListener("change", (event) => {
    window.childindexCharts.set("pattern", Number(event.target.value));
  });
  go(data.today);
})();
