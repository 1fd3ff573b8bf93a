"use strict";
// Times in the reader's time zone, and whether the page is connected. Everything else is htmx.

(() => {
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

  function localize(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      time.title = date.format(at);
      if ("clock" in time.dataset) time.textContent = clock.format(at);
    }
  }

  function show(words, on) {
    const live = document.getElementById("live");
    live.classList.toggle("on", on);
    live.classList.toggle("off", !on);
    if (live.textContent !== words) live.textContent = words;
  }

  localize(document);
  document.addEventListener("htmx:after:swap", () => localize(document));
  document.addEventListener("htmx:sse:after:connection", () => show("live", true));
  document.addEventListener("htmx:sse:error", (event) => {
    if (event.detail.status === 401) location.assign(`/?next=${encodeURIComponent(location.pathname)}`);
    show("reconnecting", false);
  });
})();
