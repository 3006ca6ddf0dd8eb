// The approvers' queue by keyboard and without loading pages. The forms and links of the page are sent and followed as
// they are, with the header X-Approvals; the answer is the part of the page that changes, which takes its place.
(() => {
    const main = () => document.getElementById("approvals");
    if (!main()) {
        return;
    }

    const patience = 1000; // a second press within this is taken for the first one's bounce
    const told = document.getElementById("approvals-told");
    const { areKeysOn, help, isTyping, showKeys, ...page } = keyedPage(`approvals-keys-${main().dataset.person}`);
    const ahead = new Map(); // addresses of requests, and what they will look like
    let busy = false;
    let pressed = 0;

    const one = (selector) => main().querySelector(selector);
    const all = (selector) => [...main().querySelectorAll(selector)];
    const detail = () => one("[data-detail]");
    const isNarrow = () => matchMedia("(max-width: 63.99rem)").matches;

    // --- asking the server

    const ask = async (address, wanted, options = {}) => {
        const answer = await fetch(address, {
            credentials: "same-origin",
            ...options,
            headers: { "X-Approvals": wanted },
        });
        const type = answer.headers.get("Content-Type") || "";
        // Logged out, or something that this script knows nothing about: the page itself says it best.
        if (answer.redirected || !type.startsWith("text/html") || ![200, 409, 422].includes(answer.status)) {
            throw new Error(`Unexpected answer ${answer.status}`);
        }
        const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
        return { parsed, address: answer.headers.get("X-Approvals-Address"), ok: answer.ok };
    };

    const part = async (address, options, fallback, isBack = false) => {
        if (busy) {
            return;
        }
        busy = true;
        document.getElementById("approval-detail")?.setAttribute("aria-busy", "true");
        try {
            const found = await ask(address, "part", options);
            put(found, options.method === "POST", isBack);
        } catch {
            fallback();
        } finally {
            busy = false;
            document.getElementById("approval-detail")?.removeAttribute("aria-busy");
        }
    };

    const put = ({ parsed, address }, isDone, isBack) => {
        const scroll = one(".queue-rows")?.scrollTop ?? 0;
        const chosen = new Set(isDone ? [] : all("[data-choose]:checked").map((box) => box.value));
        const fresh = document.adoptNode(parsed.getElementById("approvals"));
        const words = parsed.getElementById("approvals-told");
        main().replaceWith(fresh);
        if (words.firstElementChild || isDone) {
            tell(document.adoptNode(words));
        }
        if (address && !isBack && address !== location.pathname + location.search) {
            history.pushState(null, "", address);
        }
        for (const box of all("[data-choose]")) {
            box.checked = chosen.has(box.value);
        }
        arrived(scroll);
    };

    const arrived = (scroll = 0) => {
        const list = one(".queue-rows");
        if (list) {
            list.scrollTop = scroll;
        }
        one(".ask-open")?.scrollIntoView({ block: "nearest" });
        count();
        showKeys();
        const faults = one("[data-faults]");
        const open = one(".decide-panel.is-open");
        if (faults) {
            faults.focus();
        } else if (open) {
            focusIn(open);
        } else {
            (one("#detail-title") ?? one("h2"))?.focus({ preventScroll: true });
        }
        if (isNarrow() && main().classList.contains("is-open")) {
            main().scrollIntoView({ block: "start" });
        }
        lookAhead();
    };

    // The next request is asked for while this one is read, so that it is there at once.
    const lookAhead = async () => {
        const next = detail()?.dataset.next;
        if (!next || ahead.has(next)) {
            return;
        }
        ahead.clear();
        ahead.set(next, null);
        try {
            const { parsed } = await ask(next, "detail");
            ahead.set(next, parsed.querySelector("[data-detail]")?.outerHTML ?? null);
        } catch {
            ahead.delete(next);
        }
    };

    const showAhead = (address) => {
        const known = ahead.get(address);
        const place = document.getElementById("approval-detail");
        if (!known || !place) {
            return;
        }
        const parsed = new DOMParser().parseFromString(known, "text/html");
        place.replaceChildren(document.adoptNode(parsed.querySelector("[data-detail]")));
        const key = place.querySelector("[data-detail]").dataset.key;
        for (const row of all("[data-row]")) {
            row.classList.toggle("ask-open", row.dataset.key === key);
        }
    };

    // --- doing

    const send = (form, button) => {
        const now = Date.now();
        if (busy || now - pressed < patience) {
            return;
        }
        pressed = now;
        const body = new URLSearchParams(new FormData(form, button ?? undefined));
        const isDecision = form.closest("[data-detail]") && !form.matches("[data-edit]");
        const next = detail()?.dataset.next;
        const answer = part(form.action, { method: "POST", body }, () => form.submit());
        if (isDecision && next && !document.querySelector(".decide-panel.is-open")) {
            showAhead(next);
        }
        return answer;
    };

    const follow = (address) => {
        if (busy) {
            return;
        }
        showAhead(address);
        return part(address, {}, () => location.assign(address));
    };

    const tell = (words) => {
        told.replaceChildren(...words.childNodes);
        fade();
    };

    const fade = () => {
        const shown = told.querySelector("[data-told]");
        const undo = shown?.querySelector("[data-undo]");
        page.fade(shown, () => {
            if (shown.matches("[data-fades]")) {
                shown.remove();
            } else {
                undo?.remove();
            }
        });
    };

    // --- panels

    const focusIn = (panel) => {
        const place = panel.querySelector("[data-quantity]") ?? panel.querySelector("[data-reasons]");
        place?.focus();
        place?.select?.();
    };

    const openPanel = (name) => {
        for (const panel of all(".decide-panel")) {
            panel.classList.toggle("is-open", panel.id === name);
        }
        for (const link of all("[data-panel]")) {
            link.setAttribute("aria-expanded", String(link.dataset.panel === name));
        }
        const panel = name && document.getElementById(name);
        if (panel) {
            focusIn(panel);
        } else {
            one("#detail-title")?.focus({ preventScroll: true });
        }
    };

    const openedPanel = () => one(".decide-panel.is-open");

    const isCut = (panel) =>
        [...panel.querySelectorAll("[data-quantity]")].some((field) => field.value !== field.dataset.asked);

    // --- selecting

    const count = () => {
        const form = document.getElementById("bulk");
        if (!form) {
            return;
        }
        const everything = form.querySelector("[data-all]");
        const boxes = all("[data-choose]");
        const total = form.elements.matching.value.split(" ").filter(Boolean).length;
        const number = everything?.checked ? total : boxes.filter((box) => box.checked).length;
        form.classList.toggle("has-chosen", number > 0);
        const words = form.querySelector("[data-selected-words]");
        if (words) {
            words.textContent = `${number} selected`;
        }
    };

    const choose = (box, isRange) => {
        page.choose(all("[data-choose]"), box, isRange);
        const everything = one("[data-all]");
        if (everything && !box.checked) {
            everything.checked = false;
        }
        count();
    };

    // --- keys

    const step = (by) => {
        const links = all("[data-row] a[data-open]");
        const at = links.findIndex((link) => link.closest("[data-row]").classList.contains("ask-open"));
        const target = links[at + by];
        if (target) {
            follow(target.href);
        }
    };

    const press = (form) => {
        if (form) {
            send(form, form.querySelector("button[type=submit]"));
        }
    };

    const acts = {
        a: () => {
            const panel = openedPanel();
            if (panel) {
                if (panel.id === "edit") {
                    press(panel.querySelector("form"));
                }
                return;
            }
            const bulk = document.getElementById("bulk");
            press(bulk?.classList.contains("has-chosen") ? bulk : one("[data-key-a]"));
        },
        r: () => one("#reject") && openPanel("reject"),
        e: () => one("#edit") && openPanel("edit"),
        s: () => press(one("[data-key-s]")),
        z: () => press(told.querySelector("[data-undo]")),
        j: () => step(1),
        k: () => step(-1),
        x: () => {
            const box = one(".ask-open [data-choose]");
            if (box) {
                box.checked = !box.checked;
                choose(box, false);
            }
        },
        "?": () => help.showModal(),
        "/": () => {
            one("[data-search]")?.focus();
            one("[data-search]")?.select();
        },
    };

    document.addEventListener("keydown", (event) => {
        if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
            return;
        }
        const panel = openedPanel();
        const { target } = event;
        if (help.open) {
            return;
        }
        if (event.key === "Escape") {
            if (panel) {
                openPanel("");
            } else if (isTyping(target)) {
                target.blur();
            }
            for (const menu of all("details.menu[open]")) {
                menu.open = false;
            }
            return;
        }
        if (event.key === "Enter" && panel?.contains(target)) {
            enter(event, panel, target);
            return;
        }
        if (isTyping(target) || !areKeysOn() || event.repeat) {
            return;
        }
        if (panel && /^[1-9]$/.test(event.key)) {
            const choice = panel.querySelector(`[data-reasons] input[value="${event.key}"]`);
            if (choice) {
                event.preventDefault();
                choice.checked = true;
                choice.focus();
                if (choice === [...panel.querySelectorAll("[data-reasons] input")].at(-1)) {
                    panel.querySelector(".choices-text + input")?.focus(); // another reason has to be written
                }
            }
            return;
        }
        const act = Object.hasOwn(acts, event.key) ? acts[event.key] : null;
        if (act && (!event.shiftKey || event.key === "?")) {
            event.preventDefault();
            act();
        }
    });

    // In the quantities: on to the next one, then to the reasons if there is to be one; elsewhere it is sent.
    const enter = (event, panel, target) => {
        if (target.matches("button, a")) {
            return;
        }
        event.preventDefault();
        if (!target.matches("[data-quantity]")) {
            press(panel.querySelector("form"));
            return;
        }
        const fields = [...panel.querySelectorAll("[data-quantity]")];
        const next = fields[fields.indexOf(target) + 1];
        if (next) {
            next.focus();
            next.select();
        } else if (isCut(panel)) {
            panel.querySelector("[data-reasons]").focus();
        } else {
            panel.querySelector("button[type=submit]").focus();
        }
    };

    // --- pointer

    document.addEventListener("submit", (event) => {
        const form = event.target;
        if (form.matches("[data-act]")) {
            event.preventDefault();
            send(form, event.submitter);
        }
    });

    document.addEventListener("click", (event) => {
        const { target } = event;
        const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
        const box = target.closest("[data-choose]");
        if (box) {
            choose(box, event.shiftKey);
            return;
        }
        const link = target.closest("a[data-open], a[data-back]");
        if (link && event.shiftKey && link.closest("[data-row]")) {
            const own = link.closest("[data-row]").querySelector("[data-choose]");
            event.preventDefault();
            own.checked = true;
            choose(own, true);
        } else if (link && isPlain) {
            event.preventDefault();
            follow(link.href);
        }
        const opener = target.closest("[data-panel]");
        if (opener && isPlain) {
            event.preventDefault();
            openPanel(openedPanel()?.id === opener.dataset.panel ? "" : opener.dataset.panel);
        }
        if (target.closest("[data-panel-close]")) {
            event.preventDefault();
            openPanel("");
        }
        if (target.closest("[data-dismiss]")) {
            told.replaceChildren();
        }
        for (const menu of all("details.menu[open]")) {
            if (!menu.contains(target)) {
                menu.open = false;
            }
        }
    });

    document.addEventListener("change", (event) => {
        if (event.target.matches("[data-all]")) {
            for (const each of all("[data-choose]")) {
                each.checked = event.target.checked;
            }
            count();
        }
    });

    document.addEventListener("input", (event) => {
        if (event.target.matches("[data-quantity]")) {
            const { value, dataset } = event.target;
            const isOver = dataset.available !== undefined && Number(value) > Number(dataset.available);
            event.target.closest("tr").classList.toggle("is-over", isOver);
        }
    });

    addEventListener("popstate", () => part(location.href, {}, () => location.reload(), true));

    showKeys();
    count();
    fade();
    lookAhead();
})();
