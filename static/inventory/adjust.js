// Shows what the adjustment would make of the quantity, before it is posted. The server decides; this only tells.
(() => {
    const form = document.querySelector("[data-adjust]");
    if (!form) {
        return;
    }
    const before = Number(form.dataset.before);
    const preview = form.querySelector("[data-preview]");
    const show = () => {
        const text = form.elements.quantity.value.trim();
        const mode = form.elements.mode.value;
        if (!/^[+-]?\d+$/.test(text)) {
            preview.textContent = "";
            return;
        }
        const quantity = Number(text);
        const after = mode === "set" ? quantity : before + quantity;
        const delta = after - before;
        preview.textContent = `${before} → ${after} (${delta > 0 ? "+" : ""}${delta})`;
        preview.classList.toggle("preview-wrong", after < 0);
    };
    form.addEventListener("input", show);
    form.addEventListener("change", show);
    show();
})();
