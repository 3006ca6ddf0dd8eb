// The review by keyboard and without loading pages. The page's one form is sent as it is, with the button that was
// pressed and the header X-Count-Review; the answer is the part of the page that changes, which takes its place.
(() => {
    const review = () => document.getElementById("review");
    if (!review()) {
        return;
    }

    const patience = 400; // a second press within this is taken for the first one's bounce
    const { areKeysOn, help, isTyping, showKeys, ...page } = keyedPage(`count-review-keys-${review().dataset.person}`);
    let busy = false;
    let pressed = 0;
    let waiting = ""; // what was pressed while a note was still being kept
    let current = null; // the key of the row that the keys act on

    const told = () => document.getElementById("review-told");
    const form = () => document.getElementById("review-form");
    const one = (selector) => review().querySelector(selector);
    const all = (selector) => [...review().querySelectorAll(selector)];
    const rows = () => all("[data-row]");
    const rowOf = (key) => rows().find((row) => row.dataset.row === key) ?? null;

    // --- asking the server

    const send = async (sent, button, { focus = true } = {}) => {
        if (busy) {
            return false;
        }
        busy = true;
        review().setAttribute("aria-busy", "true");
        const body = new URLSearchParams(new FormData(sent, button));
        const deed = String(body.get("do") ?? "");
        try {
            const answer = await fetch(sent.action, {
                method: "POST",
                body,
                credentials: "same-origin",
                headers: { "X-Count-Review": "part" },
            });
            const type = answer.headers.get("Content-Type") || "";
            const elsewhere = answer.headers.get("X-Count-Review-Elsewhere");
            if (elsewhere) {
                location.assign(elsewhere); // it is not to be reviewed any more
                return false;
            }
            // Logged out, or something that this script knows nothing about: the page itself says it best.
            if (answer.redirected || !type.startsWith("text/html") || ![200, 409, 422].includes(answer.status)) {
                throw new Error(`Unexpected answer ${answer.status}`);
            }
            put(new DOMParser().parseFromString(await answer.text(), "text/html"), deed, focus);
            return true;
        } catch {
            const deedField = document.createElement("input");
            deedField.type = "hidden";
            deedField.name = "do";
            deedField.value = deed;
            sent.append(deedField);
            sent.submit();
            return false;
        } finally {
            busy = false;
            review()?.removeAttribute("aria-busy");
            const next = waiting && one(`button[value="${waiting}"]`);
            waiting = "";
            if (next) {
                send(next.form, next);
            }
        }
    };

    const put = (parsed, deed, focus) => {
        const before = rows().map((row) => row.dataset.row);
        const chosen = new Set(deed.startsWith("bulk:") ? [] : all("[data-choose]:checked").map((box) => box.value));
        const scroll = one(".review-scroll")?.scrollLeft ?? 0;
        const words = parsed.getElementById("review-told");
        const undone = words.querySelector("[data-told]")?.dataset.line;
        const active = document.activeElement?.getAttribute?.("name");
        review().replaceWith(document.adoptNode(parsed.getElementById("review")));
        told().replaceWith(document.adoptNode(words));
        fade();
        for (const box of all("[data-choose]")) {
            box.checked = chosen.has(box.value);
        }
        const list = one(".review-scroll");
        if (list) {
            list.scrollLeft = scroll;
        }
        count();
        showKeys();
        const faults = one("[data-faults]");
        if (faults) {
            mark(current);
            const wrong = one("[aria-invalid]");
            (wrong ?? faults).focus();
        } else if (/^(accept|recount|ignore):/.test(deed)) {
            goOn(before, deed.split(":")[1]);
        } else {
            mark(deed === "undo" ? undone || current : current);
            if (focus) {
                focusRow();
            } else if (active) {
                form()?.elements.namedItem(active)?.focus?.();
            }
        }
    };

    // To the next line that nobody has decided on; where there is none, it stays.
    const goOn = (before, done) => {
        const at = before.indexOf(done);
        const order = [...before.slice(at + 1), ...before.slice(0, at + 1)];
        const next = order.map(rowOf).find((row) => row?.hasAttribute("data-open"));
        mark(next ? next.dataset.row : done);
        focusRow();
    };

    // --- which row

    const mark = (key) => {
        const found = rowOf(key) ?? rows()[0] ?? null;
        current = found?.dataset.row ?? null;
        for (const row of rows()) {
            row.classList.toggle("is-current", row === found);
        }
        return found;
    };

    const focusRow = () => {
        const row = rowOf(current);
        row?.querySelector("[data-focus]")?.focus({ preventScroll: true });
        row?.scrollIntoView({ block: "nearest" });
    };

    const step = (by) => {
        const list = rows();
        const at = list.findIndex((row) => row.dataset.row === current);
        const target = list[Math.min(Math.max(at + by, 0), list.length - 1)];
        if (target) {
            mark(target.dataset.row);
            focusRow();
        }
    };

    // --- selecting

    const count = () => {
        const sent = form();
        if (!sent) {
            return;
        }
        const number = all("[data-choose]:checked").length;
        sent.classList.toggle("has-chosen", number > 0);
        const words = one("[data-selected]");
        if (words) {
            words.textContent = number ? `With the ${number} selected` : "Select lines to decide on them together";
        }
        const everything = one("[data-choose-all]");
        if (everything) {
            everything.checked = number > 0 && number === all("[data-choose]").length;
        }
    };

    const choose = (box, isRange) => {
        page.choose(all("[data-choose]"), box, isRange);
        count();
    };

    // --- doing

    const press = (button) => {
        const now = Date.now();
        if (!button || now - pressed < patience) {
            return;
        }
        pressed = now;
        if (busy) {
            waiting = button.value;
            return;
        }
        send(button.form, button);
    };

    const decide = (deed) => {
        if (form()?.classList.contains("has-chosen")) {
            press(one(`[value="bulk:${deed}"]`));
            return;
        }
        press(rowOf(current)?.querySelector(`[data-deed="${deed}"]`));
    };

    // A cause or a note is kept as soon as it is chosen or written.
    const keep = (field, focus) => {
        const row = field.closest("[data-row]");
        mark(row.dataset.row);
        return send(form(), one('[value="keep:"]'), { focus });
    };

    const fade = () => {
        const shown = told().querySelector("[data-told]");
        page.fade(shown, () => shown.remove());
    };

    // --- keys

    const acts = {
        a: () => decide("accept"),
        c: () => decide("recount"),
        i: () => decide("ignore"),
        z: () => press(told().querySelector("[data-undo] button")),
        j: () => step(1),
        k: () => step(-1),
        n: () => rowOf(current)?.querySelector("[data-note]")?.focus(),
        x: () => {
            const box = rowOf(current)?.querySelector("[data-choose]");
            if (box) {
                box.checked = !box.checked;
                choose(box, false);
            }
        },
        "?": () => help.showModal(),
    };

    document.addEventListener("keydown", (event) => {
        if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) {
            return;
        }
        const { target } = event;
        if (event.key === "Enter" && target.matches?.("[data-note]")) {
            event.preventDefault();
            target.blur(); // which keeps it
            focusRow();
            return;
        }
        if (event.key === "Enter" && target.matches?.("[data-sku]")) {
            event.preventDefault();
            mark(target.closest("[data-row]").dataset.row);
            press(rowOf(current).querySelector('[data-deed="accept"]'));
            return;
        }
        if (event.key === "Escape" && isTyping(target)) {
            target.blur();
            focusRow();
            return;
        }
        if (isTyping(target) || !areKeysOn() || event.repeat) {
            return;
        }
        if (/^[0-9]$/.test(event.key)) {
            const causes = rowOf(current)?.querySelector("[data-cause]");
            const option = causes?.querySelector(`[data-digit="${event.key}"]`);
            if (option) {
                event.preventDefault();
                causes.value = option.value;
                keep(causes, true);
            }
            return;
        }
        const act = Object.hasOwn(acts, event.key) ? acts[event.key] : null;
        if (act && (!event.shiftKey || event.key === "?")) {
            event.preventDefault();
            act();
        }
    });

    // --- pointer and fields

    document.addEventListener("submit", (event) => {
        const sent = event.target;
        if (sent.id !== "review-form" && !sent.matches("[data-undo]")) {
            return;
        }
        event.preventDefault();
        press(event.submitter ?? sent.querySelector("button"));
    });

    document.addEventListener("change", (event) => {
        const { target } = event;
        if (target.matches("[data-cause], [data-note]")) {
            keep(target, false);
        } else if (target.matches("[data-choose-all]")) {
            for (const box of all("[data-choose]")) {
                box.checked = target.checked;
            }
            count();
        }
    });

    document.addEventListener("click", (event) => {
        const { target } = event;
        const box = target.closest("[data-choose]");
        if (box) {
            choose(box, event.shiftKey);
        } else if (target.closest("[data-dismiss]")) {
            target.closest("[data-told]").remove();
        }
    });

    document.addEventListener("focusin", (event) => {
        const row = event.target.closest?.("[data-row]");
        if (row) {
            mark(row.dataset.row);
        }
    });

    mark(location.hash.slice(1) || rows().find((row) => row.hasAttribute("data-open"))?.dataset.row);
    count();
    showKeys();
    fade();
})();
