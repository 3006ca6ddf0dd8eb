// The pages of one SKU: h leads to its timeline, j and k from row to row, Enter opens what a row leads to.
const skuKeys = keyedPage("tallyhouse.sku-keys");

const skuRows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.querySelector("a"));

// The row with the focus, or the one that the address names.
const skuPlace = (rows) => rows.findIndex((row) => row.contains(document.activeElement) || row.matches(":target"));

const goTo = (step) => {
    const rows = skuRows();
    const from = skuPlace(rows);
    const row = rows[from < 0 ? (step > 0 ? 0 : -1) : from + step];
    const target = row?.querySelector("a.row-link") ?? row?.querySelector("a");
    target?.focus();
    row?.scrollIntoView({ block: "nearest" });
};

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || skuKeys.isTyping(event.target) || document.querySelector("dialog[open]")) {
        return;
    }
    if (event.key === "?") {
        skuKeys.help.showModal();
        event.preventDefault();
        return;
    }
    if (!skuKeys.areKeysOn() || document.documentElement.classList.contains("keys-off")) {
        return;
    }
    if (event.key === "j" || event.key === "k") {
        goTo(event.key === "j" ? 1 : -1);
        event.preventDefault();
    } else if (event.key === "h") {
        document.querySelector("[data-timeline]").click();
        event.preventDefault();
    } else if (event.key === "o") {
        document.querySelector("[data-older]")?.click();
        event.preventDefault();
    }
});

skuKeys.showKeys();
