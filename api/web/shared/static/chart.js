"use strict";
// The load and its limit: first the last hours, then new points when the server sends that the load has changed.

(() => {
  const HOURS = 4, STEP_S = 60;
  const box = document.getElementById("chart");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let plot = null, known = new Map();

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const kw = (value) => (value == null ? "–" : `${value.toFixed(1)} kW`);

  async function points(from) {
    const query = new URLSearchParams({ step: STEP_S });
    if (from) query.set("from", new Date(from * 1000).toISOString());
    else query.set("from", new Date(Date.parse(box.dataset.now) - HOURS * 3600e3).toISOString());
    const answer = await fetch(`${box.dataset.points}?${query}`, { headers: { "HX-Request": "true" } });
    return answer.ok ? (await answer.json()).points : [];
  }

  function data() {
    const first = Math.max(...known.keys()) - HOURS * 3600;
    const shown = [...known.values()].filter((one) => one.at >= first).sort((a, b) => a.at - b.at);
    known = new Map(shown.map((one) => [one.at, one]));
    return [shown.map((one) => one.at), shown.map((one) => one.load_kw), shown.map((one) => one.limit_kw)];
  }

  async function more() {
    // The mean of the last step is not final: the step is requested again.
    const last = known.size ? Math.max(...known.keys()) : null;
    for (const one of await points(last)) known.set(Date.parse(one.time) / 1000, { at: Date.parse(one.time) / 1000, ...one });
    if (!known.size) return;
    if (plot) plot.setData(data());
    else draw();
  }

  function axis(size, values) {
    const line = { stroke: colour("line"), width: 1 };
    return { stroke: colour("soft"), font: "12px system-ui, sans-serif", grid: line, ticks: { show: false }, size, values };
  }

  function draw() {
    plot?.destroy();
    plot = new uPlot({
      width: box.clientWidth,
      height: box.clientHeight - 30,
      cursor: { y: false, points: { size: 7 } },
      scales: { y: { range: (_, low, high) => [0, Math.max(1, high * 1.12)] } },
      axes: [axis(28, (_, ticks) => ticks.map((at) => clock.format(at * 1000))), axis(34, (_, ticks) => ticks)],
      series: [
        { label: "Time", value: (_, at) => (at == null ? "–" : clock.format(at * 1000)) },
        { label: "Load", stroke: colour("load"), width: 2, fill: colour("load") + "22", value: (_, value) => kw(value), paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } },
        { label: "Limit", stroke: colour("limit"), width: 2, dash: [6, 4], value: (_, value) => kw(value), paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } },
      ],
    }, data(), box);
  }

  // One request at a time; a change meanwhile is requested afterwards.
  let requesting = false, again = false;
  async function update() {
    again = requesting;
    if (requesting) return;
    requesting = true;
    try { await more(); } finally { requesting = false; }
    if (again) update();
  }

  new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height: box.clientHeight - 30 })).observe(box);
  dark.addEventListener("change", () => plot && draw());
  document.getElementById("live").addEventListener("load-changed", update);
  update();
})();
