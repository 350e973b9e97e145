// Thresholds and filters of the article page, without asking the server. The page is whole without.
"use strict";

const text = document.getElementById("text");
const detail = document.getElementById("detail");
const sentences = [...text.querySelectorAll("a.s")].map((link) => ({
  link,
  p: link.dataset.p.trim().split(/\s+/).map(Number),
  decided: new Set(),
}));
const lanes = [...document.querySelectorAll(".lane")].map((row) => ({
  row,
  at: Number(row.dataset.label),
  name: row.dataset.name,
  title: row.dataset.title,
  sign: row.dataset.sign,
  shown: row.querySelector(".shown"),
  slider: row.querySelector(".threshold"),
  output: row.querySelector("output"),
  count: row.querySelector(".count"),
  line: row.querySelector("line"),
  strip: row.querySelector("svg"),
  bars: [...row.querySelectorAll("rect")],
}));
// The thresholds that the server decided by, and those of the model: an address may ask for others.
const first = lanes.map((lane) => (lane.slider ? Number(lane.slider.dataset.exact) : NaN));
const standard = lanes.map((lane) => (lane.slider ? Number(lane.slider.dataset.model) : NaN));
let limits = [...first];

const atLeastOne = "atLeastOne" in document.querySelector(".lanes").dataset;

const moved = (lane) => lane.slider && limits[lane.at] !== first[lane.at];

// A threshold that did not move decides as the server did; labels that exclude each other have none.
for (const lane of lanes) {
  for (const bar of lane.bars) {
    if (bar.classList.contains("yes")) sentences[Number(bar.dataset.at)].decided.add(lane.at);
  }
}

// Where every sentence has a label, one that moves may change which of the others comes nearest.
function labelsOf(sentence) {
  const asked = atLeastOne && lanes.some(moved);
  const found = lanes
    .filter((lane) => (asked || moved(lane) ? sentence.p[lane.at] >= limits[lane.at] : sentence.decided.has(lane.at)))
    .map((lane) => lane.at);
  if (found.length || !asked) return found;
  const near = lanes.map((lane) => sentence.p[lane.at] / limits[lane.at]);
  return [near.indexOf(Math.max(...near))];
}

function update() {
  const counts = lanes.map(() => 0);
  let signals = 0;
  const all = sentences.map((sentence) => labelsOf(sentence));
  all.forEach((found, number) => {
    found.forEach((at) => { counts[at] += 1; });
    const seen = found.filter((at) => lanes[at].shown.checked);
    if (found.length) signals += 1;
    paint(sentences[number], seen);
  });
  for (const lane of lanes) {
    lane.row.classList.toggle("off", !lane.shown.checked);
    lane.count.textContent = counts[lane.at];
    lane.strip.setAttribute("aria-label", `${lane.title}: ${counts[lane.at]} of ${sentences.length} sentences`);
    for (const bar of lane.bars) {
      bar.classList.toggle("yes", all[Number(bar.dataset.at)].includes(lane.at));
    }
    if (lane.slider) {
      lane.output.textContent = limits[lane.at].toFixed(2);
      const y = 100 - limits[lane.at] * 100;
      lane.line.setAttribute("y1", y);
      lane.line.setAttribute("y2", y);
    }
  }
  document.getElementById("signals").textContent = signals;
  carry();
}

function paint(sentence, seen) {
  const best = seen.reduce((a, b) => (a === null || sentence.p[b] > sentence.p[a] ? b : a), null);
  sentence.link.className = best === null ? "s" : `s yes c${best}`;
  let sign = sentence.link.querySelector(".sign");
  if (best === null) {
    if (sign) sign.remove();
    return;
  }
  if (!sign) {
    sign = document.createElement("abbr");
    sign.className = "sign";
    sentence.link.prepend(sign);
  }
  sign.textContent = seen.map((at) => lanes[at].sign).join("");
  sign.title = seen.map((at) => lanes[at].title).join(", ");
}

// Thresholds other than the model's go into the address, the downloads and the details.
function query() {
  return lanes
    .filter((lane) => lane.slider && limits[lane.at] !== standard[lane.at])
    .map((lane) => `${lane.name}:${limits[lane.at]}`);
}
function carry() {
  const asked = new URLSearchParams(query().map((one) => ["t", one])).toString();
  const end = asked ? `?${asked}` : "";
  history.replaceState(null, "", location.pathname + end + location.hash);
  for (const link of document.querySelectorAll("a.download")) link.href = link.pathname + end;
}
carry();
document.addEventListener("htmx:configRequest", (event) => {
  const asked = query();
  if (event.detail.verb === "get" && asked.length) event.detail.parameters.t = asked;
});

for (const lane of lanes) {
  lane.shown.addEventListener("change", update);
  if (lane.slider) {
    lane.slider.addEventListener("input", () => { limits[lane.at] = Number(lane.slider.value); update(); });
  }
  lane.strip.addEventListener("click", (event) => {
    const box = lane.strip.getBoundingClientRect();
    const number = Math.floor(((event.clientX - box.left) / box.width) * sentences.length);
    go(sentences[Math.min(Math.max(number, 0), sentences.length - 1)]);
  });
}
document.getElementById("reset").addEventListener("click", () => {
  limits = [...standard];
  for (const lane of lanes) if (lane.slider) lane.slider.value = lane.slider.dataset.model;
  update();
});
document.getElementById("only").addEventListener("change", (event) => {
  text.classList.toggle("marked-only", event.target.checked);
});
for (const one of document.querySelectorAll(".script-only")) {
  one.hidden = one.id === "reset" && !lanes.some((lane) => lane.slider);
}

// Reading by keyboard.
function go(sentence) {
  if (!sentence) return;
  sentence.link.focus({ preventScroll: true });
  sentence.link.scrollIntoView({ block: "center" });
}
function step(forward) {
  const focused = sentences.findIndex((one) => one.link === document.activeElement);
  const here = focused >= 0 ? focused : sentences.findIndex((one) => one.link.hasAttribute("aria-current"));
  const order = forward ? sentences.slice(here + 1) : sentences.slice(0, here === -1 ? undefined : here).reverse();
  go(order.find((one) => one.link.classList.contains("yes")));
}
function close() {
  const current = text.querySelector("[aria-current]");
  detail.replaceChildren();
  if (current) {
    current.removeAttribute("aria-current");
    current.focus();
  }
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input:not([type=range]),textarea,select")) return;
  if (event.key === "n" || event.key === "p") { event.preventDefault(); step(event.key === "n"); }
  if (event.key === "Escape") close();
});
detail.addEventListener("click", (event) => { if (event.target.closest(".close")) close(); });

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== detail) return;
  const shown = detail.querySelector("[data-number]");
  for (const one of text.querySelectorAll("[aria-current]")) one.removeAttribute("aria-current");
  if (!shown) return;
  const link = document.getElementById(`s${shown.dataset.number}`);
  link.setAttribute("aria-current", "true");
  const box = link.getBoundingClientRect();
  if (box.top < 0 || box.bottom > innerHeight * 0.4) link.scrollIntoView({ block: matchMedia("(max-width:60rem)").matches ? "start" : "nearest" });
  document.querySelector("aside").scrollTop = 0;
  document.getElementById("sentence").focus({ preventScroll: true });
});
