// The workbench by keyboard, and what the ticked rows come to. Without this script everything on the page works too.
(() => {
    const page = document.getElementById("suggestions-page");
    if (!page) {
        return;
    }
    const { areKeysOn, choose, fade, help, isTyping, showKeys } = keyedPage(`suggestions-keys-${page.dataset.person}`);
    const form = document.getElementById("suggestions-form");
    const all = (selector) => [...page.querySelectorAll(selector)];
    const rows = all("[data-row]");
    const boxes = all("[data-order]");
    const every = page.querySelector("[data-all]");
    const sum = page.querySelector("[data-sum]");
    const money = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    const number = new Intl.NumberFormat("en");
    let current = -1;

    const unitsOf = (field) => (/^\s*\d{1,10}\s*$/.test(field.value) && Number(field.value) > 0 ? Number(field.value) : null);

    const count = () => {
        let units = 0;
        let cost = 0;
        let chosen = 0;
        let unknown = false;
        for (const row of rows) {
            const field = row.querySelector("[data-units]");
            if (!field) {
                continue;
            }
            const wanted = unitsOf(field);
            const each = field.dataset.cost === undefined ? null : Number(field.dataset.cost);
            row.querySelector("[data-line-cost]").textContent =
                wanted === null || each === null ? "-" : money.format(wanted * each);
            field.toggleAttribute("aria-invalid", wanted === null);
            if (row.querySelector("[data-order]").checked) {
                chosen += 1;
                units += wanted ?? 0;
                cost += (wanted ?? 0) * (each ?? 0);
                unknown ||= each === null;
            }
        }
        if (every) {
            every.checked = chosen > 0 && chosen === boxes.length;
            every.indeterminate = chosen > 0 && chosen < boxes.length;
        }
        if (sum) {
            const worth = `${page.dataset.currency} ${money.format(cost)}${unknown ? " and what has no cost" : ""}`;
            sum.textContent = chosen
                ? `${number.format(chosen)} SKU${chosen > 1 ? "s" : ""}, ${number.format(units)} units, ${worth}`
                : "";
        }
    };

    const mark = (index, { scroll = true } = {}) => {
        current = Math.min(Math.max(index, 0), rows.length - 1);
        rows.forEach((row, place) => row.classList.toggle("is-current", place === current));
        const row = rows[current];
        if (row && scroll) {
            row.scrollIntoView({ block: "nearest" });
            (row.querySelector("[data-order]") ?? row.querySelector("a")).focus({ preventScroll: true });
        }
    };

    const edit = (index) => {
        const field = rows[index]?.querySelector("[data-units]");
        if (field) {
            mark(index, { scroll: false });
            field.focus();
            field.select();
        }
    };

    const tickAll = (isTicked) => {
        for (const box of boxes) {
            box.checked = isTicked;
        }
        count();
    };

    const undo = () => page.querySelector("[data-undo]")?.requestSubmit();

    page.addEventListener("click", (event) => {
        const box = event.target.closest("[data-order]");
        if (box) {
            choose(boxes, box, event.shiftKey);
            mark(rows.indexOf(box.closest("[data-row]")), { scroll: false });
            count();
        } else if (event.target.closest("[data-dismiss]")) {
            event.target.closest("[data-told]").remove();
        }
    });
    page.addEventListener("change", ({ target }) => (target.matches("[data-all]") ? tickAll(target.checked) : count()));
    page.addEventListener("input", ({ target }) => {
        if (target.matches("[data-units]")) {
            // Who says how many wants it ordered.
            target.closest("[data-row]").querySelector("[data-order]").checked = true;
            count();
        }
    });

    // A second press is taken for the first one's bounce.
    let sent = false;
    form?.addEventListener("submit", (event) => {
        if (sent) {
            event.preventDefault();
        }
        sent = true;
    });
    addEventListener("pageshow", () => {
        sent = false;
    });

    document.addEventListener("keydown", (event) => {
        if (event.altKey || event.metaKey || help.open) {
            return;
        }
        const { target, key } = event;
        if (target instanceof Element && target.matches("[data-units]")) {
            const place = rows.indexOf(target.closest("[data-row]"));
            if (key === "Enter" || key === "ArrowDown") {
                event.preventDefault();
                place + 1 < rows.length ? edit(place + 1) : mark(place);
            } else if (key === "ArrowUp") {
                event.preventDefault();
                edit(place - 1);
            } else if (key === "Escape") {
                target.value = target.defaultValue;
                count();
                mark(place);
            }
            return;
        }
        if (isTyping(target) || !areKeysOn()) {
            return;
        }
        if (event.ctrlKey) {
            if (key === "a" && boxes.length) {
                event.preventDefault();
                tickAll(true);
            }
            return;
        }
        const acts = {
            j: () => mark(current + 1),
            k: () => mark(current - 1),
            x: () => {
                const box = rows[Math.max(current, 0)]?.querySelector("[data-order]");
                if (box) {
                    box.checked = !box.checked;
                    mark(Math.max(current, 0));
                    count();
                }
            },
            e: () => edit(Math.max(current, 0)),
            o: () => boxes.length && form.requestSubmit(),
            z: undo,
            "?": () => help.showModal(),
        };
        if (Object.hasOwn(acts, key)) {
            event.preventDefault();
            acts[key]();
        }
    });

    fade(page.querySelector("[data-told]"), () => page.querySelector("[data-told]")?.remove());
    showKeys();
    count();
    page.querySelector("[data-faults]")?.focus();
})();
