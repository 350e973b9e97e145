// A file dropped anywhere on the first page is sent as if it had been chosen.
"use strict";

const form = document.getElementById("give");
const file = document.getElementById("file");

function dropping(event) {
  if (!event.dataTransfer || ![...event.dataTransfer.types].includes("Files")) return;
  event.preventDefault();
  document.body.classList.toggle("dropping", event.type === "dragover");
}
document.addEventListener("dragover", dropping);
document.addEventListener("dragleave", dropping);
document.addEventListener("drop", (event) => {
  dropping(event);
  if (!event.dataTransfer || !event.dataTransfer.files.length) return;
  file.files = event.dataTransfer.files;
  form.requestSubmit();
});
form.addEventListener("submit", () => {
  const button = form.querySelector("button.main");
  // Not before the form is on its way.
  setTimeout(() => { button.disabled = true; button.textContent = "Reading …"; }, 0);
});
window.addEventListener("pageshow", () => {
  const button = form.querySelector("button.main");
  button.disabled = false;
  button.textContent = "Show its signals";
});
