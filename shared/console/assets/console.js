// Makes pages quicker to read. Every page works without it.
"use strict";

// Times in the reader's zone. The exact UTC is shown when the pointer rests on one.
const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

function localTimes(within) {
  for (const time of within.querySelectorAll("time[datetime]")) {
    const instant = new Date(time.dateTime);
    if (!Number.isNaN(instant.getTime())) {
      time.title = time.dateTime;
      time.textContent = format.format(instant);
    }
  }
}

// A portal link: its token is behind `#`, where no server sees it, and leaves the address at once. Where
// a session runs, its reader clicks.
function openLink() {
  const form = document.getElementById("sign-in");
  const linked = new URLSearchParams(location.hash.slice(1)).get("token");
  // A page of a listed origin has sent the token in a form of its own.
  const token = linked ?? (form?.dataset.entered && form.elements.credential.value);
  if (!form || !token) return;
  if (linked) {
    history.replaceState(null, "", location.pathname + location.search);
    form.elements.credential.value = linked;
  }
  // A key waits for a click: a link of somebody else's could sign its reader in with one of theirs.
  if (form.dataset.links === "open" && token.startsWith("gpl_")) form.requestSubmit();
}

// Copies what stands in an element. Without it, the text can be selected.
function copyButton(button) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
    }
  });
}

// How long it is until the time before this element.
function timeLeft(element) {
  const end = new Date(element.previousElementSibling?.dateTime ?? "");
  const minutes = Math.round((end - Date.now()) / 60000);
  if (Number.isNaN(minutes)) return;
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const parts = days > 0 ? [days, "d", hours % 24, "h"] : [hours, "h", minutes % 60, "min"];
  element.textContent = minutes > 0 ? ` (${parts.join(" ")} left)` : " (over)";
}

// What is said after a form is said once: not again when the page is loaded again.
function forgetDone() {
  const address = new URL(location.href);
  if (!address.searchParams.has("done")) return;
  address.searchParams.delete("done");
  history.replaceState(null, "", address);
}

// The part of the page that changes, while somebody looks at it. An answer that is as before costs the
// server a request and the reader nothing.
const LONGEST_SECONDS = 60;

// How long the page of something that has just been done waits for more.
const AFTER_DONE_MS = 60000;

function keepFresh() {
  const part = document.getElementById("live");
  const every = Number(part?.dataset.live);
  if (!part || !every) return;
  let tag = null;
  let seconds = every;
  const until = Date.now() + AFTER_DONE_MS;

  // Whether there is something new.
  async function look() {
    // The server leaves out what is dear and stands elsewhere in the page.
    const headers = { "X-Part": "live", ...(tag && { "If-None-Match": tag }) };
    const answer = await fetch(location.href, { headers, credentials: "same-origin", redirect: "manual" });
    if (answer.status === 304) return false;
    if (answer.type === "opaqueredirect" || answer.status === 404) {
      delete part.dataset.live;
      return false;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Somebody signed in as another user: nothing of that session is put into this page, which others may embed.
    if (page.body.dataset.session !== document.body.dataset.session) {
      location.reload();
      return false;
    }
    const fresh = page.getElementById("live");
    if (!fresh) throw new Error("no part");
    const notice = part.querySelector(".notice");
    if (notice && !fresh.querySelector(".notice")) fresh.prepend(notice.cloneNode(true));
    localTimes(fresh);
    const first = tag === null;
    const same = fresh.innerHTML === part.innerHTML;
    // Nothing moves under the reader's hands: it is looked at again, by the old tag.
    if (!same && part.contains(document.activeElement)) return false;
    tag = answer.headers.get("ETag");
    if (!same) part.replaceChildren(...fresh.childNodes);
    const isDone = notice && Date.now() < until;
    if (fresh.dataset.live) part.dataset.live = fresh.dataset.live;
    else if (!isDone) delete part.dataset.live;
    return !same || first;
  }

  async function turn() {
    if (document.visibilityState === "visible") {
      let news = false;
      try {
        news = await look();
      } catch {
        // The service is busy or the network is away: later.
        seconds = LONGEST_SECONDS;
      }
      seconds = news ? every : Math.min(seconds * 1.3, LONGEST_SECONDS);
      if (!part.dataset.live) return;
    }
    setTimeout(turn, seconds * 1000);
  }
  setTimeout(turn, seconds * 1000);
}

// Keys, while nothing is being typed. None of them sends a form: a key that was hit by mistake must not.
function listenToKeys() {
  const row = () => document.activeElement.closest(".rows tbody tr");
  const moves = {
    j: () => (row() ? row().nextElementSibling : document.querySelector(".rows tbody tr"))?.querySelector("a"),
    k: () => row()?.previousElementSibling?.querySelector("a"),
    r: () => document.querySelector("form[action*='/retry'] button"),
    "/": () => document.querySelector(".filters select, .filters input:not([type=hidden])"),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (event.key === "Escape") document.activeElement.blur();
    const target = Object.hasOwn(moves, event.key) ? moves[event.key]() : null;
    if (!target) return;
    event.preventDefault();
    target.focus();
  });
}

// Parts of a form that are drawn again by the server while somebody types: the form is sent as its button
// would send it, and the part is taken out of the answer.
const REST_MS = 400;

function redraw(area) {
  const name = area.dataset.redraw;
  let timer = 0;
  let last = 0;

  async function draw() {
    const turn = (last += 1);
    const form = area.closest("form");
    const fields = new URLSearchParams(new FormData(form));
    fields.set("do", name);
    fields.set("part", "1");
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: fields, credentials: "same-origin", redirect: "error" });
    if (!answer.ok || turn !== last) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(name);
    const part = document.getElementById(name);
    if (fresh && part && turn === last) part.replaceChildren(...fresh.childNodes);
  }
  area.addEventListener("input", () => {
    clearTimeout(timer);
    // If the network is away, the part stays as it is.
    timer = setTimeout(() => draw().catch(() => {}), REST_MS);
  });
}

// An open page keeps its session, up to the bound that the server sets. Three times in the two hours after which an unused session
// ends.
const ALIVE_MS = 40 * 60 * 1000;

function keepSession() {
  const address = document.body.dataset.alive;
  if (!address) return;
  setInterval(() => fetch(address, { credentials: "same-origin" }).catch(() => {}), ALIVE_MS);
}

// Within a page of a listed origin: tells it how high this page is, once it has asked.
function tellHeight() {
  const embedders = document.documentElement.dataset.embedders?.split(" ") ?? [];
  if (window.parent === window || embedders.length === 0) return;
  let asker = null;
  const tell = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (asker) window.parent.postMessage({ type: "grapnel:height", height }, asker);
  };
  addEventListener("message", (event) => {
    if (event.source !== window.parent || !embedders.includes(event.origin)) return;
    if (event.data?.type !== "grapnel:hello") return;
    asker = event.origin;
    tell();
  });
  new ResizeObserver(tell).observe(document.body);
}

localTimes(document);
listenToKeys();
for (const area of document.querySelectorAll("[data-redraw]")) redraw(area);
for (const button of document.querySelectorAll("[data-copy]")) copyButton(button);
for (const element of document.querySelectorAll("[data-left]")) timeLeft(element);
openLink();
addEventListener("hashchange", openLink);
forgetDone();
keepSession();
tellHeight();
keepFresh();
