// The lines of a document like a sheet: rows are pasted from one, scanned, or typed with the keys that one knows from
// there. It only fills in the form that is there without it; what the lines mean is the server's to say.
(() => {
    const begin = () => {
        const table = document.querySelector("[data-grid]");
        const form = table?.closest("form");
        if (!form) {
            return;
        }
        document.documentElement.classList.add("is-scripted");
        document.querySelector("[data-grid-keys]").hidden = false;

        const body = table.tBodies[0];
        const shape = document.querySelector("[data-grid-row]");
        const total = form.querySelector("input[name$='-TOTAL_FORMS']");
        const told = document.querySelector("[data-grid-told]");
        const columns = [...table.querySelectorAll("th[data-column]")].map((each) => each.dataset.column);
        const labels = [...table.querySelectorAll("th[data-column]")].map((each) => plain(each.textContent));
        const most = Number(table.dataset.most);
        const synonyms = {
            sku: ["sku", "code", "item", "barcode"],
            quantity: ["quantity", "qty", "units"],
            from_bin: ["from", "from bin"],
            to_bin: ["to", "to bin"],
        };
        let column = 0; // where Enter leads back to, after Tabs across a row

        const lines = () => [...body.rows];
        const cell = (line, at) => line.cells[at + 1]?.querySelector("input:not([type=hidden]), select, textarea");
        const valueOf = (line, name) => cell(line, columns.indexOf(name))?.value.trim() ?? "";
        const isFilled = (line) =>
            columns.some((name, at) => {
                const field = cell(line, at);
                return field && field.tagName !== "SELECT" && field.value.trim() !== "";
            });
        const at = (field) => {
            const line = field.closest("tr");
            return { line, row: lines().indexOf(line), column: [...line.cells].indexOf(field.closest("td")) - 1 };
        };
        const fieldOf = (target) =>
            target instanceof HTMLElement && body.contains(target) && target.matches("input, select") ? target : null;

        // --- rows

        const add = () => {
            const count = lines().length;
            if (count >= most) {
                return null;
            }
            const holder = document.createElement("tbody");
            holder.innerHTML = shape.innerHTML.replaceAll("__prefix__", count).replaceAll("__number__", count + 1);
            const line = holder.rows[0];
            body.append(line);
            total.value = String(count + 1);
            return line;
        };

        const lineAt = (row) => {
            while (lines().length <= row) {
                if (!add()) {
                    return null;
                }
            }
            return lines()[row];
        };

        const firstEmpty = () => lines().find((line) => !isFilled(line)) ?? add();

        const go = (row, to) => {
            const line = lineAt(Math.max(row, 0));
            const field = line && cell(line, to);
            field?.focus();
            if (field?.tagName === "INPUT") {
                field.select();
            }
        };

        const put = (field, text) => {
            if (!field) {
                return;
            }
            if (field.tagName === "SELECT") {
                const wanted = plain(text);
                const found = [...field.options].find(
                    (each) => plain(each.textContent) === wanted || each.value.toLowerCase() === wanted,
                );
                if (found) {
                    field.value = found.value;
                }
            } else {
                field.value = field.inputMode === "numeric" ? number(text) : text.trim();
            }
            settle(field);
        };

        // What was wrong in a cell is not said of what stands there now.
        const settle = (field) => {
            const place = field.closest("td");
            field.removeAttribute("aria-invalid");
            place?.classList.remove("grid-wrong");
            for (const fault of place?.querySelectorAll(".form-error") ?? []) {
                fault.remove();
            }
        };

        const sum = (before = "") => {
            const filled = lines().filter(isFilled);
            const units = filled.reduce((so, line) => so + (Number(valueOf(line, "quantity")) || 0), 0);
            const words = `${filled.length} line${filled.length === 1 ? "" : "s"}, ${units.toLocaleString("en")} units`;
            told.textContent = `${before ? `${before} ` : ""}${filled.length ? `${words}.` : ""}`;
        };

        // --- from a sheet

        const paste = (text, row, to) => {
            const rows = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n").map((each) => each.split("\t"));
            let order = rows[0].map((_, offset) => to + offset);
            const heads = rows[0].map((each) => named(each));
            if (heads.includes(columns.indexOf("sku")) && rows.length > 1) {
                order = heads; // its own first row says what is where
                rows.shift();
            }
            let done = 0;
            let target = row;
            for (const cells of rows) {
                if (cells.every((each) => each.trim() === "")) {
                    continue;
                }
                const line = lineAt(target);
                if (!line) {
                    break;
                }
                cells.forEach((each, offset) => {
                    if (order[offset] >= 0 && order[offset] < columns.length) {
                        put(cell(line, order[offset]), each);
                    }
                });
                target += 1;
                done += 1;
            }
            const wanted = rows.filter((cells) => cells.some((each) => each.trim() !== "")).length;
            const left = wanted > done ? ` ${wanted - done} more do not fit: a document has at most ${most} lines.` : "";
            sum(`${done} row${done === 1 ? "" : "s"} pasted.${left}`);
            go(target, 0);
        };

        const named = (text) => {
            const wanted = plain(text);
            const exact = labels.indexOf(wanted);
            if (exact >= 0) {
                return exact;
            }
            return columns.findIndex(
                (name) => name.replace("_", " ") === wanted || (synonyms[name] ?? []).includes(wanted),
            );
        };

        document.addEventListener("paste", (event) => {
            const field = fieldOf(event.target);
            const text = event.clipboardData?.getData("text/plain") ?? "";
            const isSheet = /[\t\n]/.test(text.trim());
            if (!isSheet || (!field && isTyping(event.target))) {
                return;
            }
            event.preventDefault();
            if (field) {
                const place = at(field);
                paste(text, place.row, place.column);
            } else {
                paste(text, lines().indexOf(firstEmpty()), 0);
            }
        });

        // --- from a scanner: it types as fast as nobody does, and ends with Enter

        const scanned = (code) => {
            const same = lines().find((line) => valueOf(line, "sku").toLowerCase() === code.toLowerCase());
            const line = same ?? firstEmpty();
            if (!line) {
                sum(`A document has at most ${most} lines.`);
                return;
            }
            const quantity = cell(line, columns.indexOf("quantity"));
            const before = /^-?\d+$/.test(quantity.value.trim()) ? Number(quantity.value) : 0;
            put(cell(line, columns.indexOf("sku")), code);
            put(quantity, String(before + 1));
            sum(`${code}: ${before + 1}.`);
            go(lines().indexOf(firstEmpty()), columns.indexOf("sku"));
        };

        let burst = null;
        window.addEventListener(
            "keydown",
            (event) => {
                const now = event.timeStamp;
                if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) {
                    burst = null;
                    return;
                }
                const isRunning = burst && now - burst.last <= 50;
                if (event.key.length === 1) {
                    if (!isRunning) {
                        const field = fieldOf(event.target);
                        burst = { text: "", field, before: field?.value ?? "", target: event.target };
                    }
                    burst.text += event.key;
                    burst.last = now;
                    return;
                }
                if (!["Enter", "Tab"].includes(event.key) || !isRunning || burst.text.length < 4) {
                    burst = event.key === "Shift" ? burst : null;
                    return;
                }
                const { text, field, before, target } = burst;
                burst = null;
                const name = field ? columns[at(field).column] : "";
                if (field && !["sku", "quantity"].includes(name)) {
                    return; // the label of a bin or of a lot, into its own cell
                }
                if (!field && isTyping(target)) {
                    return;
                }
                event.preventDefault();
                event.stopImmediatePropagation();
                if (field) {
                    field.value = before === text ? "" : before;
                }
                scanned(text);
            },
            true,
        );

        // --- by keyboard

        form.addEventListener("keydown", (event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                form.requestSubmit(form.querySelector("button.button-primary[type=submit]"));
                return;
            }
            const field = fieldOf(event.target);
            if (!field) {
                if (event.key === "Enter" && event.target.tagName === "INPUT") {
                    event.preventDefault(); // a scanner's Enter in the head of the form is no order to send it
                    const fields = [...form.querySelectorAll("input:not([type=hidden]), select, button")];
                    fields[fields.indexOf(event.target) + 1]?.focus();
                }
                return;
            }
            const place = at(field);
            if (event.key === "ArrowDown" && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                fillDown(place, field.value);
            } else if (event.ctrlKey || event.metaKey || event.altKey) {
                return;
            } else if (event.key === "Enter") {
                event.preventDefault();
                const name = columns[place.column];
                // After a code its number is next; anywhere else the next line.
                const isCode = name === "sku" && field.value.trim() !== "" && valueOf(place.line, "quantity") === "";
                go(isCode ? place.row : place.row + 1, isCode ? columns.indexOf("quantity") : column);
            } else if (field.tagName !== "SELECT" && field.type !== "date" && event.key === "ArrowDown") {
                event.preventDefault();
                go(place.row + 1, place.column);
            } else if (field.tagName !== "SELECT" && field.type !== "date" && event.key === "ArrowUp" && place.row > 0) {
                event.preventDefault();
                go(place.row - 1, place.column);
            }
        });

        // The empty cells of the lines below get what stands here; what somebody typed there stays.
        const fillDown = (place, value) => {
            const below = lines().slice(place.row + 1);
            const last = below.findLastIndex(isFilled);
            let done = 0;
            for (const line of below.slice(0, last + 1)) {
                const field = cell(line, place.column);
                if (field && isFilled(line) && (field.tagName === "SELECT" || field.value.trim() === "")) {
                    field.value = value;
                    settle(field);
                    done += 1;
                }
            }
            sum(done ? `Filled down into ${done} line${done === 1 ? "" : "s"}.` : "There is no empty cell below.");
        };

        body.addEventListener("focusin", (event) => {
            const field = fieldOf(event.target);
            if (field && at(field).column === 0) {
                column = 0;
            }
        });
        body.addEventListener("pointerdown", (event) => {
            const field = fieldOf(event.target);
            if (field) {
                column = at(field).column;
            }
        });
        body.addEventListener("click", (event) => {
            const clear = event.target.closest("[data-grid-clear]");
            if (!clear) {
                return;
            }
            const line = clear.closest("tr");
            columns.forEach((name, to) => {
                const field = cell(line, to);
                if (field?.tagName === "SELECT") {
                    field.selectedIndex = 0;
                } else if (field) {
                    field.value = "";
                }
                if (field) {
                    settle(field);
                }
            });
            line.classList.remove("grid-line-wrong");
            sum("Line cleared.");
            go(lines().indexOf(line), 0);
        });
        body.addEventListener("input", ({ target }) => {
            const field = fieldOf(target);
            if (!field) {
                return;
            }
            settle(field);
            sum();
            if (field.closest("tr") === body.rows[body.rows.length - 1]) {
                add(); // there is always an empty line to go on with
            }
        });

        // A second press sends nothing.
        let isSent = false;
        form.addEventListener("submit", (event) => {
            if (isSent) {
                event.preventDefault();
            }
            isSent = true;
        });
        window.addEventListener("pageshow", () => {
            isSent = false;
        });

        sum();
        const faults = document.querySelector("[data-faults]");
        const wrong = body.querySelector("[aria-invalid=true], .grid-wrong input, .grid-wrong select");
        if (wrong) {
            wrong.focus();
        } else if (faults) {
            faults.focus();
        } else if (!form.querySelector("[autofocus]") && [...form.querySelectorAll("select[required]")].every((each) => each.value)) {
            cell(firstEmpty() ?? body.rows[0], 0)?.focus({ preventScroll: true });
        }
    };

    const plain = (text) => text.replace("*", "").trim().toLowerCase();

    // As a sheet writes it: 1,200 and 12.0 are whole numbers.
    const number = (text) => {
        const bare = text.trim();
        return /^[+-]?\d{1,3}(,\d{3})+$/.test(bare) ? bare.replaceAll(",", "") : bare.replace(/^([+-]?\d+)[.,]0+$/, "$1");
    };

    const isTyping = (target) =>
        target instanceof HTMLElement &&
        (target.isContentEditable ||
            target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=submit], [type=button])"));

    begin();
})();
