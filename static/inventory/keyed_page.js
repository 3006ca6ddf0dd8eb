// What the pages that are worked with single keys have in common: the list of the keys and the switch for them,
// selecting a range, and the words about what was done, which go away by themselves.
const keyedPage = (keysName) => {
    const help = document.getElementById("keys-help");
    let anchor = null;
    let timer = 0;
    document.documentElement.classList.add("is-scripted");

    const areKeysOn = () => localStorage.getItem(keysName) !== "off";

    const showKeys = () => {
        document.documentElement.classList.toggle("keys-off", !areKeysOn());
        help.querySelector("[data-keys-switch]").checked = areKeysOn();
    };

    // What is typed in is never taken for an order; boxes and buttons take no letters.
    const isTyping = (target) =>
        target instanceof HTMLElement &&
        (target.isContentEditable ||
            target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=submit], [type=button])"));

    // With a range also all boxes from the one before to this one.
    const choose = (boxes, box, isRange) => {
        const from = anchor ? boxes.findIndex((each) => each.value === anchor) : -1;
        const to = boxes.indexOf(box);
        if (isRange && from >= 0) {
            for (const each of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) {
                each.checked = true;
            }
        }
        anchor = box.value;
    };

    // Ten seconds; while the pointer or the focus is on it, time stands still.
    const fade = (shown, gone) => {
        clearTimeout(timer);
        if (!shown) {
            return;
        }
        let left = 10_000;
        let since = Date.now();
        const go = () => {
            since = Date.now();
            clearTimeout(timer);
            timer = setTimeout(gone, left);
        };
        const wait = () => {
            clearTimeout(timer);
            left = Math.max(left - (Date.now() - since), 1000);
        };
        for (const name of ["pointerenter", "focusin"]) {
            shown.addEventListener(name, wait);
        }
        for (const name of ["pointerleave", "focusout"]) {
            shown.addEventListener(name, () => {
                if (!shown.matches(":hover") && !shown.contains(document.activeElement)) {
                    go();
                }
            });
        }
        go();
    };

    document.addEventListener("change", ({ target }) => {
        if (target.matches("[data-keys-switch]")) {
            localStorage.setItem(keysName, target.checked ? "on" : "off");
            showKeys();
        }
    });

    document.addEventListener("click", ({ target }) => {
        if (target.closest("[data-help]")) {
            help.showModal();
        } else if (target.closest("[data-close]")) {
            help.close();
        }
    });

    return { areKeysOn, choose, fade, help, isTyping, showKeys };
};
