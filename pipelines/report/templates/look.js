// How a question is shown: the source's own record, and where the other one differs. Only the answers are saved.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const by = (id) => document.getElementById(id);
  const plain = (names) => names.map((name) => name.replaceAll("_", " "));

  function made(kind, text) {
    const element = document.createElement(kind);
    element.textContent = text;
    return element;
  }

  function row(field, values, question) {
    const line = document.createElement("tr");
    const name = made("th", field === "feed_record_id" ? "your record number" : field.replaceAll("_", " "));
    name.scope = "row";
    let told = "";
    if (question.missing.includes(field)) { told = "missing in one of the two"; }
    if (question.not_equal.includes(field)) { told = "not equal"; }
    const last = made("td", told);
    last.className = question.not_equal.includes(field) ? "differs" : "soft";
    line.append(name, ...values.map((value) => made("td", value)), last);
    return line;
  }

  function draw(question) {
    const both = question.other_source === null;
    by("asked").textContent = both
      ? "Are these two records one child?"
      : `Could the record at ${question.other_source} be this child's (moved, renamed, mistyped)?`;
    const heads = both ? ["field", "one record", "the other", "the two"] : ["field", "your record", `the record at ${question.other_source}`];
    by("heads").replaceChildren(...heads.map((text) => { const head = made("th", text); head.scope = "col"; return head; }));
    const fields = Object.keys(question.records[0]).filter((field) => question.records.some((record) => record[field]));
    by("rows").replaceChildren(...fields.map((field) => row(field, question.records.map((record) => record[field]), question)));
    const others = (names) => plain(names.filter((name) => !fields.includes(name)));
    const lines = [["Not equal besides: ", others(question.not_equal)], ["Missing in one of the two: ", others(question.missing)]];
    by("besides").replaceChildren(...lines.filter(([, names]) => names.length).map(([head, names]) => made("li", head + names.join(", "))));
  }

  window.childindexClerk = {
    items: data.questions,
    noun: "Question",
    done: "answered",
    file: `answers-${data.source}.json`,
    document: (answers) => ({ format: data.format, version: data.version, look: data.look, source: data.source, answers }),
    draw,
  };
})();
