"use strict";
// Filters and shortcuts. The page is complete without this script, and nothing is built from text.

const one = (selector) => document.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const pressed = (button) => button.getAttribute("aria-pressed") === "true";

const files = all(".file").map((element) => ({
  element,
  id: element.dataset.file,
  name: element.querySelector("h2").textContent.toLowerCase(),
  count: element.querySelector(".count"),
  findings: all("article", element).map((article) => ({ article, text: null })),
}));
const severities = all(".severities [data-severity]");
const settled = one("#settled");
const search = one("#search");
const inFile = one("#file");
const ofCheck = one("#check");

function textOf(file, finding) {
  finding.text ??= `${file.name} ${finding.article.textContent.toLowerCase()}`;
  return finding.text;
}

function filter() {
  const shown = new Set(severities.filter(pressed).map((button) => button.dataset.severity));
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const everything = settled !== null && pressed(settled);
  let total = 0;
  for (const file of files) {
    let visible = 0;
    const here = !inFile.value || inFile.value === file.id;
    for (const finding of file.findings) {
      const data = finding.article.dataset;
      const match =
        here &&
        shown.has(data.severity) &&
        (everything || !("settled" in data)) &&
        (!ofCheck.value || ofCheck.value === data.check) &&
        words.every((word) => textOf(file, finding).includes(word));
      if (finding.article.hidden === match) finding.article.hidden = !match;
      visible += match;
    }
    file.element.hidden = visible === 0;
    file.count.textContent = visible;
    total += visible;
  }
  one("#shown").textContent = `${total.toLocaleString("en")} shown`;
  one("#none").hidden = total > 0;
}

function toggle(button) {
  if (!button || button.disabled) return;
  button.setAttribute("aria-pressed", String(!pressed(button)));
  filter();
}

function reset() {
  for (const button of severities) button.setAttribute("aria-pressed", "true");
  settled?.setAttribute("aria-pressed", "false");
  search.value = inFile.value = ofCheck.value = "";
  filter();
}

function move(step) {
  const visible = files
    .filter((file) => !file.element.hidden)
    .flatMap((file) => file.findings)
    .filter((finding) => !finding.article.hidden)
    .map((finding) => finding.article);
  const current = visible.indexOf(document.activeElement.closest("article"));
  const next = visible[current < 0 ? (step > 0 ? 0 : visible.length - 1) : current + step];
  if (!next) return;
  next.closest("details").open = true;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function theme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  one("#theme").textContent = dark ? "Light" : "Dark";
  try {
    localStorage.setItem("kubeguard-theme", dark ? "dark" : "light");
  } catch {
    // A page opened from a file may have no storage; the choice then lasts as long as the page.
  }
}

function remembered() {
  try {
    return localStorage.getItem("kubeguard-theme");
  } catch {
    return null;
  }
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  "/": () => search.focus(),
  s: () => toggle(settled),
  x: reset,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || one("#help").open) return;
  if (event.target.matches("input, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const act = { t: () => theme(!isDark()), "?": () => one("#help").showModal() }[event.key];
  const find = files.length ? (keys[event.key] ?? (() => toggle(severities["12345".indexOf(event.key)]))) : null;
  if (act) act();
  else if (find) find();
  if (act || (files.length && event.key in keys)) event.preventDefault();
});

one("#theme").addEventListener("click", () => theme(!isDark()));
one("#keys").addEventListener("click", () => one("#help").showModal());
one("#close").addEventListener("click", () => one("#help").close());
addEventListener("beforeprint", () => {
  for (const details of all("details:not([open])")) details.open = true;
});

one("#theme").hidden = one("#keys").hidden = false;
if (remembered()) theme(remembered() === "dark");
else one("#theme").textContent = isDark() ? "Light" : "Dark";
if (files.length) {
  one(".filters").hidden = false;
  for (const button of [...severities, settled]) button?.addEventListener("click", () => toggle(button));
  search.addEventListener("input", filter);
  inFile.addEventListener("change", filter);
  ofCheck.addEventListener("change", filter);
  filter();
}
