"use strict";
// Headings sort their tables: numbers by value, words by alphabet, absent values last.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sign = down ? -1 : 1;
      const compare = (a, b) => {
        const [x, y] = [a.cells[column], b.cells[column]];
        const [p, q] = [x.dataset.sort, y.dataset.sort];
        if (p !== undefined && q !== undefined) return sign * (p - q);
        if (p !== undefined || q !== undefined) return p === undefined ? 1 : -1;
        return sign * x.textContent.localeCompare(y.textContent, "en", { numeric: true });
      };
      const body = table.tBodies[0];
      body.append(...[...body.rows].sort(compare));
    });
  });
}
// On paper nothing is folded away.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => (part.open = true)));
