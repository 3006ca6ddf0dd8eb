// The keys of the stock explorer: from SKU to SKU, into one, to its history, to the search. The page works without.
const { areKeysOn, choose, help, isTyping, showKeys } = keyedPage("explorer-keys");
const explorer = document.querySelector("[data-explorer]");
const search = explorer.querySelector("[data-search]");

const rows = () => [...explorer.querySelectorAll("[data-row]")];
const current = () => document.activeElement?.closest?.("[data-row]") ?? null;

const go = (step) => {
    const all = rows();
    const from = all.indexOf(current());
    const to = all[from < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(from + step, 0), all.length - 1)];
    to?.querySelector("[data-open]").focus();
};

const boxes = () => [...explorer.querySelectorAll("[data-choose]")];

// What is done with the rows that are selected is offered once there are any.
const showChosen = () => {
    const form = explorer.querySelector("[data-chosen]");
    const count = boxes().filter((box) => box.checked).length;
    form.classList.toggle("has-chosen", count > 0);
    form.querySelector("[data-chosen-words]").textContent = count ? `${count} selected` : "";
};

const closeMenus = (besides) => {
    for (const menu of explorer.querySelectorAll("details[open]")) {
        if (menu !== besides) {
            menu.open = false;
        }
    }
};

const keys = {
    j: () => go(1),
    k: () => go(-1),
    c: () => current()?.querySelector("[data-correct]")?.click(),
    h: () => current() && location.assign(current().dataset.timeline),
    n: () => explorer.querySelector("[rel=next]")?.click(),
    p: () => explorer.querySelector("[rel=prev]")?.click(),
    x: () => current()?.querySelector("[data-choose]").click(),
    "/": () => search.select(),
    "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) {
        const open = explorer.querySelector("details[open]");
        if (open) {
            closeMenus();
            open.querySelector("summary").focus();
        } else if (document.activeElement === search) {
            rows()[0]?.querySelector("[data-open]").focus();
        }
        return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) {
        return;
    }
    if (!areKeysOn() || isTyping(event.target)) {
        return;
    }
    const act = keys[event.key];
    if (act) {
        event.preventDefault();
        act();
    }
});

document.addEventListener("click", ({ target, shiftKey }) => {
    closeMenus(target.closest("details"));
    if (target.matches("[data-choose]")) {
        choose(boxes(), target, shiftKey);
        showChosen();
    }
});
showChosen();

showKeys();
