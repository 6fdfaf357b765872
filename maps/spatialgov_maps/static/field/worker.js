// The service worker of the field page: keeps the page's own files, so that it opens without a network. The service puts
// SHELL before this: {version, files}, with another version for other files. What the page asks the service for passes by.

const NAME = `spatialgov-field ${self.registration.scope}`;
const CACHE = `${NAME} ${SHELL.version}`;
const KEPT = new Map(SHELL.files.map((file) => [new URL(file, self.location).pathname, file]));

self.addEventListener("install", (event) => {
  const fresh = SHELL.files.map((file) => new Request(new URL(file, self.location), { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith(`${NAME} `) && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin || !KEPT.has(url.pathname)) return;
  const answer = async () => {
    const kept = await (await caches.open(CACHE)).match(event.request, { ignoreSearch: true, ignoreVary: true });
    return kept ?? fetch(event.request);
  };
  event.respondWith(answer());
});
