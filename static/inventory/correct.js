// Corrects a quantity without leaving the page. A link with data-correct leads to a page with a form; here the form comes
// into a dialog, its answers take its place, and what was done is told with a way to undo it. The row that the link
// stands in is then read again from the page itself.
(() => {
    const header = { "X-Correct": "1" };
    const patience = 1000; // a second press within this is taken for the first one's bounce
    const bounce = 300; // a double click
    let sheet = null;
    let opener = null; // the address of the link that opened the dialog
    let place = null; // where is told what was done
    let timer = 0;
    let busy = false;
    let pressed = 0;

    // --- asking the server

    const ask = async (address, options = {}) => {
        const answer = await fetch(address, { credentials: "same-origin", ...options, headers: header });
        const type = answer.headers.get("Content-Type") || "";
        // Logged out, or something that this script knows nothing about: the page itself says it best.
        if (answer.redirected || !type.startsWith("text/html") || ![200, 409, 422].includes(answer.status)) {
            throw new Error(`Unexpected answer ${answer.status}`);
        }
        const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
        const part = parsed.querySelector("[data-correct-part]");
        if (!part) {
            throw new Error("No part in the answer");
        }
        return document.adoptNode(part);
    };

    const open = async (address, instead) => {
        if (busy) {
            return;
        }
        busy = true;
        try {
            show(await ask(address));
        } catch {
            instead();
        } finally {
            busy = false;
        }
    };

    const send = async (form, button) => {
        const now = Date.now();
        if (busy || now - pressed < patience) {
            return;
        }
        pressed = now;
        busy = true;
        sheet?.setAttribute("aria-busy", "true");
        const body = new URLSearchParams(new FormData(form, button ?? undefined));
        try {
            const part = await ask(form.action, { method: "POST", body });
            // What asks whether something is meant is not answered by the bounce of the key that led to it.
            pressed = part.dataset.state === "done" || part.querySelector("[data-first]") ? now : 0;
            if (part.dataset.state === "done") {
                sheet?.close();
                tell(part);
                await refresh();
            } else {
                show(part);
            }
        } catch {
            // Sent in the ordinary way it acts once all the same: the form carries a token.
            if (button?.name) {
                const said = Object.assign(document.createElement("input"), { type: "hidden" });
                Object.assign(said, { name: button.name, value: button.value });
                form.append(said);
            }
            form.submit();
        } finally {
            busy = false;
            sheet?.removeAttribute("aria-busy");
        }
    };

    // --- the dialog

    const show = (part) => {
        if (!sheet) {
            sheet = document.createElement("dialog");
            sheet.className = "sheet correct-sheet";
            sheet.setAttribute("aria-labelledby", "correct-title");
            sheet.addEventListener("close", closed);
            // A key may bounce on to what has just come up; who has found the button with a pointer means it.
            sheet.addEventListener("pointerdown", () => {
                pressed = Date.now() - pressed < bounce ? pressed : 0;
            });
            document.body.append(sheet);
        }
        sheet.replaceChildren(part);
        if (!sheet.open) {
            sheet.showModal();
        }
        sheet.scrollTop = 0;
        const first = part.querySelector("[data-first]");
        const number = part.querySelector("[data-quantity]");
        const target = first ?? number ?? part.querySelector("a[data-correct]") ?? part.querySelector("a, button");
        target?.focus();
        if (target === number) {
            number?.select();
        }
        preview(part);
    };

    const closed = () => {
        sheet.replaceChildren();
        link()?.focus();
    };

    const link = () =>
        [...document.querySelectorAll("a[data-correct]")].find((each) => each.href === opener && !sheet?.contains(each));

    // What becomes of the quantity, and whether it still covers what is promised. The server decides; this only tells.
    const preview = (part) => {
        const form = part?.querySelector("[data-correct-form][data-before]");
        const shown = form?.querySelector("[data-preview]");
        if (!shown) {
            return;
        }
        const text = form.elements.quantity.value.trim().replace("−", "-");
        const isPart = Boolean(form.elements.bin?.value.trim() || form.elements.lot?.value.trim());
        const warning = form.querySelector("[data-short]");
        if (!/^[+-]?\d{1,12}$/.test(text) || isPart) {
            shown.textContent = "";
            return;
        }
        const before = Number(form.dataset.before);
        const after = form.elements.mode.value === "set" ? Number(text) : before + Number(text);
        const delta = after - before;
        const sign = delta > 0 ? "+" : delta < 0 ? "−" : "±";
        shown.textContent = `${before} → ${after} (${sign}${Math.abs(delta)})`;
        shown.classList.toggle("preview-wrong", after < 0);
        const promised = Number(form.dataset.reserved ?? 0) + Number(form.dataset.held ?? 0);
        const left = after + Number(form.dataset.elsewhere);
        const isShort = delta < 0 && after >= 0 && left < promised;
        if (!form.querySelector("[name=short]")) {
            warning.hidden = !isShort;
            const lowest = Math.max(promised - Number(form.dataset.elsewhere), 0);
            const words = `${promised} are reserved or held; the lowest that covers them is ${lowest}.`;
            warning.textContent = isShort ? words : "";
        }
    };

    // --- what was done

    const tell = (part) => {
        if (!place) {
            place = document.createElement("div");
            place.className = "told-place correct-told-place";
            place.setAttribute("role", "status");
            document.body.append(place);
        }
        place.replaceChildren(part);
        fade(part);
    };

    const hush = () => {
        clearTimeout(timer);
        place?.replaceChildren();
    };

    // Ten seconds; while the pointer or the focus is on it, time stands still.
    const fade = (part) => {
        let left = 10_000;
        let since = Date.now();
        const go = () => {
            since = Date.now();
            clearTimeout(timer);
            timer = setTimeout(hush, left);
        };
        const wait = () => {
            clearTimeout(timer);
            left = Math.max(left - (Date.now() - since), 1000);
        };
        for (const name of ["pointerenter", "focusin"]) {
            part.addEventListener(name, wait);
        }
        for (const name of ["pointerleave", "focusout"]) {
            part.addEventListener(name, () => {
                if (!part.matches(":hover") && !part.contains(document.activeElement)) {
                    go();
                }
            });
        }
        go();
    };

    // --- the page behind

    const rowOf = (whole, address) => {
        const found = [...whole.querySelectorAll("a[data-correct]")].find(
            (each) => new URL(each.getAttribute("href"), location.href).href === address,
        );
        return found?.closest("[data-correct-row], tr") ?? null;
    };

    const refresh = async () => {
        const answer = await fetch(location.href, { credentials: "same-origin" });
        if (!answer.ok || answer.redirected) {
            return;
        }
        const whole = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const old of document.querySelectorAll("[data-correct-refresh][id]")) {
            const fresh = whole.getElementById(old.id);
            if (fresh) {
                put(old, fresh);
            }
        }
        const old = opener ? rowOf(document, opener) : null;
        if (old?.isConnected) {
            const fresh = rowOf(whole, opener);
            if (fresh) {
                put(old, fresh).classList.add("is-corrected");
            } else {
                old.classList.add("is-gone"); // it is none of this list's any more
            }
        }
        document.dispatchEvent(new CustomEvent("tallyhouse:corrected"));
        setTimeout(() => document.querySelector(".is-corrected")?.classList.remove("is-corrected"), 2000);
        if (!sheet?.open && document.activeElement === document.body) {
            link()?.focus({ preventScroll: true });
        }
    };

    const put = (old, fresh) => {
        const node = document.adoptNode(fresh);
        const box = old.querySelector("input[type=checkbox].action-select");
        old.replaceWith(node);
        if (box?.checked) {
            node.querySelector("input[type=checkbox].action-select")?.click();
        }
        window.htmx?.process(node);
        return node;
    };

    // --- what people do

    document.addEventListener("click", (event) => {
        const { target } = event;
        if (!(target instanceof Element) || event.defaultPrevented || event.button !== 0) {
            return;
        }
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
            return; // it is a real link: a new tab is a new tab
        }
        if (target.closest("[data-told-close]") && place?.contains(target)) {
            hush();
            return;
        }
        if (sheet?.contains(target) && target.closest("[data-correct-close]")) {
            event.preventDefault();
            sheet.close();
            return;
        }
        const chosen = target.closest("a[data-correct]");
        if (chosen) {
            event.preventDefault();
            if (!sheet?.contains(chosen)) {
                opener = chosen.href;
            }
            open(chosen.href, () => location.assign(chosen.href));
        }
    });

    document.addEventListener("submit", (event) => {
        const form = event.target;
        const isOurs = form.matches("[data-correct-undo]") || (sheet?.contains(form) && form.matches("[data-correct-form]"));
        if (isOurs) {
            event.preventDefault();
            send(form, event.submitter);
        }
    });

    for (const name of ["input", "change"]) {
        document.addEventListener(name, ({ target }) => {
            const form = target instanceof Element ? target.closest("[data-correct-form]") : null;
            if (!form) {
                return;
            }
            // A sign says that it is a change.
            if (target.name === "quantity" && /^[+\-−]/.test(target.value.trim())) {
                form.querySelector("input[name=mode][value=change]").checked = true;
            }
            preview(form.closest("[data-correct-part]"));
        });
    }

    const isTyping = (target) =>
        target instanceof HTMLElement &&
        (target.isContentEditable ||
            target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=submit], [type=button])"));

    window.addEventListener(
        "keydown",
        (event) => {
            const undo = place?.querySelector("[data-correct-undo]");
            const isPlain = !(event.ctrlKey || event.metaKey || event.altKey);
            const isOff = document.documentElement.classList.contains("keys-off");
            if (undo && event.key === "z" && isPlain && !isOff && !isTyping(event.target) && !sheet?.open) {
                event.preventDefault();
                event.stopImmediatePropagation(); // the page's own z is about something before
                pressed = 0;
                undo.requestSubmit(undo.querySelector("button"));
            }
        },
        true,
    );

    const begin = () => preview(document.querySelector("[data-correct-part]"));
    if (document.readyState === "loading") {
        document.addEventListener("DOMContentLoaded", begin);
    } else {
        begin();
    }
})();
