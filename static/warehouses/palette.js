// On every page of the back office: the palette, what a scanner types, and the keys that all pages know.
//
// A scanner types like a person, only faster. Where no field takes what is typed, a key is held back for as long as a
// scanner would need for the next one; single keys that turn out to be a person's are then given to the page. So no scan
// approves, deletes or leaves anything by the letters that are in it, and every page can be scanned on.
(() => {
    const GAP = 50; // between two keys of a scanner, in milliseconds
    const SHORTEST = 4; // with Enter or Tab at its end
    const CERTAIN = 8; // without: nobody rolls over so many keys
    const PAUSE = 180; // after the last letter that is typed into the palette
    const GO = 1500; // between g and its letter

    const palette = () => document.getElementById("palette");
    const input = () => document.getElementById("palette-term");
    const found = () => document.getElementById("palette-found");
    const rows = () => [...found().querySelectorAll("[role=option]")];
    const areMineOn = () => palette()?.dataset.keys !== "off"; // the person's choice; a page may have a switch too
    const areKeysOn = () => areMineOn() && !document.documentElement.classList.contains("keys-off");

    const isTyping = (target) =>
        target instanceof HTMLElement &&
        (target.isContentEditable ||
            target.matches(
                "textarea, select, [role=textbox], [role=combobox], [role=listbox]," +
                    "input:not([type=checkbox], [type=radio], [type=submit], [type=button], [type=reset], [type=file])",
            ));
    const focused = () => document.activeElement ?? document.body;

    // --- what is typed where no field takes it

    const ours = new WeakSet(); // keys that were held back and are given to the page now
    let held = [];
    let last = 0;
    let timer = 0;

    const press = (key, code = "") => {
        const target = focused();
        if (isTyping(target) && key.length === 1) {
            document.execCommand("insertText", false, key); // the key before has opened a field
            return true;
        }
        const event = new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true, composed: true });
        ours.add(event);
        return target.dispatchEvent(event);
    };

    // Given to the page, unless nobody can have typed so much so fast.
    const release = () => {
        clearTimeout(timer);
        const keys = held;
        held = [];
        if (keys.length < CERTAIN && areKeysOn()) {
            for (const { key, code } of keys) {
                press(key, code);
            }
        }
    };

    const takesScansItself = () =>
        document.querySelector("[data-takes-scans], dialog:modal:not(#palette)") !== null;

    const hold = (event) => {
        if (ours.has(event) || !palette() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
            return;
        }
        if (event.key === "Shift" || event.key === "CapsLock") {
            return; // a scanner sends it for capitals
        }
        const isFast = held.length > 0 && event.timeStamp - last <= GAP;
        if (isTyping(event.target) || palette().open || takesScansItself()) {
            release();
            return;
        }
        const ends = event.key === "Enter" || event.key === "Tab";
        if (ends && isFast) {
            event.preventDefault();
            event.stopImmediatePropagation();
            const code = held.map(({ key }) => key).join("").trim();
            if (held.length >= SHORTEST && code) {
                held = [];
                clearTimeout(timer);
                scanned(code);
                return;
            }
            release();
            if (press(event.key) && event.key === "Enter") {
                const target = focused();
                if (target.matches("button, a[href], summary")) {
                    target.click();
                } else {
                    target.form?.requestSubmit();
                }
            }
            return;
        }
        if (event.key.length !== 1 || event.repeat || (event.key === " " && !isFast)) {
            release();
            return;
        }
        if (!isFast) {
            release();
        }
        event.preventDefault();
        event.stopImmediatePropagation();
        held.push({ key: event.key, code: event.code });
        last = event.timeStamp;
        clearTimeout(timer);
        timer = setTimeout(release, GAP);
    };
    window.addEventListener("keydown", hold, true);

    // --- the palette

    let asking = null; // what the answer on its way was asked for
    let shown = null; // the term of the rows that are shown
    let wanted = ""; // Enter was pressed before the answer came: "here", or "tab"

    const select = (row) => {
        for (const each of rows()) {
            each.setAttribute("aria-selected", String(each === row));
        }
        if (row) {
            input().setAttribute("aria-activedescendant", row.id);
            row.scrollIntoView({ block: "nearest" });
        } else {
            input().removeAttribute("aria-activedescendant");
        }
    };
    const selected = () => rows().find((row) => row.getAttribute("aria-selected") === "true");

    const open = (link, inTab) => {
        if (inTab) {
            window.open(link, "_blank", "noopener");
        } else {
            location.assign(link);
        }
    };

    const ask = async (term) => {
        const form = palette().querySelector("form");
        asking?.abort();
        asking = new AbortController();
        form.setAttribute("aria-busy", "true");
        const address = `${palette().dataset.address}?extended=1&s=${encodeURIComponent(term)}`;
        try {
            const answer = await fetch(address, { signal: asking.signal, headers: { "X-Requested-With": "fetch" } });
            if (answer.redirected || !answer.ok) {
                throw new Error(String(answer.status));
            }
            return new DOMParser().parseFromString(await answer.text(), "text/html");
        } finally {
            form.removeAttribute("aria-busy");
        }
    };

    const show = (term, page) => {
        shown = term;
        found().replaceChildren(...page.body.childNodes);
        const list = rows();
        input().setAttribute("aria-expanded", String(list.length > 0));
        select(term ? list[0] : null);
        const none = found().querySelector(".palette-none");
        document.getElementById("palette-told").textContent =
            none?.textContent ?? (term ? `${list.length} found` : "");
    };

    const failed = (error, term) => {
        if (error.name === "AbortError") {
            return;
        }
        const said = document.createElement("p");
        said.className = "palette-none";
        said.setAttribute("role", "alert");
        const link = document.createElement("a");
        link.className = "text-link";
        link.href = `${palette().dataset.address}?s=${encodeURIComponent(term)}`;
        link.textContent = "Search on a page of its own";
        said.append("No answer came. You may be offline, or logged out. ", link);
        shown = null;
        wanted = "";
        found().replaceChildren(said);
    };

    const search = async () => {
        const term = input().value.trim();
        try {
            const page = await ask(term);
            if (input().value.trim() !== term) {
                return; // more was typed, which is on its way
            }
            show(term, page);
            const list = found().querySelector("#palette-rows");
            const link = list?.dataset.opens ?? rows()[0]?.href;
            if (wanted && link) {
                open(link, wanted === "tab");
            } else if (list?.hasAttribute("data-at-once")) {
                open(list.dataset.opens);
            }
            wanted = "";
        } catch (error) {
            failed(error, term);
        }
    };

    const openPalette = (term = "") => {
        if (!palette().open) {
            palette().showModal();
        }
        input().value = term;
        input().focus();
        wanted = "";
        if (!term) {
            void search();
        }
    };

    // The last code counts: whoever scans twice means the second.
    async function scanned(code) {
        const asked = new CustomEvent("scan", { detail: { code }, bubbles: true, cancelable: true });
        if (!document.dispatchEvent(asked)) {
            return; // the page knows what to do with it
        }
        try {
            const page = await ask(code);
            const link = page.getElementById("palette-rows")?.dataset.opens;
            if (link) {
                open(link);
                return;
            }
            openPalette(code);
            show(code, page);
        } catch (error) {
            if (error.name !== "AbortError") {
                openPalette(code);
                failed(error, code);
            }
        }
    }

    let pause = 0;
    document.addEventListener("input", ({ target }) => {
        if (target.id === "palette-term") {
            clearTimeout(pause);
            wanted = "";
            pause = setTimeout(search, PAUSE);
        }
    });

    document.addEventListener("submit", (event) => {
        if (event.target.closest("#palette")) {
            event.preventDefault();
        }
    });

    const inPalette = (event) => {
        const list = rows();
        const at = list.indexOf(selected());
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            const next = at + (event.key === "ArrowDown" ? 1 : -1);
            select(list[Math.max(0, Math.min(next, list.length - 1))]);
        } else if (event.key === "Enter") {
            event.preventDefault();
            const inTab = event.ctrlKey || event.metaKey;
            const term = input().value.trim();
            if (shown === term && at >= 0) {
                open(list[at].href, inTab);
            } else if (term) {
                clearTimeout(pause);
                wanted = inTab ? "tab" : "here";
                void search();
            }
        } else if (event.key === "Escape" && input().value) {
            event.preventDefault(); // the first empties it, the second closes
            input().value = "";
            void search();
        }
    };

    // --- the keys of all pages

    let go = 0;

    const allKeys = () => document.getElementById("all-keys");

    // A page with keys of its own has its own list: what all pages know stands under it there.
    const showKeys = () => {
        const own = document.getElementById("keys-help");
        if (own) {
            const table = own.querySelector("tbody");
            if (table && !own.querySelector("[data-go]")) {
                const extra = allKeys().querySelectorAll("tbody tr:not(:last-child)");
                table.append(...[...extra].map((row) => row.cloneNode(true)));
            }
            if (!own.open) {
                own.showModal();
            }
        } else if (!document.querySelector("dialog:modal")) {
            allKeys().showModal();
        }
    };

    const searchHere = () => {
        const field = [...document.querySelectorAll("#searchbar, main input[type=search], main input[name=q]")].find(
            (each) => each.checkVisibility(),
        );
        if (field) {
            field.focus();
            field.select();
        } else {
            openPalette();
        }
    };

    window.addEventListener("keydown", (event) => {
        if (!palette()) {
            return;
        }
        if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
            event.preventDefault();
            openPalette();
            return;
        }
        if (event.target.id === "palette-term") {
            inPalette(event);
            return;
        }
        const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
        if (event.key === "?" && isPlain && !isTyping(event.target) && areKeysOn()) {
            event.preventDefault();
            showKeys();
            return;
        }
        if (event.defaultPrevented || !isPlain || isTyping(event.target) || !areKeysOn()) {
            return;
        }
        if (document.querySelector("dialog:modal")) {
            return;
        }
        const now = Date.now();
        if (now - go < GO) {
            go = 0;
            const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
            if (link) {
                event.preventDefault();
                location.assign(link.href);
                return;
            }
        }
        if (event.key === "g") {
            go = now;
        } else if (event.key === "/") {
            event.preventDefault();
            searchHere();
        }
    });

    document.addEventListener("click", (event) => {
        const { target } = event;
        if (target === palette() || target === allKeys()) {
            target.close(); // beside it
        } else if (target.closest("[data-palette]") && palette()) {
            event.preventDefault();
            openPalette();
        } else if (target.closest("[data-close-keys]")) {
            allKeys().close();
        }
    });

    document.addEventListener("change", async ({ target }) => {
        const form = target.closest("[data-keys-form]");
        if (!form) {
            return;
        }
        const answer = await fetch(form.action, {
            method: "POST",
            body: new FormData(form),
            headers: { "X-Requested-With": "fetch" },
        }).catch(() => null);
        if (!answer?.ok) {
            target.checked = !target.checked;
            return;
        }
        palette().dataset.keys = target.checked ? "on" : "off";
        document.documentElement.classList.remove("keys-off");
        sayKeys();
    });

    const sayKeys = () => {
        if (!areMineOn()) {
            document.documentElement.classList.add("keys-off"); // a page may have switched its own off
        }
        const box = allKeys()?.querySelector("[name=keys]");
        if (box) {
            box.checked = areMineOn();
        }
    };
    document.addEventListener("DOMContentLoaded", () => palette() && sayKeys());
})();
