"use strict";
(() => {
  const table = document.getElementById("claims-table");
  const form = document.querySelector(".filters");
  if (!table || !form) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];

  const filter = () => {
    const verdicts = new Set([...form.querySelectorAll("[name=verdict]:checked")].map((box) => box.value));
    const paper = form.elements.paper.value;
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !verdicts.has(row.dataset.verdict) || (paper && row.dataset.paper !== paper) ||
        !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    form.elements.shown.value = `${shown} of ${rows.length} shown`;
  };

  const keyOf = (row, column) => {
    const cell = row.cells[column];
    const exact = cell.querySelector("data");
    if (exact) return Number(exact.value);
    const text = cell.firstChild?.textContent.trim() ?? "";
    const number = Number(text.replace("−", "-"));
    return text === "–" ? null : text !== "" && !Number.isNaN(number) ? number : text;
  };

  const compare = (a, b) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  };

  const sort = (heading, column) => {
    const sign = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    const keyed = rows.map((row) => [keyOf(row, column), row]);
    keyed.sort(([a], [b]) => (a === null || b === null ? compare(a, b) : sign * compare(a, b)));
    body.append(...keyed.map(([, row]) => row));
  };

  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.addEventListener("click", () => sort(heading, column));
    heading.replaceChildren(button);
  });
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
