// The keys of labelling and of review. All they do is press what is on the page.
"use strict";

(() => {
  const keys = JSON.parse(document.getElementById("keys").dataset.keys);
  const buttons = { "0": "none", s: "skip", u: "undo", Enter: "accept" };
  // Keys that came while a decision was on its way belong to the next sentence.
  let waiting = [];
  let busy = false;

  const find = (id) => document.getElementById(id);

  function press(key) {
    const card = find("card");
    if (key in keys && card) {
      const box = [...card.elements.namedItem("labels") instanceof RadioNodeList
        ? card.elements.namedItem("labels") : [card.elements.namedItem("labels")]]
        .find((one) => one.value === keys[key]);
      if (box) box.click();
    } else if (key === "f" && find("flag")) {
      find("flag").open = true;
      find("comment").focus();
    } else if (key === "?") {
      rules();
    } else if (key in buttons && find(buttons[key])) {
      find(buttons[key]).click();
    }
  }

  function rules() {
    const book = find("codebook");
    if (book.open) book.close(); else book.showModal();
  }

  const typing = (target) => target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const { key, target } = event;
    if (find("codebook").open) {
      if (key === "?") { event.preventDefault(); rules(); }
      return;
    }
    if (typing(target)) {
      if (key === "Enter" && target.id === "comment") {
        event.preventDefault();
        (find("flag-it") || find("accept")).click();
      } else if (key === "Escape" && target.id === "comment" && find("flag")) {
        find("flag").open = false;
        find("sentence").focus();
      }
      return;
    }
    // A button or link in focus keeps its own Enter.
    if (key === "Enter" && target.closest("button, a, summary")) return;
    if (!(key in keys || key in buttons || key === "f" || key === "?")) return;
    event.preventDefault();
    if (event.repeat) return;
    if (busy) waiting.push(key); else press(key);
  });

  document.addEventListener("click", (event) => {
    const opens = event.target.closest("[data-open]");
    if (opens) rules();
    if (event.target.closest("[data-close]")) find("codebook").close();
  });

  const ours = (event) => event.detail.target && event.detail.target.id === "desk";

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!ours(event)) return;
    if (busy) event.preventDefault(); else busy = true;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!busy) return;
    busy = false;
    find("sentence")?.focus({ preventScroll: true });
    find("desk").scrollIntoView({ block: "nearest" });
    while (waiting.length && !busy) press(waiting.shift());
  });
  // What failed was not written: the sentence stays, and so do no keys.
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => { busy = false; waiting = []; });
  }
})();
