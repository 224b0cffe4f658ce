"""The style and the script of the debug page.

Both are constants, so that the page's Content-Security-Policy names their
hashes and a browser runs nothing else. What a server says of itself stands in
the text and the attributes of the page, never in here.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final

__all__ = ["CONTENT_SECURITY_POLICY", "SCRIPT", "STYLE"]

STYLE: Final = """
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --line: #e4e7ec; --text: #1b2430; --quiet: #667085;
  --accent: #0b7fab; --busy: #0b7fab; --bad: #c4320a; --good: #12805c; --flash: #d9f1fb;
  --shade: 0 1px 2px rgb(16 24 40 / 6%), 0 1px 8px rgb(16 24 40 / 4%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10141a; --card: #181e26; --line: #29313c; --text: #e6eaf0; --quiet: #93a0b1;
    --accent: #5cc8ee; --busy: #5cc8ee; --bad: #ff9270; --good: #56d3a5; --flash: #1d4253;
    --shade: none;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0 auto; max-width: 76rem; padding: 2rem 1.5rem 4rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
h1 { margin: 0; font-size: 1.5rem; letter-spacing: -.01em; }
h2 { margin: 0; font-size: 1.15rem; }
code, textarea, output {
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: .85rem;
}
header { display: flex; align-items: baseline; justify-content: space-between; gap: 1rem; }
#status { color: var(--quiet); font-size: .85rem; text-align: right; }
#status::before {
  content: ""; display: inline-block; width: .55rem; height: .55rem; margin-right: .5rem;
  border-radius: 50%; background: currentColor;
}
#status.live::before { background: var(--good); }
#status.lost { color: var(--bad); }
.hint { color: var(--quiet); font-size: .85rem; }
.totals {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .75rem;
  margin: 1.25rem 0 1.5rem;
}
.totals > div, .service {
  background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
  box-shadow: var(--shade);
}
.totals > div { padding: .75rem 1rem; }
.totals dt { color: var(--quiet); font-size: .8rem; }
.totals dd { margin: 0; font-size: 1.5rem; font-weight: 600; line-height: 1.3; }
.service { margin: 0 0 1.25rem; overflow: hidden; }
.service > div { padding: 1rem 1.25rem; }
.doc {
  margin: .2rem 0 0; max-width: 44rem; color: var(--quiet);
  font-size: .875rem; font-weight: 400;
}
.doc.lines { white-space: pre-wrap; }
.doc + .doc { margin-top: .4rem; }
table { width: 100%; table-layout: fixed; border-collapse: collapse; }
th, td { padding: .7rem .5rem; border-top: 1px solid var(--line); vertical-align: top; }
thead th {
  padding-block: .4rem; color: var(--quiet); font-size: .75rem; font-weight: 500;
  text-align: right; white-space: nowrap;
}
thead th:not(:first-child) { width: 5.4rem; }
thead th:last-child { width: 6.2rem; }
thead th:first-child, tbody th { padding-left: 1.25rem; text-align: left; }
tbody th { font-weight: 400; }
thead th:last-child, tbody td:last-child { padding-right: 1.25rem; }
.signature { overflow-wrap: anywhere; }
.signature b { color: var(--accent); }
td { font-size: .92rem; text-align: right; white-space: nowrap; }
.number { font-variant-numeric: tabular-nums; }
.quiet { color: var(--quiet); }
td.busy, dd.busy { color: var(--busy); font-weight: 600; }
td.bad, dd.bad { color: var(--bad); font-weight: 600; }
.changed { animation: changed 1s ease-out; }
@keyframes changed { from { background: var(--flash); } }
@media (prefers-reduced-motion: reduce) { .changed { animation: none; } }
tr.try > td { padding: 0 1.25rem .8rem; border-top: 0; text-align: left; white-space: normal; }
summary { width: max-content; color: var(--accent); font-size: .85rem; cursor: pointer; }
form { display: grid; justify-items: start; gap: .6rem; margin-top: .6rem; }
textarea {
  width: 100%; padding: .6rem .75rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--page); color: inherit; resize: vertical;
}
button {
  padding: .4rem 1.1rem; border: 0; border-radius: .5rem;
  background: var(--accent); color: var(--card); font: inherit; font-size: .9rem; cursor: pointer;
}
button:disabled { opacity: .5; cursor: progress; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
output { width: 100%; white-space: pre-wrap; overflow-wrap: anywhere; }
output:not(:empty) { padding: .5rem .75rem; border-left: 3px solid var(--line); }
output.bad { color: var(--bad); }
@media (max-width: 60rem) {
  body { padding: 1.25rem .9rem 3rem; }
  .totals { grid-template-columns: repeat(6, 1fr); gap: .5rem; }
  .totals > div { grid-column: span 2; padding: .5rem .7rem; }
  .totals > div:nth-child(n+4) { grid-column: span 3; }
  .totals dt { font-size: .72rem; }
  .totals dd { font-size: 1.2rem; }
  .service > div { padding: .9rem 1rem; }
  table, tbody { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr {
    display: grid; grid-template-columns: repeat(4, 1fr); gap: .5rem .25rem;
    padding: .8rem 1rem; border-top: 1px solid var(--line);
  }
  th, td, tbody th { padding: 0; border: 0; }
  tbody th, tr.try > td { grid-column: 1 / -1; padding: 0; }
  td.number, tbody td.number:last-child { padding: 0; text-align: left; font-size: .9rem; }
  td.number:nth-of-type(4) { grid-column: 1; }
  td.number::before {
    content: attr(data-label); display: block; color: var(--quiet);
    font-size: .7rem; font-weight: 400; line-height: 1.3;
  }
  tr.try { padding-top: 0; border-top: 0; }
}
"""

SCRIPT: Final = """
"use strict";
(() => {
  const PERIOD = 2000;  // milliseconds
  const status = document.getElementById("status");
  let timer = 0, busy = false, seen = "";

  function show(state, text) {
    status.className = state;
    status.textContent = text;
  }

  function numbers(page) {
    const all = page.querySelectorAll("[data-live]");
    return new Map(Array.from(all, (element) => [element.dataset.live, element]));
  }

  function enableCalls() {
    for (const row of document.querySelectorAll(".try")) row.hidden = false;
  }

  // Numbers change where they stand; only other services or methods make another page.
  function update(page) {
    const old = numbers(document), fresh = numbers(page);
    if (old.size !== fresh.size || ![...fresh.keys()].every((key) => old.has(key))) {
      document.querySelector("main").replaceWith(page.querySelector("main"));
      enableCalls();
      return;
    }
    for (const [key, element] of fresh) {
      const shown = old.get(key);
      if (shown.textContent === element.textContent) continue;
      shown.textContent = element.textContent;
      shown.className = element.className;
      void shown.offsetWidth;  // lets the animation start anew
      shown.classList.add("changed");
    }
  }

  async function refresh() {
    clearTimeout(timer);
    if (document.hidden) {
      show("", "paused");
      return;
    }
    if (busy) return;
    busy = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
      update(new DOMParser().parseFromString(await answer.text(), "text/html"));
      seen = new Date().toLocaleTimeString();
      show("live", "live");
    } catch (error) {
      show("lost", `no answer${seen && ` since ${seen}`}`);
    } finally {
      busy = false;
      clearTimeout(timer);
      timer = setTimeout(refresh, PERIOD);
    }
  }

  async function call(form) {
    const text = form.querySelector("textarea").value.trim();
    JSON.parse(text);  // for its message; the text is sent as it is, however many digits it has
    const method = JSON.stringify(form.dataset.method);
    const answer = await fetch(form.dataset.path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: `{"method":${method},"params":[${text}],"id":1}`,
    });
    const reply = await answer.text();
    if (!answer.ok) throw new Error(reply || `${answer.status} ${answer.statusText}`);
    const parsed = JSON.parse(reply);
    if (parsed.error !== null) throw new Error(parsed.error);
    const exact = JSON.stringify(parsed) === reply.trim();
    return exact ? JSON.stringify(parsed.result, null, 2) : reply;
  }

  document.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button"), output = form.querySelector("output");
    button.disabled = true;
    const began = performance.now();
    try {
      const result = await call(form);
      output.className = "";
      output.textContent = `${result}\\n(${(performance.now() - began).toFixed(1)} ms)`;
    } catch (error) {
      output.className = "bad";
      output.textContent = error.message;
    } finally {
      button.disabled = false;
      refresh();
    }
  });

  document.addEventListener("visibilitychange", refresh);
  enableCalls();
  status.hidden = false;
  show("live", "live");
  timer = setTimeout(refresh, PERIOD);
})();
"""


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        f"style-src {_hash(STYLE)}",
        f"script-src {_hash(SCRIPT)}",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
