// Keying a sheet in: from line to line with Enter and the arrows, as in a spreadsheet.
(() => {
    const form = document.querySelector("[data-key-in]");
    if (!form) {
        return;
    }
    const fields = [...form.querySelectorAll("[data-count]")];

    const go = (at) => {
        const target = fields[at];
        if (target) {
            target.focus();
            target.select();
        }
    };

    form.addEventListener("keydown", (event) => {
        const at = fields.indexOf(event.target);
        if (at < 0 || event.altKey || event.metaKey || event.isComposing) {
            return;
        }
        if (event.key === "Enter" && at === fields.length - 1) {
            return; // the last one saves
        }
        if (event.ctrlKey && event.key === "ArrowDown") {
            event.preventDefault();
            if (at > 0) {
                event.target.value = fields[at - 1].value;
            }
            go(at + 1);
        } else if (!event.ctrlKey && ["Enter", "ArrowDown"].includes(event.key)) {
            event.preventDefault();
            go(at + 1);
        } else if (!event.ctrlKey && event.key === "ArrowUp") {
            event.preventDefault();
            go(at - 1);
        }
    });

    // The theme shows its pages only once its own script has run, and what is not shown cannot be focused.
    const begin = () => {
        const target = form.querySelector("[aria-invalid]") ?? fields[0];
        if (target && target.offsetParent === null) {
            requestAnimationFrame(begin);
        } else {
            target?.focus();
        }
    };
    begin();
})();
