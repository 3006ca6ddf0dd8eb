// A box to search in stands where a drop-down was: it is called what the drop-down is called, also for who cannot see it.
// They come when the page is ready, or later with a row that is added.
addEventListener("DOMContentLoaded", () => {
    const nameBoxes = () => {
        for (const box of document.querySelectorAll(".select2-selection[aria-labelledby]")) {
            const select = box.closest(".select2")?.previousElementSibling;
            const name = select?.getAttribute("aria-label") ?? select?.labels?.[0]?.textContent.replace("*", "").trim();
            if (name) {
                for (const part of [box, box.querySelector("[role=textbox]")]) {
                    part?.removeAttribute("aria-labelledby");
                    part?.setAttribute("aria-label", name);
                }
            }
        }
    };
    if (document.querySelector("select.admin-autocomplete")) {
        new MutationObserver(nameBoxes).observe(document.body, { childList: true, subtree: true });
        nameBoxes();
    }
});
