// The counter's screen. What is counted goes into a queue on the phone (IndexedDB) at every scan, and from there to the
// documented route, one after another: whenever there is a network, and for good only when the server has said so.
// Nothing here knows what the books say.
(() => {
    "use strict";
    const here = document.body.dataset;
    const told = document.querySelector("[data-told]");
    const refused = document.querySelector("[data-refused]");
    const sheet = document.querySelector("[data-sheet]");

    // --- the page

    // An element: `is` are its attributes, those beginning with "on" its listeners; null children are left out.
    const h = (tag, is = {}, ...children) => {
        const element = document.createElement(tag);
        for (const [name, value] of Object.entries(is)) {
            if (name.startsWith("on")) {
                element.addEventListener(name.slice(2), value);
            } else if (value === true) {
                element.setAttribute(name, "");
            } else if (value !== false && value !== null && value !== undefined) {
                element.setAttribute(name, String(value));
            }
        }
        element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
        return element;
    };

    const button = (words, act, is = {}) => h("button", { type: "button", onclick: act, ...is }, words);
    const many = (number, one, more = `${one}s`) => `${number.toLocaleString("en-US")} ${number === 1 ? one : more}`;
    const now = () => new Date().toISOString();
    const fold = (text) => text.normalize("NFKC").trim().toLowerCase().split(/\s+/u).join(" ");

    const remembered = (name, value) => {
        try {
            if (value === undefined) {
                return localStorage.getItem(`count-${name}`);
            }
            localStorage.setItem(`count-${name}`, value);
        } catch {
            // A browser that keeps nothing has the defaults every time.
        }
        return null;
    };

    let cueEnds = 0;
    const cue = (kind) => {
        document.body.dataset.cue = kind;
        clearTimeout(cueEnds);
        cueEnds = setTimeout(() => delete document.body.dataset.cue, 900);
    };

    const say = (words, kind = "ok") => {
        refused.replaceChildren();
        told.replaceChildren(h("p", {}, words));
        cue(kind);
        sound(kind);
    };

    const refuse = (words, ...more) => {
        told.replaceChildren();
        refused.replaceChildren(h("p", {}, words), ...more);
        cue("bad");
        sound("bad");
    };

    const hush = () => {
        told.replaceChildren();
        refused.replaceChildren();
    };

    const open = (title, ...children) => {
        sheet.replaceChildren(
            h("div", { class: "sheet-head" }, h("h2", { id: "sheet-title", tabindex: "-1" }, title), button("Close", close, { class: "quiet" })),
            ...children.flat().filter(Boolean),
        );
        if (!sheet.open) {
            sheet.showModal();
        }
        sheet.querySelector("h2").focus();
    };

    const close = () => {
        if (sheet.open) {
            sheet.close();
        }
    };

    // --- sounds: made, not loaded; off until somebody has touched the page, as browsers want it

    const LOUDNESS = { off: 0, low: 0.08, loud: 0.5 };
    const TONES = { ok: [[1500, 0, 0.08]], again: [[900, 0, 0.07], [900, 0.12, 0.07]], bad: [[170, 0, 0.4]] };
    let speaker = null;
    const loudness = () => remembered("sound") ?? (matchMedia("(pointer: coarse)").matches ? "low" : "off");

    const wake = () => {
        if (loudness() !== "off" && window.AudioContext) {
            speaker ??= new AudioContext();
            if (speaker.state === "suspended") {
                speaker.resume().catch(() => undefined); // not yet allowed: the next touch tries again
            }
        }
    };

    const sound = (kind) => {
        if (kind === "bad" && navigator.vibrate && navigator.userActivation?.hasBeenActive !== false) {
            navigator.vibrate(200);
        }
        const volume = LOUDNESS[loudness()];
        if (!speaker || !volume || speaker.state !== "running") {
            return;
        }
        for (const [pitch, after, length] of TONES[kind]) {
            const tone = speaker.createOscillator();
            const level = speaker.createGain();
            tone.frequency.value = pitch;
            tone.type = kind === "bad" ? "square" : "sine";
            level.gain.value = volume;
            tone.connect(level).connect(speaker.destination);
            tone.start(speaker.currentTime + after);
            tone.stop(speaker.currentTime + after + length);
        }
    };

    addEventListener("pointerdown", wake, true);
    addEventListener("keydown", wake, true);

    // --- the queue: what was counted and is not yet with the server

    const MINUTE = 60_000;
    const KEPT = 3 * 24 * 60 * MINUTE;
    const EVERY = 20_000;
    const queue = { entries: [], database: null, net: navigator.onLine ? "online" : "offline", sending: null, known: 0 };
    const heard = { sent: () => undefined };

    // Version 7: time first, so that ids sort as they were made, and the rest by chance.
    const newId = () => {
        const bytes = crypto.getRandomValues(new Uint8Array(16));
        let time = Date.now();
        for (let place = 5; place >= 0; place -= 1) {
            bytes[place] = time % 256;
            time = Math.floor(time / 256);
        }
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
    };

    const asked = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });

    const openQueue = async () => {
        try {
            const request = indexedDB.open("tallyhouse-count", 1);
            request.onupgradeneeded = () => request.result.createObjectStore("entries", { keyPath: "key" });
            queue.database = await asked(request);
            queue.entries = await asked(queue.database.transaction("entries").objectStore("entries").getAll());
            queue.entries.sort((one, other) => one.order - other.order);
        } catch {
            refuse("This browser keeps nothing on the phone: leave the page open until everything is sent.");
        }
        for (const entry of queue.entries.filter((one) => one.state === "sent" && Date.now() - one.at > KEPT)) {
            drop(entry);
        }
    };

    const written = (work) => {
        if (!queue.database) {
            return;
        }
        const transaction = queue.database.transaction("entries", "readwrite", { durability: "strict" });
        work(transaction.objectStore("entries"));
        transaction.onabort = () => refuse("The phone is full: what was just counted is not kept. Send it before you leave this page.");
    };

    const keep = (entry) => {
        written((store) => store.put(entry));
        return entry;
    };

    const drop = (entry) => {
        queue.entries = queue.entries.filter((one) => one !== entry);
        written((store) => store.delete(entry.key));
    };

    let lastOrder = 0;
    const add = (batch, kind, body, more = {}) => {
        lastOrder = Math.max(Date.now(), lastOrder + 1);
        const key = newId();
        const entry = {
            key, order: lastOrder, at: Date.now(), kind, body, state: "waiting", tried: false, person: here.person,
            organization: here.organization, batch: batch.id, label: batch.label, ...more,
        };
        queue.entries.push(entry);
        return keep(entry);
    };

    const isMine = (entry) => entry.person === here.person && entry.organization === here.organization;
    const inState = (state) => queue.entries.filter((entry) => entry.state === state && isMine(entry));
    const isBarredFrom = (entry) => queue.entries.some(
        (other) => other.batch === entry.batch && other.order < entry.order && isMine(other) && ["open", "refused"].includes(other.state),
    );
    // A round is handed in when all that was counted in it has arrived, and not before.
    const nextToSend = () => inState("waiting").find((entry) => entry.kind !== "submit" || !isBarredFrom(entry));

    const token = () => {
        const found = document.cookie.split("; ").find((one) => one.startsWith(`${here.csrfCookie}=`));
        return found ? decodeURIComponent(found.slice(here.csrfCookie.length + 1)) : "";
    };

    const ask = async (address, options = {}) => {
        const patience = new AbortController();
        const timer = setTimeout(() => patience.abort(), 15_000);
        try {
            const answer = await fetch(address, {
                credentials: "same-origin", cache: "no-store", redirect: "error", signal: patience.signal, ...options,
                headers: { Accept: "application/json", ...options.headers },
            });
            let body = {};
            try {
                body = await answer.json();
            } catch {
                // An answer that is no JSON is judged by its status alone.
            }
            return { status: answer.status, ok: answer.ok, body, wait: Number(answer.headers.get("Retry-After")) || 0 };
        } finally {
            clearTimeout(timer);
        }
    };

    const setNet = (net) => {
        queue.net = net;
        showPill();
    };

    // A phone is handed on: nothing goes out in the name of another person, or to another organization.
    const isStillMe = async () => {
        if (Date.now() - queue.known < MINUTE) {
            return true;
        }
        const answer = await ask(here.me);
        if (answer.status === 401 || answer.status === 403) {
            setNet("login");
            return false;
        }
        if (!answer.ok) {
            setNet("offline");
            return false;
        }
        if (answer.body.person !== here.person || answer.body.organization !== here.organization) {
            setNet("other");
            return false;
        }
        queue.known = Date.now();
        return true;
    };

    const bodyOf = (entry) => {
        const body = { action: "count", sentAt: now() };
        if (entry.kind === "submit") {
            return { action: "submit" };
        }
        if (entry.kind === "visit") {
            return { ...body, visited: [entry.body] };
        }
        return { ...body, counts: [{ ...entry.body, clientId: entry.key }] };
    };

    const SOON = new Set(["CONTENTION", "IDEMPOTENCY_IN_PROGRESS"]);
    const reasonOf = (body) => {
        if (body.code === "COUNTED_BY_ANOTHER") {
            return `Counted by ${body.by ?? "somebody else"} already.`;
        }
        if (body.code === "RECOUNT_BY_ANOTHER") {
            return "Somebody else counts this one.";
        }
        if (body.code === "INVALID_TRANSITION") {
            return "The round was closed before this was sent.";
        }
        return body.errors?.[0]?.detail ?? body.detail ?? "The server did not take it.";
    };

    const sendOne = async (entry) => {
        entry.tried = true; // from now on it may have arrived: it is never changed, only followed by another
        keep(entry);
        const answer = await ask(`${here.api}${entry.batch}`, {
            method: "POST",
            headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
            body: JSON.stringify(bodyOf(entry)),
        });
        if (answer.ok) {
            entry.state = "sent";
            entry.version = answer.body.version;
            entry.answer = entry.kind === "count" ? answer.body.lines?.[0] : undefined;
            keep(entry);
            heard.sent(entry);
            return true;
        }
        const { code } = answer.body;
        if (answer.status === 401 || code === "ORG_CONTEXT_REQUIRED") {
            setNet("login");
            return false;
        }
        if (code === "CSRF_FAILED" && !entry.again) {
            entry.again = true;
            queue.known = 0; // asking who it is brings a new token
            return isStillMe();
        }
        if (answer.status >= 500 || answer.status === 429 || answer.status === 408 || SOON.has(code)) {
            setTimeout(send, Math.min(answer.wait || 2, 60) * 1000);
            return false;
        }
        if (entry.kind === "submit" && code === "INVALID_TRANSITION" && answer.body.state !== "counting") {
            entry.state = "sent"; // somebody else was faster
            keep(entry);
            heard.sent(entry);
            return true;
        }
        entry.state = "refused";
        entry.reason = reasonOf(answer.body);
        keep(entry);
        heard.sent(entry);
        refuse(`${entry.words}: ${entry.reason}`);
        return true;
    };

    const sendAll = async () => {
        if (!navigator.onLine) {
            setNet("offline");
            return;
        }
        let next = nextToSend();
        if (!next && queue.net === "online") {
            return;
        }
        try {
            if (!(await isStillMe())) {
                return;
            }
            setNet("online");
            while (next) {
                queue.sending = next;
                showPill();
                if (!(await sendOne(next))) {
                    return;
                }
                next = nextToSend();
            }
        } catch {
            queue.known = 0;
            setNet("offline"); // it stays in the queue: the network's event, the focus or the clock tries again
        } finally {
            queue.sending = null;
        }
    };

    let isSending = false;
    let isAsked = false;
    // Two tabs of one phone take turns; where that cannot be told, the ids keep the server from counting twice.
    const send = async () => {
        if (isSending) {
            isAsked = true;
            return;
        }
        isSending = true;
        try {
            do {
                isAsked = false;
                if (navigator.locks) {
                    await navigator.locks.request("count-queue", sendAll);
                } else {
                    await sendAll();
                }
            } while (isAsked);
        } finally {
            isSending = false;
            showPill();
        }
    };

    const sendAfresh = () => {
        queue.known = 0;
        send();
    };

    const pill = document.querySelector("[data-pill]");
    const showPill = () => {
        if (!pill) {
            return;
        }
        const waiting = inState("waiting").length;
        const bad = inState("refused").length;
        const words = {
            online: queue.sending && waiting ? `Sending ${waiting}` : waiting ? `${waiting} waiting` : "Online",
            offline: waiting ? `Offline · ${waiting} waiting` : "Offline",
            login: `Log in to send ${waiting}`,
            other: "Somebody else is logged in",
        }[queue.net];
        const shown = bad ? `${words} · ${bad} refused` : words;
        if (pill.textContent !== shown) {
            pill.textContent = shown;
        }
        pill.dataset.net = bad ? "refused" : queue.net === "online" && waiting ? "sending" : queue.net;
    };

    const openQueueSheet = () => {
        const waiting = [...inState("open"), ...inState("waiting")];
        const bad = inState("refused");
        const strangers = queue.entries.filter((entry) => !isMine(entry) && ["open", "waiting", "refused"].includes(entry.state));
        const login = `${here.login}?next=${encodeURIComponent(location.pathname)}`;
        open(
            "What is on this phone",
            queue.net === "login" ? h("p", {}, "You are logged out. What you have counted is kept. ", h("a", { href: login }, "Log in")) : null,
            queue.net === "other" ? h("p", { class: "problem" }, "Somebody else has logged in on this phone: reload this page. What you have counted goes out when you log in again.") : null,
            bad.map((entry) => h(
                "div", { class: "problem" },
                h("p", {}, h("strong", {}, entry.words), ` (${entry.label}): ${entry.reason}`),
                button("Send again", () => {
                    entry.state = "waiting";
                    delete entry.reason;
                    keep(entry);
                    heard.sent(entry);
                    openQueueSheet();
                    send();
                }),
                button("Remove", () => {
                    drop(entry);
                    heard.sent(entry);
                    openQueueSheet();
                    showPill();
                    send(); // what waited for it, such as handing in the round
                }, { class: "quiet" }),
            )),
            waiting.length ? h("ul", { class: "plain" }, waiting.slice(0, 100).map((entry) => h("li", {}, `${entry.words} (${entry.label})`))) : null,
            waiting.length > 100 ? h("p", {}, `and ${many(waiting.length - 100, "more", "more")}`) : null,
            waiting.length + bad.length ? null : h("p", {}, "Everything is sent."),
            strangers.length ? h("p", {}, `${many(strangers.length, "count")} of somebody else wait until they log in on this phone.`) : null,
            waiting.length ? button("Send now", sendAfresh, { class: "big" }) : null,
        );
    };

    // --- scanners: they type fast and end with Enter; what is typed slowly is a quantity, or a code with letters

    const FAST = 50;
    const SHORTEST = 4;
    const NO_QUANTITY = 8;
    const scanBox = document.querySelector("#scan");
    const isTyped = () => scanBox?.getAttribute("inputmode") === "text";
    const writes = (target) => target.matches?.("input, textarea, select") && (target !== scanBox || isTyped());

    // `take` gets each code; `type` gets digits, "Backspace", "Enter", and "Forget" where digits were a code after all.
    const listen = (take, type) => {
        let burst = ""; // keys in quick succession
        let line = ""; // all since the last Enter, of which the first `cut` were handed on as a quantity
        let cut = 0;
        let at = 0;
        let where = null;
        let isArmed = false;
        let timer = 0;

        const reset = () => {
            clearTimeout(timer);
            burst = line = "";
            cut = 0;
            isArmed = false;
        };

        const isQuantity = (text) => /^\d+$/u.test(text) && text.length < SHORTEST;

        // The digits that were held back for as long as a scanner could go on.
        const settle = () => {
            clearTimeout(timer);
            if (isQuantity(burst)) {
                cut = line.length;
                [...burst].forEach(type);
            } else if (burst.length >= NO_QUANTITY && !isArmed && !writes(where)) {
                const code = burst; // of a scanner that ends with nothing
                reset();
                take(code);
            }
            burst = "";
        };

        const end = (event) => {
            clearTimeout(timer);
            const isWriting = writes(event.target);
            const isFast = burst.length >= SHORTEST;
            const isCode = /\D/u.test(line) || line.length >= NO_QUANTITY;
            let code = isFast || isArmed ? burst : "";
            if (!isWriting && !isArmed) {
                code = isFast ? line.slice(cut) : isCode ? line : "";
            }
            if (code && event.target.closest?.("[data-scan-form], [data-find]") && isWriting) {
                reset(); // what is in that field goes out with its own form
                return;
            }
            if (code) {
                event.preventDefault();
                event.stopPropagation();
                if (isWriting) {
                    takeOut(event.target, code);
                }
                if (cut && code === line) {
                    type("Forget");
                }
                reset();
                take(code.trim());
                return;
            }
            if (!isWriting) {
                settle();
            }
            if (!isWriting && event.key === "Enter") {
                const hadDigits = line !== "";
                reset();
                if (hadDigits || event.target === scanBox || !event.target.closest?.("button, a, label")) {
                    event.preventDefault();
                    type("Enter");
                }
                return;
            }
            reset();
        };

        const takeOut = (field, code) => {
            if (field.value?.endsWith(code)) {
                field.value = field.value.slice(0, -code.length);
            }
        };

        addEventListener("keydown", (event) => {
            if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) {
                return;
            }
            if (event.key === "Enter" || event.key === "Tab") {
                if (burst || line || event.key === "Enter") {
                    end(event);
                }
                return;
            }
            if (event.key === "F9" || (event.key === "~" && !writes(event.target))) {
                event.preventDefault(); // a scanner that says beforehand that it is one
                reset();
                isArmed = true;
                return;
            }
            if (event.key === "Backspace" && !writes(event.target)) {
                event.preventDefault();
                settle();
                line = "";
                cut = 0;
                type("Backspace");
                return;
            }
            if (event.key.length !== 1 || (event.key === " " && !burst)) {
                return;
            }
            const isFast = event.timeStamp - at <= FAST && event.target === where;
            if (!isFast && !isArmed) {
                settle();
                if (event.timeStamp - at > 3000) {
                    line = "";
                    cut = 0;
                }
            }
            at = event.timeStamp;
            where = event.target;
            burst += event.key;
            line += event.key;
            clearTimeout(timer);
            if (!writes(where)) {
                event.preventDefault();
                timer = setTimeout(settle, FAST + 20);
            }
        }, true);

        // Handhelds that put the whole code into the field at once, without keys.
        let pasted = 0;
        scanBox?.addEventListener("input", () => {
            clearTimeout(pasted);
            if (!isTyped()) {
                pasted = setTimeout(() => {
                    const code = scanBox.value.trim();
                    scanBox.value = "";
                    if (code) {
                        remembered("box", "yes"); // from now on the field keeps the focus
                        take(code);
                    }
                }, 120);
            }
        });
    };

    // --- the round

    const LISTED = 100;
    const LARGEST = 1_000_000_000;
    const SURE = 100_000;

    // `early` gets what is scanned while the page is still being put together.
    const roundPage = (early) => {
        const view = document.querySelector("[data-view]");
        let data = JSON.parse(document.getElementById("round").textContent);
        let loaded = Date.now();
        const round = { bins: new Map(), lines: new Map(), skus: new Map() };
        // Where the counter is: walking to `bin`, in it, asked whether it is done, or at the end.
        const at = { view: "walk", bin: null, line: null, choose: null, after: null, wrong: null, sure: "", lastSku: null, opened: "" };
        const skipped = new Set();
        const history = [];
        const lookedUp = new Map();
        let typed = "";
        let typedOver = null;
        let shown = LISTED;

        const mode = () => remembered("mode") ?? "one";
        const batch = () => data.batch;
        const own = () => queue.entries.filter((entry) => entry.batch === batch().id && isMine(entry));

        // -- what the server has said, and over it what is still on the phone

        const lineKey = (bin, sku, code, lot) => [bin, sku ? `s:${sku}` : `c:${code}`, fold(lot ?? "")].join("|");

        const lineOf = (row) => ({
            ...row,
            key: lineKey(row.bin, row.sku, row.code, row.lotCode),
            mine: row.mine ?? null,
            title: row.title ?? round.skus.get(row.sku)?.title ?? "",
            isKnown: (row.mine ?? null) !== null, // the server has a count of mine, which taking back has to tell it
        });

        const isOver = (entry) => entry.state === "sent" && (entry.version ?? 0) <= batch().version;

        const overlay = (entry) => {
            if (entry.kind === "visit") {
                const bin = round.bins.get(entry.body.binId);
                if (bin) {
                    bin.visited = true;
                }
                return;
            }
            if (entry.kind !== "count") {
                return;
            }
            const line = round.lines.get(entry.line) ?? [...round.lines.values()].find((one) => one.id && one.id === (entry.body.lineId ?? entry.answer?.id));
            const found = line ?? lineOf({ bin: entry.bin, found: true, ...entry.what });
            if (!line) {
                round.lines.set(found.key, found);
            }
            if (entry.state === "refused") {
                found.refused = entry.reason;
            }
            found.mine = entry.body.countedQuantity;
            found.remark = entry.body.remark ?? "";
            found.note = entry.body.note ?? "";
            found.isWaiting = entry.state !== "sent";
            if (found.found && found.mine === null) {
                round.lines.delete(found.key);
            }
        };

        const build = () => {
            const besides = [...round.bins.values()].filter((bin) => bin.besides);
            round.bins = new Map(data.bins.map((bin) => [bin.id, { ...bin }]));
            besides.filter((bin) => !round.bins.has(bin.id)).forEach((bin) => round.bins.set(bin.id, bin));
            for (const [code, sku] of Object.entries(data.skus)) {
                round.skus.set(code, { code, ...sku });
            }
            round.lines = new Map(data.lines.map(lineOf).map((line) => [line.key, line]));
            for (const entry of own()) {
                if (isOver(entry)) {
                    drop(entry);
                } else {
                    if (entry.besides && !round.bins.has(entry.besides.id)) {
                        round.bins.set(entry.besides.id, entry.besides);
                    }
                    overlay(entry);
                }
            }
        };

        const refresh = async () => {
            try {
                const answer = await ask(data.addresses.data);
                if (!answer.ok) {
                    return;
                }
                data = answer.body;
                loaded = Date.now();
                if (data.batch.state !== "counting" && !own().some((entry) => ["open", "waiting", "refused"].includes(entry.state))) {
                    location.reload();
                    return;
                }
                build();
                render();
            } catch {
                setNet("offline");
            }
        };

        const linesIn = (bin) => [...round.lines.values()].filter((line) => line.bin === bin);
        const isCounted = (line) => line.mine !== null || Boolean(line.by);
        const isMissing = (line) => !isCounted(line) && !line.barred;
        const missingIn = (bin) => linesIn(bin).filter(isMissing);
        const isDone = (bin) => bin.visited || (linesIn(bin.id).length > 0 && missingIn(bin.id).length === 0);
        const planned = () => [...round.bins.values()].filter((bin) => !bin.besides);
        const toDo = () => planned().filter((bin) => !isDone(bin));
        const binOf = (id) => round.bins.get(id);
        const current = () => round.lines.get(at.line) ?? null;
        const called = (line) => line.sku ?? line.code;

        const nextAfter = (id) => {
            const all = planned();
            const place = all.findIndex((bin) => bin.id === id);
            const turned = [...all.slice(place + 1), ...all.slice(0, place + 1)];
            return turned.find((bin) => bin.id !== id && !isDone(bin) && !skipped.has(bin.id)) ?? null;
        };

        // -- writing what was counted

        const bodyFor = (line, quantity) => {
            const body = line.id ? { lineId: line.id } : { binId: line.bin };
            if (!line.id && line.sku) {
                body.sku = line.sku;
            } else if (!line.id) {
                body.code = line.code;
            }
            if (!line.id && line.lot) {
                body.lotId = line.lot;
            } else if (!line.id && line.lotCode) {
                body.lotCode = line.lotCode;
            }
            body.countedQuantity = quantity;
            body.countedAt = now();
            if (line.remark) {
                body.remark = line.remark;
            }
            if (line.note) {
                body.note = line.note;
            }
            return body;
        };

        // Into the queue at once, so that nothing is lost; it goes out when the line is left.
        const write = (line, quantity) => {
            line.mine = quantity;
            delete line.refused;
            const before = own().filter((entry) => entry.kind === "count" && entry.line === line.key && entry.state !== "sent");
            for (const entry of before.filter((one) => one.state === "refused")) {
                drop(entry);
            }
            const fresh = before.find((entry) => entry.state !== "refused" && !entry.tried);
            if (fresh) {
                drop(fresh);
            }
            const bin = binOf(line.bin);
            const isToTell = quantity !== null || line.isKnown || own().some((entry) => entry.kind === "count" && entry.line === line.key && entry.tried);
            if (isToTell) {
                add(batch(), "count", bodyFor(line, quantity), {
                    state: "open",
                    line: line.key,
                    bin: line.bin,
                    besides: bin.besides ? bin : undefined,
                    what: { id: line.id, sku: line.sku, code: line.code, lot: line.lot, lotCode: line.lotCode, title: line.title, expires: line.expires },
                    words: `${called(line)} in ${bin.code}`,
                });
            }
            line.isWaiting = isToTell;
            if (line.found && quantity === null) {
                round.lines.delete(line.key);
            }
            showPill();
        };

        const commit = () => {
            typed = "";
            typedOver = null;
            at.sure = "";
            for (const entry of own().filter((one) => one.state === "open")) {
                entry.state = "waiting";
                keep(entry);
            }
            showPill();
            send();
        };

        const remember = (line) => {
            history.push({ key: line.key, line: { ...line }, mine: line.mine, remark: line.remark, note: line.note });
            if (history.length > 50) {
                history.shift();
            }
        };

        const isTheirs = (line) => {
            if (line.barred) {
                refuse(`${called(line)}: somebody else counts this one.`);
            } else if (line.by) {
                refuse(`${called(line)}: ${line.by} has counted this.`);
            }
            return Boolean(line.barred || line.by);
        };

        const openLine = (line, how) => {
            if (at.line !== line.key) {
                commit();
            }
            at.view = "bin";
            at.line = line.key;
            at.choose = null;
            at.opened = how;
            typed = "";
            typedOver = null;
        };

        const countOne = (line, by = 1) => {
            const quantity = (line.mine ?? 0) + by;
            if (quantity < 0 || quantity > LARGEST) {
                refuse(`${called(line)}: it is ${line.mine ?? "not counted"}.`);
                return;
            }
            remember(line);
            typed = "";
            typedOver = null;
            write(line, quantity);
            say(`${called(line)}: ${quantity}`);
        };

        const foundLine = (bin, what) => {
            const line = lineOf({ bin: bin.id, found: true, ...what });
            const there = round.lines.get(line.key);
            if (there) {
                return there;
            }
            round.lines.set(line.key, line);
            return line;
        };

        // A scan of goods: one more, or the line to type at, as the counter has chosen.
        const scanned = (line, sku) => {
            if (isTheirs(line)) {
                render();
                return;
            }
            const isNew = at.line !== line.key;
            openLine(line, "scan");
            at.lastSku = sku ? { sku, line: line.key } : null;
            if (mode() === "one") {
                countOne(line);
            } else {
                say(isNew ? `${called(line)}: how many?` : `${called(line)} is open.`, isNew ? "ok" : "again");
            }
            if (line.found && isNew && !line.id) {
                told.replaceChildren(h("p", {}, `Found here: ${called(line)}${line.mine === null ? "" : `, ${line.mine}`}`));
            }
            render();
        };

        // -- what a code is

        const commandOf = (code) => /^(?:X:)?(UNDO|NEXT|NONE)$/u.exec(code.trim().toUpperCase())?.[1];

        const without = (prefix, code) => (code.toUpperCase().startsWith(prefix) ? code.slice(prefix.length).trim() : code);

        const binCalled = (code) => {
            const text = without("B:", code);
            const all = [...round.bins.values()];
            return all.find((bin) => bin.barcode && bin.barcode === text) ?? all.find((bin) => fold(bin.code) === fold(text)) ?? null;
        };

        const skuCalled = (code) => {
            const text = without("S:", code);
            const all = [...round.skus.values()];
            return all.find((sku) => sku.barcodes.includes(text)) ?? all.find((sku) => fold(sku.code) === fold(text)) ?? null;
        };

        const lotCalled = (code) => {
            const text = fold(without("L:", code));
            const here = linesIn(at.bin).filter((line) => line.sku && line.lotCode && fold(line.lotCode) === text);
            const sku = at.choose?.sku ?? current()?.sku;
            return here.find((line) => line.sku === sku) ?? (here.length === 1 ? here[0] : null);
        };

        const lookUp = async (code) => {
            if (!lookedUp.has(code) && queue.net !== "offline" && navigator.onLine) {
                try {
                    const answer = await ask(`${data.addresses.lookUp}?code=${encodeURIComponent(code)}`);
                    if (answer.ok) {
                        lookedUp.set(code, answer.body);
                    }
                } catch {
                    setNet("offline");
                }
            }
            const found = lookedUp.get(code) ?? { kind: "unknown" };
            for (const [name, sku] of Object.entries(found.skus ?? {})) {
                round.skus.set(name, { code: name, ...sku });
            }
            return found;
        };

        // Scans wait for each other, and none is lost.
        let turn = Promise.resolve();
        const take = (code, isTypedCode = false) => {
            turn = turn.then(() => scan(code, isTypedCode)).catch((error) => {
                refuse("That scan was not understood. Scan it again.");
                throw error;
            });
        };

        const scan = async (code, isTypedCode) => {
            close();
            const command = commandOf(code);
            if (command) {
                ({ UNDO: undo, NEXT: leave, NONE: noneHere })[command]();
                return;
            }
            const isInside = ["bin", "ask"].includes(at.view);
            const line = isInside && !/^[BS]:/iu.test(code) ? lotCalled(code) : null;
            const sku = /^[BL]:/iu.test(code) ? null : skuCalled(code);
            const isHere = sku && isInside && linesIn(at.bin).some((one) => one.sku === sku.code);
            const bin = /^[SL]:/iu.test(code) ? null : binCalled(code);
            if (line && !isHere) {
                scannedLot(line);
            } else if (bin && !isHere) {
                scannedBin(bin);
            } else if (!isInside) {
                await scannedOutside(code, sku, isTypedCode);
            } else if (sku) {
                scannedSku(sku);
            } else {
                await scannedUnknown(code);
            }
        };

        const scannedOutside = async (code, sku, isTypedCode) => {
            const target = binOf(at.bin);
            const end = fold(code);
            if (isTypedCode && target && [target.code, target.barcode].some((one) => one && fold(one).endsWith(end) && end.length >= Math.min(4, one.length))) {
                enter(target);
                return;
            }
            const found = sku ? { kind: "sku" } : await lookUp(code);
            if (found.kind === "bin") {
                if (!round.bins.has(found.bin.id)) {
                    round.bins.set(found.bin.id, found.bin);
                }
                scannedBin(round.bins.get(found.bin.id));
                return;
            }
            refuse(target ? `Scan the bin first: ${target.code}` : "Scan a bin first.");
        };

        const scannedBin = (bin) => {
            if (at.view === "walk" || at.view === "end") {
                arrive(bin);
            } else if (bin.id === at.bin && at.view === "bin") {
                commit();
                at.line = null;
                say(`You are in ${bin.code}.`, "again");
                render();
            } else if (at.view === "ask" && at.after === bin.id) {
                leaveIt(); // the second scan of the next bin is the second tap
            } else if (at.view === "ask" && bin.id === at.bin) {
                enter(bin);
            } else {
                leave(bin.id);
            }
        };

        const scannedSku = (sku) => {
            at.view = "bin";
            const lines = linesIn(at.bin).filter((line) => line.sku === sku.code);
            const open = current();
            if (open?.sku === sku.code) {
                scanned(open, sku.code);
            } else if (lines.length === 1) {
                scanned(lines[0], sku.code);
            } else if (lines.length || sku.lots) {
                choose(sku, lines);
            } else {
                scanned(foundLine(binOf(at.bin), { sku: sku.code, title: sku.title }), sku.code);
            }
        };

        // The lot's label names what the scan of the goods before it was: one unit, of this lot.
        const scannedLot = (line) => {
            const before = at.lastSku?.sku === line.sku ? round.lines.get(at.lastSku.line) : null;
            const isCountedAlready = before && mode() === "one";
            if (isCountedAlready && before.key === line.key) {
                at.lastSku = null;
                say(`${called(line)}, lot ${line.lotCode}: ${line.mine}`);
                render();
                return;
            }
            if (isTheirs(line)) {
                return;
            }
            if (isCountedAlready) {
                write(before, (before.mine ?? 1) - 1 || null);
            }
            scanned(line, null);
        };

        const scannedUnknown = async (code) => {
            const wantsLot = at.choose?.wantsLot;
            const found = wantsLot && /^L:/iu.test(code) ? { kind: "unknown" } : await lookUp(code);
            if (found.kind === "bin") {
                if (!round.bins.has(found.bin.id)) {
                    round.bins.set(found.bin.id, found.bin);
                }
                scannedBin(round.bins.get(found.bin.id));
            } else if (found.kind === "sku") {
                scannedSku(round.skus.get(found.sku));
            } else if (at.choose) {
                chosenLot(without("L:", code));
            } else {
                at.view = "bin";
                scanned(foundLine(binOf(at.bin), { code }), null);
            }
        };

        const choose = (sku, lines) => {
            commit();
            at.line = null;
            at.choose = { sku: sku.code, wantsLot: lines.length === 0 };
            say(`${sku.code}: which lot?`, "again");
            render();
        };

        const chosenLot = (lotCode) => {
            const { sku } = at.choose;
            const title = round.skus.get(sku).title;
            scanned(foundLine(binOf(at.bin), { sku, title, lotCode }), null);
        };

        // -- walking

        const place = (bin, where) => {
            at.view = where;
            at.bin = bin?.id ?? null;
            at.line = null;
            at.choose = null;
            at.after = null;
            at.lastSku = null;
            at.wrong = null;
            shown = LISTED;
            remembered("place", JSON.stringify({ batch: batch().id, view: where, bin: at.bin }));
        };

        const enter = (bin) => {
            place(bin, "bin");
            skipped.delete(bin.id);
            const lines = linesIn(bin.id).length;
            say(lines ? `${bin.code}: ${many(lines, "line")}` : `${bin.code}: scan what lies in it.`);
            if (Date.now() - loaded > MINUTE && queue.net === "online") {
                refresh();
            }
            render();
        };

        const arrive = (bin) => {
            const target = binOf(at.bin);
            if (!target || bin.id === target.id || at.wrong === bin.id || at.view === "end") {
                enter(bin);
                return;
            }
            at.wrong = bin.id;
            refuse(`This is ${bin.code}. Go to ${target.code}.`, button("Count this one instead", () => enter(bin), { class: "big" }));
        };

        const walkOn = (from) => {
            const next = nextAfter(from);
            place(next, next ? "walk" : "end");
            render();
        };

        // Done here, and on to `after`, the bin whose label was scanned, or to wherever the round leads.
        const leave = (after = null) => {
            commit();
            if (at.view === "walk") {
                skip();
                return;
            }
            const bin = binOf(at.bin);
            if (!bin) {
                return;
            }
            if (at.view === "ask") {
                leaveIt();
                return;
            }
            at.line = null;
            at.choose = null;
            at.after = after;
            if (missingIn(bin.id).length || linesIn(bin.id).length === 0) {
                at.view = "ask";
                cue("again");
                sound("again");
                hush();
                render();
                return;
            }
            finish();
        };

        const finish = () => {
            const bin = binOf(at.bin);
            const counted = linesIn(bin.id).filter((line) => line.mine !== null).length;
            if (!bin.besides) {
                bin.visited = true;
                add(batch(), "visit", { binId: bin.id, visitedAt: now() }, { words: `${bin.code} is done`, bin: bin.id });
            }
            moveOn(bin, counted ? `${bin.code}: ${many(counted, "line")} counted` : `${bin.code} is empty`);
        };

        const moveOn = (bin, words) => {
            const after = at.after ? binOf(at.after) : null;
            const next = nextAfter(bin.id);
            place(next, next ? "walk" : "end");
            commit();
            say(words);
            if (after && (!next || after.id === next.id)) {
                enter(after);
                told.replaceChildren(h("p", {}, `${words}. Now ${after.code}.`));
            } else if (after) {
                arrive(after);
                render();
            } else {
                render();
            }
        };

        // Nothing is said of what was not seen: those lines stay "not counted", and the bin is come back to.
        const leaveIt = () => {
            const bin = binOf(at.bin);
            const missing = missingIn(bin.id).length;
            if (missing === 0) {
                finish();
                return;
            }
            skipped.add(bin.id);
            moveOn(bin, `${bin.code}: ${missing} not counted`);
        };

        const noneHere = () => {
            const line = current();
            if (line) {
                if (!isTheirs(line)) {
                    remember(line);
                    write(line, 0);
                    say(`${called(line)}: none here`);
                }
                render();
                return;
            }
            if (at.view === "ask") {
                for (const missing of missingIn(at.bin)) {
                    remember(missing);
                    write(missing, 0);
                }
                finish();
                return;
            }
            refuse("None of what? Scan or tap it first.");
        };

        const skip = () => {
            if (at.bin) {
                skipped.add(at.bin);
            }
            walkOn(at.bin);
        };

        const undo = () => {
            const last = history.pop();
            if (!last) {
                refuse("There is nothing to undo.");
                return;
            }
            const line = round.lines.get(last.key) ?? last.line;
            round.lines.set(last.key, line);
            line.remark = last.remark;
            line.note = last.note;
            write(line, last.mine);
            typed = "";
            typedOver = null;
            if (at.line !== line.key) {
                commit();
            } else if (line.found && last.mine === null) {
                at.line = null;
                commit();
            }
            say(`Undone: ${called(line)} is ${last.mine ?? "not counted"}`, "again");
            render();
        };

        // -- digits

        const type = (key) => {
            const line = current();
            if (!line || line.by || line.barred || sheet.open) {
                return;
            }
            if (key === "Enter") {
                done();
                return;
            }
            if (key === "Forget") {
                if (typedOver) {
                    history.pop();
                    write(line, typedOver.mine);
                    typed = "";
                    typedOver = null;
                }
                return;
            }
            const text = key === "Backspace" ? (typed || String(line.mine ?? "")).slice(0, -1) : `${typed}${key}`.replace(/^0+(?=\d)/u, "");
            if (Number(text) > LARGEST) {
                refuse("That is more than can be counted at once.");
                return;
            }
            if (!typedOver) {
                typedOver = { mine: line.mine };
                remember(line);
            }
            typed = text;
            at.sure = "";
            write(line, text === "" ? null : Number(text));
            if (line.found && text === "") {
                round.lines.set(line.key, line); // still open: the next digit comes at once
            }
            hush();
            render();
        };

        const done = () => {
            const line = current();
            if (!line) {
                return;
            }
            if (typed && (line.mine ?? 0) >= SURE && at.sure !== typed) {
                at.sure = typed;
                refuse(`${line.mine.toLocaleString("en-US")}? Done again if that is right.`);
                return;
            }
            const isTapped = at.opened !== "scan";
            const words = line.mine === null ? `${called(line)} is not counted` : `${called(line)}: ${line.mine}`;
            const isCountedNow = line.mine !== null;
            at.line = null;
            commit();
            // Whoever counts by hand goes down the list.
            const next = isTapped && isCountedNow ? missingIn(at.bin)[0] : null;
            if (next) {
                openLine(next, "tap");
            }
            say(words);
            render();
        };

        // -- what is seen

        const twice = (name, words, sure, act, is = {}) => button(at.sure === name ? sure : words, () => {
            if (at.sure === name) {
                at.sure = "";
                act();
            } else {
                at.sure = name;
                cue("again");
                sound("again");
                render();
            }
        }, { "data-key": name, ...is });

        const amount = (line) => {
            if (line.by) {
                return line.by;
            }
            if (line.barred) {
                return "for others";
            }
            return line.mine === null ? "not counted" : line.mine.toLocaleString("en-US");
        };

        const lineWords = (line) => [
            h("strong", {}, line.title || called(line)),
            h("span", {}, [line.title ? called(line) : "Found, not known", line.lotCode ? `lot ${line.lotCode}` : "", line.expires ? `until ${line.expires}` : ""].filter(Boolean).join(" · ")),
        ];

        const lineRow = (line) => h(
            "li", { class: line.refused ? "row amber" : "row" },
            button(
                [
                    h("span", { class: "row-words" }, ...lineWords(line), line.refused ? h("em", {}, line.refused) : null),
                    h("span", { class: isCounted(line) ? "row-amount" : "row-amount soft" }, amount(line), line.isWaiting && line.mine !== null ? h("i", { title: "not sent yet" }, " ↑") : null),
                ],
                () => {
                    if (!isTheirs(line)) {
                        openLine(line, "tap");
                        hush();
                    }
                    render();
                },
                { "data-key": line.key },
            ),
        );

        const walkView = () => {
            const bin = binOf(at.bin);
            const next = nextAfter(bin.id);
            const all = planned();
            return [
                h("p", { class: "soft" }, `${all.length - toDo().length} of ${many(all.length, "bin")} done`),
                h("div", { class: "next" },
                    h("p", { class: "lead" }, "Go to"),
                    h("h2", { class: "code huge" }, bin.code),
                    h("p", { class: "lead" }, bin.room),
                    next ? h("p", { class: "soft" }, `then ${next.code}`) : null),
                h("p", {}, "Scan its label. If it cannot be read, type its last 4 characters."),
                h("div", { class: "acts" },
                    button("Later", skip, { class: "quiet", "data-key": "later" }),
                    button("All bins", openBins, { class: "quiet", "data-key": "bins" }),
                    button("More", openMenu, { class: "quiet", "data-key": "menu" })),
            ];
        };

        const binHead = (bin, words) => h("div", { class: "bin-head" }, h("h2", { class: "code" }, bin.code), h("p", { class: "soft" }, words));

        const listView = () => {
            const bin = binOf(at.bin);
            const lines = linesIn(bin.id);
            const missing = missingIn(bin.id).length;
            const sorted = [...lines.filter((line) => line.refused), ...lines.filter((line) => !line.refused && isMissing(line)), ...lines.filter((line) => !line.refused && !isMissing(line))];
            return [
                binHead(bin, [bin.room, `${lines.length - missing} of ${many(lines.length, "line")} counted`].join(" · ")),
                lines.length ? h("ul", { class: "lines" }, sorted.slice(0, shown).map(lineRow)) : h("p", {}, "Scan what lies in it. What is not in the list counts too."),
                lines.length > shown ? button(`Show ${Math.min(LISTED, lines.length - shown)} more`, () => {
                    shown += LISTED;
                    render();
                }, { class: "quiet", "data-key": "more" }) : null,
                h("div", { class: "acts low" },
                    button("Finish this bin", () => leave(), { class: missing ? "quiet wide" : "big", "data-key": "finish" }),
                    missing === lines.length ? twice("empty", "Empty bin", "Really empty?", () => {
                        for (const line of missingIn(bin.id)) {
                            remember(line);
                            write(line, 0);
                        }
                        finish();
                    }, { class: "quiet" }) : null,
                    history.length ? button("Undo", undo, { class: "quiet", "data-key": "undo" }) : null,
                    button("More", openMenu, { class: "quiet", "data-key": "menu" })),
            ];
        };

        const key = (words, act, is = {}) => button(words, act, { "data-key": `pad-${is["aria-label"] ?? words}`, ...is });

        const lineView = (line) => {
            const bin = binOf(line.bin);
            const unit = round.skus.get(line.sku)?.unit;
            const lots = line.sku ? linesIn(bin.id).filter((one) => one.sku === line.sku) : [];
            const sku = round.skus.get(line.sku);
            return [
                h("div", { class: "line-head" },
                    h("p", { class: "code" }, bin.code),
                    h("h2", {}, line.title || called(line)),
                    h("p", { class: "soft" }, [line.title ? called(line) : "Found, not known: kept as it was scanned", line.lotCode ? `lot ${line.lotCode}` : "", line.expires ? `until ${line.expires}` : ""].filter(Boolean).join(" · ")),
                    line.remark || line.note ? h("p", {}, [remarkWords(line.remark), line.note].filter(Boolean).join(": ")) : null,
                    line.refused ? h("p", { class: "problem" }, line.refused) : null),
                h("div", { class: "amount" },
                    key("−1", () => {
                        countOne(line, -1);
                        render();
                    }, { class: "quiet" }),
                    h("div", { class: line.mine === null ? "figure soft" : "figure", role: "group", "aria-label": "Counted" }, line.mine === null ? "–" : line.mine.toLocaleString("en-US"), unit ? h("small", {}, ` ${unit}`) : null),
                    key("+1", () => {
                        countOne(line);
                        render();
                    }, { class: "quiet" })),
                h("div", { class: "pad", role: "group", "aria-label": "Quantity" },
                    [..."123456789"].map((digit) => key(digit, () => type(digit))),
                    key("⌫", () => type("Backspace"), { "aria-label": "Delete the last digit" }),
                    key("0", () => type("0")),
                    key("Done", done, { class: "go" })),
                h("div", { class: "acts" },
                    twice("none", "None here", "Really none?", noneHere, { class: "quiet" }),
                    history.length ? button("Undo", undo, { class: "quiet", "data-key": "undo" }) : null,
                    button("Remark", () => openRemarks(line), { class: "quiet", "data-key": "remark" }),
                    sku?.lots || lots.length > 1 ? button("Other lot", () => {
                        choose(sku, lots);
                    }, { class: "quiet", "data-key": "lot" }) : null),
            ];
        };

        const chooseView = () => {
            const sku = round.skus.get(at.choose.sku);
            const lots = linesIn(at.bin).filter((line) => line.sku === sku.code);
            return [
                binHead(binOf(at.bin), sku.title),
                h("p", {}, `Which lot of ${sku.code}? Tap it, or scan its label.`),
                h("div", { class: "stack" },
                    lots.map((line) => button([h("strong", {}, line.lotCode || "No lot"), h("span", {}, [line.expires ? `until ${line.expires}` : "", line.mine === null ? amount(line) : `counted ${amount(line)}`].filter(Boolean).join(" · "))], () => {
                        scanned(line, null);
                    }, { class: "choice", "data-key": line.key })),
                    button("Another lot: type or scan it", () => {
                        at.choose.wantsLot = true;
                        typeMode(true);
                        say("Scan or type the code of the lot.", "again");
                    }, { class: "quiet", "data-key": "lot" }),
                    lots.some((line) => !line.lotCode) ? null : button("No lot on it", () => scanned(foundLine(binOf(at.bin), { sku: sku.code, title: sku.title, remark: "wrong_lot" }), null), { class: "quiet", "data-key": "no-lot" }),
                    button("Back", () => {
                        at.choose = null;
                        render();
                    }, { class: "quiet", "data-key": "back" })),
            ];
        };

        const askView = () => {
            const bin = binOf(at.bin);
            const missing = missingIn(bin.id);
            const counted = linesIn(bin.id).filter((line) => line.mine !== null).length;
            const isEmpty = linesIn(bin.id).length === 0;
            return [
                binHead(bin, isEmpty ? "Nothing counted" : `${many(counted, "line")} counted`),
                h("p", { class: "lead" }, isEmpty ? "Is this bin empty?" : `Not counted: ${missing.length}. Mark as none found?`),
                h("ul", { class: "plain" }, missing.slice(0, 5).map((line) => h("li", {}, [line.title || called(line), line.lotCode ? `lot ${line.lotCode}` : ""].filter(Boolean).join(", "))), missing.length > 5 ? h("li", {}, `and ${missing.length - 5} more`) : null),
                h("div", { class: "acts low" },
                    isEmpty ? button("Yes, it is empty", finish, { class: "big", "data-key": "none" }) : button(`None found: mark ${missing.length} as 0`, noneHere, { class: "big", "data-key": "none" }),
                    isEmpty ? null : button("Leave them for later", leaveIt, { class: "quiet", "data-key": "leave" }),
                    button("Back to the bin", () => enter(bin), { class: "quiet", "data-key": "back" })),
            ];
        };

        const endView = () => {
            const left = toDo();
            const all = planned();
            const lines = [...round.lines.values()];
            const missing = lines.filter((line) => !isCounted(line)).length;
            const isHandedIn = own().some((entry) => entry.kind === "submit" && entry.state !== "refused");
            const bad = own().filter((entry) => entry.state === "refused").length;
            return [
                h("h2", {}, left.length ? `${many(left.length, "bin")} left` : `${many(all.length, "bin")} done`),
                h("p", {}, `${many(lines.filter(isCounted).length, "line")} counted${missing ? `, ${missing} not counted` : ""}.`),
                bad ? h("p", { class: "problem" }, `${many(bad, "count was", "counts were")} refused: look at them first, at the top.`) : null,
                left.length ? h("ul", { class: "lines" }, left.slice(0, shown).map(binRow)) : null,
                isHandedIn ? h("p", { class: "lead" }, "It is handed in as soon as everything is sent.") : null,
                h("div", { class: "acts low" },
                    isHandedIn ? null : missing || left.length
                        ? twice("hand-in", "Hand in the round", `Hand in, ${missing ? `${missing} not counted` : "all the same"}?`, handIn, { class: "big" })
                        : button("Hand in the round", handIn, { class: "big", "data-key": "hand-in" }),
                    history.length ? button("Undo", undo, { class: "quiet", "data-key": "undo" }) : null,
                    button("All bins", openBins, { class: "quiet", "data-key": "bins" }),
                    button("More", openMenu, { class: "quiet", "data-key": "menu" })),
            ];
        };

        const handIn = () => {
            commit();
            own().filter((entry) => entry.kind === "submit").forEach(drop);
            add(batch(), "submit", {}, { words: `${batch().label} is handed in` });
            render();
            send();
        };

        const binRow = (bin) => h("li", { class: "row" }, button([
            h("span", { class: "row-words" }, h("strong", { class: "code" }, bin.code), h("span", {}, bin.room)),
            h("span", { class: "row-amount soft" }, isDone(bin) ? "done" : missingIn(bin.id).length ? `${missingIn(bin.id).length} to count` : "to do"),
        ], () => {
            close();
            commit();
            hush();
            place(bin, "walk");
            render();
        }, { "data-key": bin.id }));

        const openBins = () => open("All bins", h("ul", { class: "lines" }, [...round.bins.values()].map(binRow)));

        const remarkWords = (value) => data.remarks.find(([name]) => name === value)?.[1] ?? "";

        const openRemarks = (line) => {
            const note = h("textarea", { id: "note", rows: "2", maxlength: "500" });
            note.value = line.note ?? "";
            note.addEventListener("input", () => {
                line.note = note.value.trim(); // also if a scan closes the sheet
            });
            const set = (remark) => {
                remember(line);
                line.remark = remark;
                line.note = note.value.trim();
                if (line.mine !== null) {
                    write(line, line.mine);
                }
                close();
                say(remark ? `${called(line)}: ${remarkWords(remark)}` : `${called(line)}: noted`);
                render();
            };
            open(
                called(line),
                h("div", { class: "field" }, h("label", { for: "note" }, "Note"), note),
                h("div", { class: "remarks" }, data.remarks.map(([value, words]) => button(words, () => set(value), { "aria-pressed": line.remark === value ? "true" : "false" }))),
                h("div", { class: "acts" }, button("Only the note", () => set(line.remark ?? ""), { class: "quiet" }), line.remark ? button("No remark", () => set(""), { class: "quiet" }) : null),
            );
        };

        const switcher = (words, name, present, choices) => h(
            "fieldset", {}, h("legend", {}, words),
            h("div", { class: "switch" }, choices.map(([value, label]) => h(
                "label", {}, h("input", { type: "radio", name, value, checked: present === value, onchange: () => {
                    remembered(name, value);
                    wake();
                    sound("ok");
                } }), h("span", {}, label),
            ))),
        );

        const openMenu = () => open(
            batch().label,
            switcher("A scan of goods", "mode", mode(), [["one", "counts one"], ["type", "asks how many"]]),
            switcher("Sound", "sound", loudness(), [["off", "Off"], ["low", "Low"], ["loud", "Loud"]]),
            h("div", { class: "stack" },
                button("All bins", openBins, { class: "quiet" }),
                at.view === "end" ? null : button("Finish the round", () => {
                    close();
                    commit();
                    place(null, "end");
                    hush();
                    render();
                }, { class: "quiet" })),
            h("p", { class: "soft" }, "Cards that can be scanned, to be printed from the list of rounds: undo, finish the bin, none found."),
        );

        const render = () => {
            const isHeld = view.contains(document.activeElement);
            const held = document.activeElement?.dataset?.key;
            const line = current();
            const bin = binOf(at.bin);
            let content;
            if (at.view === "end" || !bin) {
                content = endView();
            } else if (at.view === "walk") {
                content = walkView();
            } else if (at.view === "ask") {
                content = askView();
            } else if (at.choose) {
                content = chooseView();
            } else {
                content = line ? lineView(line) : listView();
            }
            view.replaceChildren(...content.filter(Boolean));
            view.dataset.view = at.view === "bin" && line ? "line" : at.view;
            if (isHeld) {
                // What was pressed may be gone: whoever uses the keyboard goes on at the top of what came instead.
                const same = [...view.querySelectorAll("[data-key]")].find((one) => one.dataset.key === held);
                const head = view.querySelector("h2");
                head?.setAttribute("tabindex", "-1");
                (remembered("box") ? scanBox : same ?? head)?.focus({ preventScroll: true });
            }
        };

        const typeMode = (isOn) => {
            const toggle = document.querySelector("[data-type]");
            scanBox.setAttribute("inputmode", isOn ? "text" : "none");
            toggle.setAttribute("aria-pressed", String(isOn));
            if (isOn) {
                scanBox.focus();
            }
        };

        // -- what the queue tells

        heard.sent = (entry) => {
            if (entry.batch !== batch().id) {
                return;
            }
            if (entry.kind === "submit") {
                if (entry.state === "sent") {
                    location.assign(here.scope);
                }
                render();
                return;
            }
            if (entry.kind !== "count") {
                return;
            }
            if (entry.state === "refused" || !queue.entries.includes(entry)) {
                refresh();
            }
            const line = round.lines.get(entry.line);
            if (!line) {
                return;
            }
            const isLast = !own().some((other) => other.line === entry.line && other.order > entry.order);
            if (entry.state === "refused") {
                line.refused = entry.reason;
            } else if (isLast) {
                line.isWaiting = entry.state !== "sent";
            }
            if (entry.answer) {
                learn(line, entry.answer);
            }
            render();
        };

        // What was found has an id from now on, and perhaps the SKU that its barcode belongs to.
        const learn = (line, answer) => {
            line.id = answer.id;
            if (answer.sku && !line.sku) {
                const there = round.lines.get(lineKey(line.bin, answer.sku, "", answer.lotCode));
                round.lines.delete(line.key);
                const known = there ?? line;
                known.mine = line.mine;
                known.isWaiting = line.isWaiting;
                known.sku = answer.sku;
                known.title = answer.title ?? known.title;
                const before = line.key;
                known.key = lineKey(known.bin, known.sku, "", known.lotCode);
                round.lines.set(known.key, known);
                if (at.line === before) {
                    at.line = known.key;
                }
                for (const entry of own().filter((one) => one.line === before)) {
                    entry.line = known.key;
                    entry.what = { ...entry.what, id: known.id, sku: known.sku, title: known.title };
                    keep(entry);
                }
            }
        };

        // -- begin where it was left

        const begin = () => {
            build();
            for (const entry of own().filter((one) => one.state === "open")) {
                place(binOf(entry.bin) ?? null, "bin");
                at.line = entry.line; // it was being counted when the page went away
            }
            const wanted = binOf(new URLSearchParams(location.search).get("bin"));
            if (wanted && !at.line) {
                enter(wanted); // its label was scanned to get here
                history.length = 0;
                window.history.replaceState(null, "", location.pathname);
                return;
            }
            if (!at.line) {
                let left = null;
                try {
                    left = JSON.parse(remembered("place"));
                } catch {
                    // Whatever it was, the round begins with what is to be done first.
                }
                const bin = left?.batch === batch().id ? binOf(left.bin) : null;
                if (bin && left.view !== "end" && !(left.view === "walk" && isDone(bin))) {
                    place(bin, left.view === "bin" ? "bin" : "walk");
                } else {
                    const first = toDo()[0] ?? null;
                    place(first, first ? "walk" : "end");
                }
            }
            render();
        };

        document.querySelector("[data-scan-form]").addEventListener("submit", (event) => {
            event.preventDefault();
            const code = scanBox.value.trim();
            scanBox.value = "";
            typeMode(false);
            if (code) {
                take(code, true);
            }
        });
        document.querySelector("[data-type]").addEventListener("click", () => typeMode(!isTyped()));
        begin();
        early.hand(take, type);
        addEventListener("visibilitychange", () => {
            if (document.visibilityState === "visible" && Date.now() - loaded > MINUTE / 2 && !current()) {
                refresh();
            }
        });
    };

    // --- the other pages

    const homePage = () => {
        const form = document.querySelector("[data-find]");
        const code = form.querySelector("[name=code]");
        form.addEventListener("submit", (event) => {
            if (!navigator.onLine) {
                event.preventDefault();
                refuse("Offline: a round that was begun can be gone on with, a bin is found when the network is back.");
            }
        });
        listen((text) => {
            code.value = text;
            form.requestSubmit();
        }, () => undefined);
        let isSure = false;
        document.querySelector("[data-logout]").addEventListener("submit", (event) => {
            const unsent = ["open", "waiting", "refused"].flatMap(inState);
            if (unsent.length && !isSure) {
                event.preventDefault();
                isSure = true;
                refuse(`${many(unsent.length, "count")} would stay on this phone until you log in on it again. Log out all the same?`);
            }
        });
    };

    const begin = async () => {
        if (here.page === "login") {
            if (window.caches) {
                await caches.delete("count-pages"); // nobody is logged in: no page of whoever was before is kept
            }
            return;
        }
        if (!here.person) {
            return;
        }
        const early = { codes: [], take: (code) => early.codes.push(code), type: () => undefined };
        early.hand = (take, type) => {
            Object.assign(early, { take, type });
            early.codes.splice(0).forEach((code) => take(code));
        };
        if (here.page === "round") {
            listen((code) => early.take(code), (key) => early.type(key));
        }
        // A page that was kept on the phone may be older than the session: what counts is the cookie.
        addEventListener("submit", (event) => {
            const field = event.target.querySelector("[name=csrfmiddlewaretoken]");
            if (field) {
                field.value = token() || field.value;
            }
        }, true);
        await openQueue();
        pill?.addEventListener("click", openQueueSheet);
        if (here.page === "round") {
            roundPage(early);
        } else if (here.page === "home") {
            for (const entry of inState("open")) {
                entry.state = "waiting"; // its page is gone
                keep(entry);
            }
            homePage();
        }
        showPill();
        addEventListener("online", () => {
            setNet("online");
            sendAfresh();
        });
        addEventListener("offline", () => setNet("offline"));
        addEventListener("focus", sendAfresh);
        setInterval(send, EVERY);
        send();
        if (navigator.serviceWorker) {
            await navigator.serviceWorker.register(here.worker, { scope: here.scope });
            await navigator.serviceWorker.ready;
            if (here.page === "round" && !navigator.serviceWorker.controller) {
                // This first page was loaded past the worker.
                const pages = await caches.open("count-pages");
                await pages.add(location.pathname);
            }
        }
    };

    begin();
})();
