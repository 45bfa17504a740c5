"use strict";
(() => {
  const list = document.getElementById("list");
  if (!list) return;
  const findings = Array.from(list.children);
  const search = document.getElementById("search");
  const selects = ["level", "phase", "kind"].map((name) => document.getElementById(name));
  const shown = document.getElementById("shown");
  const nodes = Array.from(document.querySelectorAll(".node"));
  const chosen = ["", "", ""];

  const fits = (item, words) =>
    selects.every((select) => !select.value || item.dataset[select.id] === select.value) &&
    chosen.every((name, column) => !name || item.dataset["n" + column] === name) &&
    words.every((word) => item.dataset.search.includes(word));

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let number = 0;
    for (const item of findings) {
      const is = fits(item, words);
      item.hidden = !is;
      number += is;
    }
    shown.textContent = `${number} of ${findings.length}`;
    document.getElementById("none").hidden = number > 0;
    for (const node of nodes) node.setAttribute("aria-pressed", String(chosen[node.dataset.column] === node.dataset.name));
  };

  const choose = (column, name) => {
    chosen[column] = chosen[column] === name ? "" : name;
  };
  const clear = () => {
    search.value = "";
    for (const select of selects) select.value = "";
    chosen.fill("");
    apply();
  };

  for (const node of nodes) {
    const pick = () => { choose(node.dataset.column, node.dataset.name); apply(); };
    node.addEventListener("click", pick);
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); pick(); }
    });
  }
  for (const band of document.querySelectorAll(".band")) {
    band.addEventListener("click", () => {
      chosen.fill("");
      chosen[band.dataset.column] = band.dataset.source;
      chosen[Number(band.dataset.column) + 1] = band.dataset.target;
      apply();
    });
  }
  search.addEventListener("input", apply);
  for (const select of selects) select.addEventListener("change", apply);
  document.querySelector(".filter").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("clear").addEventListener("click", clear);
  document.getElementById("open").addEventListener("click", () => {
    const visible = findings.filter((item) => !item.hidden);
    const open = visible.some((item) => !item.open);
    for (const item of visible) item.open = open;
  });

  const step = (by) => {
    const visible = findings.filter((item) => !item.hidden);
    const at = visible.findIndex((item) => item.contains(document.activeElement));
    const next = visible[at < 0 ? (by > 0 ? 0 : visible.length - 1) : at + by];
    if (next) { next.querySelector("summary").focus(); next.scrollIntoView({ block: "nearest" }); }
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === "Escape") { clear(); if (typing) event.target.blur(); return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); }
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
  });
  window.addEventListener("beforeprint", () => { for (const item of findings) if (!item.hidden) item.open = true; });
  if (location.hash.startsWith("#f-")) { const wanted = document.getElementById(location.hash.slice(1)); if (wanted) wanted.open = true; }
})();
