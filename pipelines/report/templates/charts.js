// Draws every chart of the page. Colours are the page's own custom properties, so that light, dark and print need no
// second drawing; expressions are interpreted, never compiled, so that the page's policy can forbid eval.
"use strict";
(() => {
  const specifications = JSON.parse(document.getElementById("chart-data").textContent);
  const text = "var(--ink)", soft = "var(--soft)", line = "var(--grid)";
  const config = {
    background: "transparent", font: "system-ui, sans-serif",
    view: { stroke: "transparent" },
    axis: { labelColor: soft, titleColor: soft, gridColor: line, domainColor: line, tickColor: line,
      labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelOverlap: true, labelLimit: 130 },
    legend: { labelColor: text, titleColor: soft, orient: "top", labelFontSize: 12, titleFontSize: 12,
      titleFontWeight: "normal", labelLimit: 260, columns: 3 },
    title: { color: text }, header: { labelColor: text, titleColor: soft }, text: { color: text },
    range: { category: ["var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)", "var(--c5)", "var(--c6)"] },
    mark: { color: "var(--c1)" }, rule: { color: "var(--ink)" }, line: { strokeWidth: 2 },
    area: { color: "var(--band)", opacity: 0.22 }, point: { filled: true, size: 40, color: "var(--c1)" },
  };
  const views = {};
  const options = { actions: false, renderer: "svg", ast: true, config, tooltip: { theme: "custom" } };

  // Sets a parameter of every chart that has it, also of those that are drawn later.
  const wanted = {};
  function set(parameter, value) {
    wanted[parameter] = value;
    Object.keys(views).forEach((name) => apply(views[name], parameter));
  }
  function apply(view, parameter) {
    const known = view.getState({ signals: (name) => name === parameter, data: () => false }).signals;
    if (Object.hasOwn(known, parameter)) {
      view.signal(parameter, wanted[parameter]).runAsync();
    }
  }

  async function draw(place) {
    const name = place.dataset.chart;
    const result = await window.vegaEmbed(place, specifications[name], options);
    views[name] = result.view;
    Object.keys(wanted).forEach((parameter) => apply(result.view, parameter));
    if (performance.getEntriesByName("first-chart").length === 0) {
      performance.mark("first-chart");
    }
  }

  async function drawAll() {
    // One at a time, from the top: the first is on the screen while the others are still being made.
    for (const place of document.querySelectorAll("[data-chart]")) {
      await draw(place);
      await new Promise((resolve) => setTimeout(resolve));
    }
    document.documentElement.dataset.drawn = "all";
  }

  window.childindexCharts = { views, set, ready: drawAll() };
})();
