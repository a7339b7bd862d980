// Asks api/healthz once a second and shows what is under way.
//
// Only an answer that says so is steady. No answer, one that says the ledger cannot be read, or one
// that does not say whether anything runs, leaves what was shown last, and the note that it is old.
//
// Names and errors come from the ledger, and could be anything: they are set as text, never as HTML.
"use strict";

const ASK_EVERY_MS = 1000;
// Longer than a healthy server takes, shorter than anybody looks at a page that stands still.
const UNANSWERED_AFTER_MS = 10000;
const FAILURE_SHOWN_MS = 10 * 60 * 1000;
const DISMISSED = "backfill.dismissed";

const byId = (id) => document.getElementById(id);
const ENDED = new Set(["done", "failed", "cancelled"]);

// ---- Words

// A figure and its unit stay on one line.
const together = (text) => text.replaceAll(" ", "\u00a0");
const count = (n) => Math.floor(n).toLocaleString("en-US");
const isCount = (n) => typeof n === "number" && Number.isFinite(n) && n >= 0;

function duration(seconds) {
  const s = Math.ceil(seconds);
  const of = (big, bigUnit, small, unit) => small ? `${big} ${bigUnit} ${small} ${unit}` : `${big} ${bigUnit}`;
  if (s < 60) return `${s} s`;
  if (s < 3600) return of(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86400) return of(Math.floor(s / 3600), "h", Math.floor(s % 3600 / 60), "min");
  return of(count(s / 86400), "d", Math.floor(s % 86400 / 3600), "h");
}

// A moment of the ledger, ms; NaN if it is none. Times without a zone are UTC, as SQLite writes them.
// Date.parse alone takes "job 1" for a day in 2001.
function moment(text) {
  const parts = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?$/.exec(text ?? "");
  return parts ? Date.parse(`${parts[1]}T${parts[2]}${parts[3] || "Z"}`) : NaN;
}

const isReading = (item) => isCount(item.rowsRead) && isCount(item.rowsToRead) && item.rowsRead < item.rowsToRead;

// How far, from 0 to 1; null if there is nothing to go by.
function share(item) {
  const [done, all] = isReading(item) ? [item.rowsRead, item.rowsToRead] : [item.rowsProcessed, item.rowsTotal];
  return isCount(done) && isCount(all) && all > 0 ? Math.min(1, done / all) : null;
}

const rows = (item) => `${count(item.rowsProcessed || 0)} / ${count(item.rowsTotal || 0)}`;

function word(item) {
  if (item.stale) return "silent";
  if (item.status === "pending") return "waits for its turn";
  if (item.status === "running") return "running";
  if (item.status === "cancelled") return "STOPPED, can be resumed";
  return "in a state this page does not know";
}

function figures(item, nowMs) {
  const parts = [];
  if (isReading(item)) parts.push(`reading ${count(item.rowsRead)} of about ${count(item.rowsToRead)}`);
  else if (item.rowsTotal > 0) parts.push(together(rows(item)));
  const part = share(item);
  if (part !== null) parts.push(together(`${Math.floor(part * 100)} %`));
  if (item.stale) {
    const silentMs = nowMs - moment(item.updatedAt);
    const since = silentMs >= 0 ? ` for ${together(duration(silentMs / 1000))}` : "";
    parts.push(`not heard of${since}, will be resumed at the next start`);
  } else if (item.status === "running") {
    const rate = item.ratePerSec;
    if (isCount(rate) && rate > 0) parts.push(together(`${rate < 10 ? rate.toFixed(1) : count(rate)} rows/s`));
    if (isCount(item.etaSec)) parts.push(together(`ETA ${duration(item.etaSec)}`));
  }
  if (item.error && item.status !== "failed") parts.push(item.error);
  return parts.join(" · ");
}

// ---- Dismissals: one for each end of each failure, kept where the browser keeps things

const dismissed = new Set();
const keyOf = (item) => JSON.stringify([item.name, item.endedAt ?? null]);

function loadDismissed() {
  try {
    for (const key of JSON.parse(localStorage.getItem(DISMISSED)) || []) dismissed.add(key);
  } catch { /* Then they are kept as long as the page is. */ }
}

function dismiss(item) {
  const there = new Set(shown.items.map(keyOf));
  for (const key of dismissed) if (!there.has(key)) dismissed.delete(key);
  dismissed.add(keyOf(item));
  try {
    localStorage.setItem(DISMISSED, JSON.stringify([...dismissed]));
  } catch { /* As above. */ }
  show();
  byId("heading").focus();
}

// An end that is not there, or is no time, is never long ago.
const isLongAgo = (item, nowMs) => nowMs - moment(item.endedAt) >= FAILURE_SHOWN_MS;
const blocks = (item, nowMs) => item.status === "failed" && !dismissed.has(keyOf(item)) && !isLongAgo(item, nowMs);

// ---- What is shown

// What the last good answer said, on the server's clock; and why there is none since, if so.
const shown = { items: [], running: false, answered: false, atMs: 0, doubt: null };

// Changes only what is different, so that nothing is read out or redrawn for nothing.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Makes the children of `list` those for `items`, and keeps the nodes of the same key.
function reconcile(list, items, make, fill) {
  const old = new Map([...list.children].map((node) => [node.dataset.key, node]));
  items.forEach((item, index) => {
    const key = keyOf(item);
    const node = old.get(key) || make(item);
    old.delete(key);
    node.dataset.key = key;
    fill(node, item);
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] || null);
  });
  for (const node of old.values()) node.remove();
}

function element(tag, className, parent) {
  const node = document.createElement(tag);
  node.className = className;
  if (parent) parent.append(node);
  return node;
}

function makeRow() {
  const row = element("li", "backfill");
  const head = element("div", "head", row);
  element("span", "name", head);
  element("span", "word", head);
  element("progress", "", row).max = 100;
  element("div", "figures", row);
  return row;
}

function fillRow(row, item, nowMs) {
  setText(row.querySelector(".name"), String(item.name));
  setText(row.querySelector(".word"), word(item));
  setText(row.querySelector(".figures"), figures(item, nowMs));
  const bar = row.querySelector("progress");
  const part = share(item);
  bar.hidden = part === null;
  bar.value = (part || 0) * 100;
  bar.setAttribute("aria-label", String(item.name));
}

function makeFailure(item) {
  const failure = element("div", "failure");
  setText(element("span", "sign", failure), "FAIL");
  element("span", "name", failure);
  const button = element("button", "", failure);
  button.type = "button";
  setText(button, "×");
  button.setAttribute("aria-label", `Dismiss the failure of ${item.name}`);
  button.addEventListener("click", () => dismiss(item));
  element("div", "message", failure).tabIndex = 0;
  element("div", "figures", failure);
  return failure;
}

function fillFailure(failure, item) {
  setText(failure.querySelector(".name"), String(item.name));
  setText(failure.querySelector(".message"), String(item.error || "no message"));
  setText(failure.querySelector(".figures"), `stopped at ${rows(item)}, goes on from there when it is started again`);
}

function title(state, busy) {
  if (state === "unknown") return "Cannot tell whether backfills run";
  if (state === "failed") return "A backfill has failed";
  const allSilent = busy.length > 0 && busy.every((item) => item.stale);
  return allSilent ? "A backfill is not finished" : "Warming up: backfills are under way";
}

function stateOf(busy, failures) {
  if (shown.doubt || !shown.answered) return "unknown";
  if (busy.length > 0 || shown.running) return "busy";
  return failures.length > 0 ? "failed" : "steady";
}

// The lines below, of what has ended and is not in the banner.
function endedLines(inBanner) {
  const names = (status) => shown.items.filter((item) => item.status === status && !inBanner.has(item));
  const line = (start, items, end, say) =>
    items.length > 0 ? [`${start}: ${items.map(say).join(", ")}${end}`] : [];
  return [
    ...line("Done", names("done"), ".", (item) => `${item.name} (${count(item.rowsProcessed || 0)} rows)`),
    ...line("Stopped", names("cancelled"), "; can be resumed.", (item) => `${item.name} at ${rows(item)}`),
    ...line("Failed earlier", names("failed"), ".", (item) => `${item.name} at ${rows(item)}`),
  ];
}

function show() {
  // The server's clock goes on while it does not answer.
  const nowMs = shown.atMs + (performance.now() - shown.receivedMs || 0);
  const busy = shown.items.filter((item) => !ENDED.has(item.status));
  const failures = shown.items.filter((item) => blocks(item, nowMs));
  const state = stateOf(busy, failures);
  const banner = byId("banner");
  const open = shown.items.filter((item) => item.status !== "done" && item.status !== "failed");
  const inRows = state === "steady" ? [] : open;
  banner.hidden = state === "steady";
  banner.dataset.state = failures.length > 0 ? "failed" : state;
  setText(byId("state"), state === "steady" ? "" : title(state, busy));
  const age = shown.answered ? ` What is shown was so ${duration((performance.now() - shown.receivedMs) / 1000)} ago.` : "";
  setText(byId("note"), shown.doubt ? shown.doubt + age : "");
  byId("note").hidden = !shown.doubt;
  reconcile(byId("failed"), failures, makeFailure, fillFailure);
  reconcile(byId("backfills"), inRows, makeRow, (row, item) => fillRow(row, item, nowMs));
  showSteady(state, new Set([...failures, ...inRows]));
  tell(state, busy);
}

function showSteady(state, inBanner) {
  const steady = byId("steady");
  steady.hidden = state !== "steady";
  steady.className = "good";
  setText(steady, shown.items.length > 0 ? "Steady: no backfill is under way." : "Steady: the ledger has no backfill.");
  const lines = endedLines(inBanner);
  const list = byId("ended");
  while (list.children.length > lines.length) list.lastChild.remove();
  lines.forEach((line, index) => setText(list.children[index] || element("li", "", list), line));
}

// For those who listen: each change of state, and every tenth of the way.
function tell(state, busy) {
  const tenth = (item) => `${item.name} ${Math.floor((share(item) || 0) * 10) * 10} %`;
  const what = state === "steady" ? byId("steady").textContent : title(state, busy);
  setText(byId("told"), state === "busy" ? `${what}. ${busy.map(tenth).join(", ")}` : what);
  document.title = state === "steady" ? "Backfills: steady" : `Backfills: ${what}`;
}

// ---- Asking

// What is wrong with an answer; null if it says what it should.
function objection(response, body) {
  if (!response.ok) return `The server answered with ${response.status}.`;
  if (typeof body !== "object" || body === null) return "The server's answer is no object.";
  if (body.async_migrations_error) return String(body.async_migrations_error);
  if (typeof body.async_migrations_running !== "boolean") return "The answer does not say whether anything runs (async_migrations_running).";
  if (!Array.isArray(body.async_migrations)) return "The answer has no list of backfills (async_migrations).";
  return null;
}

async function ask() {
  try {
    const stop = AbortSignal.timeout(UNANSWERED_AFTER_MS);
    const response = await fetch("api/healthz", { cache: "no-store", signal: stop });
    const body = await response.json();
    shown.doubt = objection(response, body);
    if (shown.doubt) return;
    // This computer's clock may be wrong by more than the ten minutes that count.
    const servedMs = Date.parse(response.headers.get("date") ?? "");
    shown.atMs = Number.isNaN(servedMs) ? Date.now() : servedMs;
    shown.receivedMs = performance.now();
    shown.items = body.async_migrations.filter((item) => typeof item === "object" && item !== null);
    shown.running = body.async_migrations_running;
    shown.answered = true;
  } catch (error) {
    shown.doubt = error.name === "TimeoutError"
      ? `The server has not answered for ${duration(UNANSWERED_AFTER_MS / 1000)}.`
      : error.name === "SyntaxError" ? "The server's answer cannot be read." : "The server cannot be reached.";
  }
}

async function watch() {
  const due = performance.now() + ASK_EVERY_MS;
  try {
    await ask();
    show();
  } finally {
    setTimeout(watch, Math.max(0, due - performance.now()));
  }
}

loadDismissed();
watch();
