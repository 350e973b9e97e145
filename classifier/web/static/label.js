// The keys of labelling and of review. All they do is press what is on the page.
"use strict";

(() => {
  const keys = JSON.parse(document.getElementById("keys").dataset.keys);
  const buttons = { "0": "none", s: "skip", u: "undo", Enter: "accept" };
  // Nobody has read a sentence so soon after it came: what decides about it then was meant for the
  // one before (a key pressed twice, a double click).
  const UNREAD = 250;
  let busy = false; // a decision is on its way
  let painted = false; // the sentence is on the screen
  let ready = false; // and may have been read
  let turn = 0;

  const find = (id) => document.getElementById(id);

  function show() {
    const now = ++turn;
    painted = ready = false;
    // The next frame is drawn after its callbacks.
    requestAnimationFrame(() => setTimeout(() => {
      if (now !== turn) return;
      painted = true;
      setTimeout(() => {
        if (now !== turn) return;
        ready = true;
        find("desk").dataset.ready = "";
      }, UNREAD);
    }));
  }
  show();

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
    if (event.repeat || busy || !painted) return;
    press(key);
  });

  document.addEventListener("click", (event) => {
    const opens = event.target.closest("[data-open]");
    if (opens) rules();
    if (event.target.closest("[data-close]")) find("codebook").close();
  });

  const ours = (event) => event.detail.target && event.detail.target.id === "desk";

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!ours(event)) return;
    const decides = !event.detail.requestConfig.path.endsWith("/undo");
    if (busy || (decides && !ready)) {
      event.preventDefault();
      if (!busy) say("That came before the sentence could be read. If it is meant, press it again.");
    } else {
      busy = true;
    }
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!busy) return;
    busy = false;
    find("sentence")?.focus({ preventScroll: true });
    find("desk").scrollIntoView({ block: "nearest" });
    show();
  });
  // What failed was not written: the sentence stays.
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => { busy = false; });
  }
})();
