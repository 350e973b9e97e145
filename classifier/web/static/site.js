// What every page shares: one line of news for people, also for screen readers.
"use strict";

function say(text) {
  const place = document.getElementById("said");
  place.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { place.textContent = ""; }, 6000);
}

document.addEventListener("htmx:responseError", (event) => {
  const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const text = page.querySelector("main p");
  say(text ? text.textContent : `The server answered ${event.detail.xhr.status}.`);
});
document.addEventListener("htmx:sendError", () => say("The server does not answer; is esc serve still running?"));
