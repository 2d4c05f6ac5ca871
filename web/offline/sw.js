// Keeps the whole site on the visitor's device, so that it works without a network. A file is kept under its hash: an update
// brings only what has changed, and a page never meets files of two versions.
"use strict";

const { scope } = self.registration;
const store = `sandflow ${scope}`;
// The code's folder has another name in every version, whatever of it has changed.
const keyOf = (path) => new URL(`${path.replace(/^code-\w+\//, "")}?${files[path]}`, scope).href;

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function keep(cache, path) {
  if (await cache.match(keyOf(path))) return;
  const answer = await fetch(new URL(path, scope), { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  const content = await answer.arrayBuffer();
  const digest = await crypto.subtle.digest("SHA-256", content);
  // The site is being exchanged at this very moment: the browser will come again.
  if (!hex(digest).startsWith(files[path])) throw new Error(`${path} is of another version`);
  // Without the address it came from: a script would go on asking there.
  await cache.put(keyOf(path), new Response(content, { headers: answer.headers }));
}

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(store).then((cache) => Promise.all(Object.keys(files).map((path) => keep(cache, path)))));
});

self.addEventListener("activate", (event) => {
  const ours = new Set(Object.keys(files).map(keyOf));
  event.waitUntil((async () => {
    const cache = await caches.open(store);
    const old = (await cache.keys()).filter(({ url }) => !ours.has(url));
    for (const request of old) await cache.delete(request);
    // At the very first visit the page that is open is of this version, too.
    if (!old.length) await self.clients.claim();
  })());
});

self.addEventListener("message", ({ data }) => data === "take over" && self.skipWaiting());

async function answer(request, path) {
  // A newer version waits, and no page but this one needs the old: it begins with this load.
  const { waiting } = self.registration;
  if (request.mode === "navigate" && waiting && (await self.clients.matchAll()).length < 2) {
    waiting.postMessage("take over");
    return new Response("<!doctype html><script>location.reload()</script>", { headers: { "Content-Type": "text/html" } });
  }
  return (await (await caches.open(store)).match(keyOf(path))) ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { url, method } = event.request;
  if (method !== "GET" || !url.startsWith(scope)) return;
  const path = decodeURI(new URL(url).pathname.slice(new URL(scope).pathname.length)) || "index.html";
  if (Object.hasOwn(files, path)) event.respondWith(answer(event.request, path));
});
