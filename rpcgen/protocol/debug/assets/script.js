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
      output.textContent = `${result}\n(${(performance.now() - began).toFixed(1)} ms)`;
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
