// Keeps the counter's screen usable without a network: its files, the list of rounds and the last round.
// What was counted is not here: the page keeps that in a queue of its own and sends it.
const SHELL = "count-shell-{{ version }}";
const PAGES = "count-pages";
const FILES = [{% for file in files %}"{{ file|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];
const SCOPE = "{{ scope|escapejs }}";
const KEPT_OUT = [{% for path in kept_out %}"{{ path|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];
const PATIENCE = 5000;

const OFFLINE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Offline</title><h1>Offline</h1><p>This page was not kept on the phone. What you have counted is safe.</p>
<p><a href="${SCOPE}">My rounds</a></p></html>`;

self.addEventListener("install", (event) => {
    event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
    const clean = async () => {
        for (const name of await caches.keys()) {
            if (name.startsWith("count-shell-") && name !== SHELL) {
                await caches.delete(name);
            }
        }
        await self.clients.claim();
    };
    event.waitUntil(clean());
});

self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (url.origin !== self.location.origin) {
        return;
    }
    if (request.method === "GET" && FILES.includes(url.pathname)) {
        event.respondWith(file(event));
    } else if (request.mode === "navigate" && url.pathname.startsWith(SCOPE) && !KEPT_OUT.includes(url.pathname)) {
        event.respondWith(page(event, url.pathname));
    }
});

// From the phone at once; where the network is there, the next page has what is new.
const file = async (event) => {
    const shell = await caches.open(SHELL);
    const kept = await shell.match(event.request, { ignoreSearch: true });
    const fresh = fetch(event.request).then(async (answer) => {
        if (answer.ok) {
            await shell.put(event.request, answer.clone());
        }
        return answer;
    });
    if (!kept) {
        return fresh;
    }
    event.waitUntil(fresh.catch(() => undefined)); // without a network the one on the phone is good
    return kept;
};

// From the network, for others count too; from the phone where the network says nothing for some seconds.
const page = async (event, path) => {
    const pages = await caches.open(PAGES);
    const kept = event.request.method === "GET" ? await pages.match(path) : undefined;
    const asked = fetch(event.request).then(async (answer) => {
        if (event.request.method === "GET" && answer.ok && answer.type === "basic") {
            await keep(pages, path, answer.clone());
        }
        return answer;
    });
    event.waitUntil(asked.catch(() => undefined)); // the answer below says so
    try {
        return await (kept ? Promise.race([asked, late()]) : asked);
    } catch {
        return kept ?? new Response(OFFLINE, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
    }
};

const late = () => new Promise((_, reject) => {
    setTimeout(() => reject(new Error("The network is slow.")), PATIENCE);
});

const keep = async (pages, path, answer) => {
    if (path !== SCOPE) {
        for (const other of await pages.keys()) {
            const there = new URL(other.url).pathname;
            if (there !== SCOPE && there !== path) {
                await pages.delete(other);
            }
        }
    }
    await pages.put(path, answer);
};
