// Keeps the page's own files (its code, the worker, the wasm, the model), so that it opens without a
// network. Their list and a version made from their content are put in front of this file by
// `build/precache.ts`: every build that differs is a new service worker with a cache of its own.
//
// The page itself comes from the network whenever that answers, so nobody is left with an old one;
// the files it names carry a hash of their content and come from the cache. A new service worker
// waits until no page uses the old one, so that a page never loses the files it was built with.

/** `./` and the paths of files, relative to this one. */
declare const FILES: readonly string[]
declare const VERSION: string

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}

const prefix = 'quiver-demo-'
const cacheName = prefix + VERSION
const scope = new URL('./', self.location.href)

/** How long the network may take to bring the page before the kept one will do. */
const patienceMs = 3_000

self.addEventListener('install', (event) => {
  ;(event as ExtendableEvent).waitUntil(keepFiles())
})

self.addEventListener('activate', (event) => {
  ;(event as ExtendableEvent).waitUntil(dropOldCaches())
})

self.addEventListener('fetch', (event) => {
  const { request } = event as FetchEvent
  const url = new URL(request.url)
  if (request.method !== 'GET' || !url.href.startsWith(scope.href)) return
  const path = url.pathname.slice(scope.pathname.length)
  const isPage = path === '' || path === 'index.html'
  ;(event as FetchEvent).respondWith(isPage ? page(request) : file(request))
})

async function keepFiles() {
  const cache = await caches.open(cacheName)
  const requests = FILES.map((file) => {
    // Names with a hash may come from the browser's own cache: the page has just loaded them.
    const hashed = file.startsWith('assets/')
    return new Request(file, { cache: hashed ? 'default' : 'no-cache' })
  })
  await cache.addAll(requests)
}

async function dropOldCaches() {
  const names = await caches.keys()
  const old = names.filter((name) => name.startsWith(prefix) && name !== cacheName)
  await Promise.all(old.map((name) => caches.delete(name)))
}

async function file(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName })) ?? fetch(request)
}

async function page(request: Request): Promise<Response> {
  const kept = await caches.match('./', { cacheName })
  if (kept === undefined) return fetch(request)
  const patience = new Promise<Response>((resolve) => {
    setTimeout(resolve, patienceMs, kept)
  })
  const answer = fetch(request).then(
    (response) => (response.ok ? response : kept),
    () => kept,
  )
  return Promise.race([answer, patience])
}
