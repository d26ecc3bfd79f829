"use strict";
const data = JSON.parse(document.getElementById("derivations").textContent);
const dialog = document.getElementById("derivation");

function element(name, text, parent) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

function explain(button) {
  document.getElementById("derivation-title").textContent = button.dataset.path;
  const body = dialog.querySelector("div");
  body.replaceChildren();
  for (const [title, given, steps] of data.rows[button.dataset.derivation]) {
    element("h3", data.texts[title], body);
    if (data.texts[given]) element("p", data.texts[given], body);
    const table = element("table", undefined, body);
    const head = element("tr", undefined, element("thead", undefined, table));
    for (const says of ["figure", "formula", "in numbers", "value", "why"]) {
      element("th", says, head).scope = "col";
    }
    const rows = element("tbody", undefined, table);
    for (const step of steps) {
      const row = element("tr", undefined, rows);
      step.forEach((text, place) => {
        const cell = element(place ? "td" : "th", data.texts[text], row);
        if (place === 0) cell.scope = "row";
        if (place === 3) cell.className = "n";
      });
    }
  }
  dialog.showModal();
}

const level = (row) => Number(row.dataset.level);

// A row is shown if every block around it is open.
function show(table) {
  const open = [];
  for (const row of table.tBodies[0].rows) {
    open.length = Math.min(open.length, level(row));
    row.hidden = open.includes(false);
    const fold = row.querySelector(".fold");
    if (fold) open[level(row)] = fold.getAttribute("aria-expanded") === "true";
  }
}

function foldAll(table, state) {
  unsort(table);
  for (const fold of table.querySelectorAll(".fold")) fold.setAttribute("aria-expanded", state);
  show(table);
}

function remember(table) {
  if (!table.rowsInOrder) table.rowsInOrder = [...table.tBodies[0].rows];
}

function unsort(table) {
  remember(table);
  table.classList.remove("flat");
  table.tBodies[0].append(...table.rowsInOrder);
  for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
}

function key(row, column) {
  const text = row.cells[column].textContent;
  const number = Number(text.replace(/[,%]/g, ""));
  return text && !Number.isNaN(number) ? number : text;
}

// Sorted rows are layers only: a block has no place among them. The third click restores the order.
function sort(table, column) {
  const head = table.tHead.rows[0].cells[column];
  const before = head.getAttribute("aria-sort");
  unsort(table);
  if (before === "ascending") return show(table);
  const order = before === "descending" ? 1 : -1;
  head.setAttribute("aria-sort", order === 1 ? "ascending" : "descending");
  table.classList.add("flat");
  const compare = (one, other) => {
    const [a, b] = [key(one, column), key(other, column)];
    return order * (typeof a === typeof b ? (a > b) - (a < b) : typeof a === "number" ? 1 : -1);
  };
  const layers = table.rowsInOrder.filter((row) => !row.classList.contains("block"));
  table.tBodies[0].append(...layers.sort(compare));
  for (const row of table.rowsInOrder) row.hidden = row.classList.contains("block");
  return undefined;
}

function find(table, words, status) {
  unsort(table);
  if (!words) {
    status.textContent = "";
    return show(table);
  }
  let found = 0;
  for (const row of table.rowsInOrder) {
    const layer = row.querySelector(".layer");
    const text = layer ? `${layer.dataset.path} ${row.textContent}` : "";
    row.hidden = !layer || !text.toLowerCase().includes(words.toLowerCase());
    if (!row.hidden) found += 1;
  }
  table.classList.add("flat");
  status.textContent = found === 1 ? "1 layer" : `${found} layers`;
  return undefined;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const table = button.closest("table");
  if (button.classList.contains("layer")) explain(button);
  else if (button.classList.contains("fold")) {
    button.setAttribute("aria-expanded", button.getAttribute("aria-expanded") !== "true");
    show(table);
  } else if (button.dataset.sort) sort(table, Number(button.dataset.sort));
  else if (button.dataset.open) foldAll(document.getElementById(button.dataset.open), true);
  else if (button.dataset.fold) foldAll(document.getElementById(button.dataset.fold), false);
});

document.addEventListener("input", (event) => {
  const { table } = event.target.dataset;
  if (!table) return;
  const status = event.target.closest(".tools").querySelector("[role=status]");
  find(document.getElementById(table), event.target.value.trim(), status);
});

window.addEventListener("beforeprint", () => {
  for (const table of document.querySelectorAll(".layers")) foldAll(table, true);
});
