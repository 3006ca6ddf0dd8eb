// The lines of a request are scanned in: each scan adds a line, or one more to the line that has the SKU. The focus
// stays where scans go, and a scan that hits another field by mistake is taken out of it again.
(() => {
    const form = document.querySelector("[data-request-lines]");
    if (!form) {
        return;
    }
    const scan = form.querySelector("[data-scan]");
    const rows = form.querySelector("[data-rows]");
    const blank = form.querySelector("template[data-blank]");
    const total = form.querySelector("[name=lines-TOTAL_FORMS]");
    const most = Number(form.querySelector("[name=lines-MAX_NUM_FORMS]").value);
    const source = form.querySelector("[name=source]");
    const told = form.querySelector("[data-told]");
    const refused = form.querySelector("[data-refused]");
    // What each line's SKU is also called: the barcode that was scanned, the code as it was typed.
    const names = new WeakMap();
    let isChanged = Boolean(form.querySelector("[aria-invalid], [data-conflict]"));
    let isSent = false;

    const lines = () => [...rows.querySelectorAll("[data-line]")];
    const field = (line, name) => line.querySelector(`[name$="-${name}"]`);
    const isRemoved = (line) => field(line, "DELETE").checked;
    const isEmpty = (line) => !(field(line, "sku").value || field(line, "quantity").value || field(line, "line").value || isRemoved(line));
    const key = (text) => text.trim().toLowerCase();

    const tell = (words) => {
        refused.textContent = "";
        told.textContent = words;
    };

    const refuse = (words) => {
        told.textContent = "";
        refused.textContent = words;
    };

    const called = (line) => new Set([key(field(line, "sku").value), ...(names.get(line) ?? [])]);

    const lineOf = (text) => lines().find((line) => !isRemoved(line) && called(line).has(key(text)));

    const compare = (line) => {
        const stock = line.querySelector("[data-stock]");
        const units = Number(field(line, "quantity").value);
        stock.classList.toggle("request-stock-short", "available" in stock.dataset && units > Number(stock.dataset.available));
    };

    const flash = (line) => {
        line.classList.remove("request-line-touched");
        void line.offsetWidth; // so that the same line shows it again
        line.classList.add("request-line-touched");
        line.scrollIntoView({ block: "nearest" });
    };

    const count = (line, units) => {
        const quantity = field(line, "quantity");
        quantity.value = String((Number.parseInt(quantity.value, 10) || 0) + units);
        compare(line);
        flash(line);
        return quantity.value;
    };

    const newLine = () => {
        const free = lines().find(isEmpty);
        if (free) {
            return free;
        }
        const number = Number(total.value);
        if (number >= most) {
            return null;
        }
        const holder = document.createElement("div");
        holder.innerHTML = blank.innerHTML.replaceAll("__prefix__", String(number));
        const line = holder.firstElementChild;
        rows.append(line);
        total.value = String(number + 1);
        line.querySelector("[data-number]").textContent = String(lines().length);
        return line;
    };

    const clear = (line) => {
        for (const name of ["sku", "quantity", "note"]) {
            const input = field(line, name);
            if (input) {
                input.value = "";
            }
        }
        names.delete(line);
        unmark(line);
        const stock = line.querySelector("[data-stock]");
        delete stock.dataset.available;
        stock.textContent = "";
        stock.classList.remove("request-stock-short");
    };

    const mark = (line, words) => {
        unmark(line);
        const input = field(line, "sku");
        const error = document.createElement("p");
        error.className = "form-error";
        error.id = `${input.id}_error`;
        error.textContent = words;
        input.setAttribute("aria-invalid", "true");
        input.setAttribute("aria-describedby", error.id);
        input.before(error);
    };

    const unmark = (line) => {
        const input = field(line, "sku");
        input.removeAttribute("aria-invalid");
        input.removeAttribute("aria-describedby");
        line.querySelector(`[id="${input.id}_error"]`)?.remove();
    };

    const numbered = new Intl.NumberFormat("en-US");

    const describe = (line, found) => {
        const stock = line.querySelector("[data-stock]");
        let words = found.title;
        delete stock.dataset.available;
        if (found.source !== undefined) {
            stock.dataset.available = String(found.available);
            words += `: ${numbered.format(found.available)} available in ${found.source}`;
            if (found.onOrder) {
                words += `, ${numbered.format(found.onOrder)} on order`;
            }
        }
        stock.textContent = words;
        compare(line);
    };

    const lookUp = async (line) => {
        const input = field(line, "sku");
        const typed = input.value.trim();
        if (!typed) {
            return;
        }
        const address = new URL(form.dataset.lookUp, location.href);
        address.searchParams.set("code", typed);
        address.searchParams.set("source", source.value);
        let answer;
        let found;
        try {
            answer = await fetch(address, { headers: { Accept: "application/json" } });
            found = await answer.json();
        } catch {
            return; // without a network the line stays as it was typed, and is judged when it is saved
        }
        if (input.value.trim() !== typed || isRemoved(line)) {
            return; // somebody went on typing
        }
        if (!answer.ok) {
            mark(line, found.detail ?? "There is no such SKU.");
            refuse(`${typed}: ${found.detail ?? "There is no such SKU."}`);
            return;
        }
        unmark(line);
        const same = lines().find((other) => other !== line && !isRemoved(other) && called(other).has(key(found.code)));
        if (same && !field(line, "line").value) {
            // The barcode of a SKU that another line has already.
            const units = Number.parseInt(field(line, "quantity").value, 10) || 0;
            names.set(same, [...(names.get(same) ?? []), key(typed)]);
            clear(line);
            tell(`${found.code}: ${count(same, units)}`);
            return;
        }
        names.set(line, [...(names.get(line) ?? []), key(typed)]);
        input.value = found.code;
        describe(line, found);
        tell(`${found.code}: ${field(line, "quantity").value || "no"} units`);
    };

    const take = (text) => {
        const typed = text.trim();
        if (!typed) {
            return;
        }
        isChanged = true;
        const there = lineOf(typed);
        if (there) {
            tell(`${field(there, "sku").value}: ${count(there, 1)}`);
            return;
        }
        const line = newLine();
        if (!line) {
            refuse(`A request has at most ${most} lines.`);
            return;
        }
        field(line, "sku").value = typed;
        count(line, 1);
        lookUp(line);
    };

    // --- keys: a scanner types fast and ends with Enter

    const FAST = 50;
    const SHORTEST = 4;
    let burst = { target: null, before: "", text: "", at: 0 };

    form.addEventListener("keydown", (event) => {
        const target = event.target;
        const isField = target.matches("input:not([type=checkbox], [type=hidden]), select");
        if (event.key !== "Enter") {
            if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || !isField) {
                return;
            }
            if (burst.target !== target || event.timeStamp - burst.at > FAST) {
                burst = { target, before: target.value, text: "" };
            }
            burst.text += event.key;
            burst.at = event.timeStamp;
            return;
        }
        if (!isField) {
            return;
        }
        event.preventDefault();
        if (target === scan) {
            take(scan.value);
            scan.value = "";
            return;
        }
        const isScan = burst.target === target && burst.text.length >= SHORTEST && event.timeStamp - burst.at <= FAST;
        if (isScan && !target.matches('[name$="-sku"]')) {
            target.value = burst.before;
            if (target === source) {
                lines().forEach(lookUp);
            }
            take(burst.text);
            scan.focus();
            return;
        }
        if (target.matches('[name$="-sku"]')) {
            lookUp(target.closest("[data-line]"));
        }
        const fields = [...form.querySelectorAll("input:not([type=hidden], [type=checkbox]), select, textarea, button:not([data-add])")];
        const next = fields.slice(fields.indexOf(target) + 1).find((each) => each.offsetParent !== null);
        next?.focus();
    }, true);

    // A scan while nothing has the focus goes where scans go.
    document.addEventListener("keydown", (event) => {
        const isNowhere = event.target === document.body || event.target.id === "content";
        if (isNowhere && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
            scan.focus();
        }
    }, true);

    form.querySelector("[data-add]").addEventListener("click", (event) => {
        event.preventDefault();
        if (scan.value.trim()) {
            take(scan.value);
            scan.value = "";
        } else {
            const line = newLine();
            if (line) {
                field(line, "sku").focus();
                return;
            }
        }
        scan.focus();
    });

    form.addEventListener("change", (event) => {
        isChanged = true;
        const line = event.target.closest("[data-line]");
        if (event.target === source) {
            lines().forEach(lookUp);
        } else if (line && event.target.matches('[name$="-sku"]')) {
            names.delete(line);
            if (event.target.value.trim()) {
                lookUp(line);
            } else {
                unmark(line);
            }
        }
    });

    form.addEventListener("input", (event) => {
        isChanged = true;
        const line = event.target.closest("[data-line]");
        if (line && event.target.matches('[name$="-quantity"]')) {
            compare(line);
        }
    });

    form.addEventListener("submit", (event) => {
        if (isSent) {
            event.preventDefault(); // the second press of the same button
            return;
        }
        isSent = true;
        setTimeout(() => {
            isSent = false;
        }, 2000);
    });

    addEventListener("beforeunload", (event) => {
        if (isChanged && !isSent) {
            event.preventDefault();
        }
    });

    // What a browser does by itself only if nothing was quicker.
    (form.querySelector("[data-conflict]") ?? form.querySelector("[autofocus]"))?.focus();
    lines().forEach(compare);
})();
