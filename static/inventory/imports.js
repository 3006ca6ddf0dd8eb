// A file is brought by choosing or dropping it: no further button is needed. And no button does its work twice.
(() => {
    for (const form of document.querySelectorAll("[data-import]")) {
        const file = form.querySelector("[data-import-file]");
        const told = form.querySelector("[data-import-told]");
        const how = form.querySelector(".import-how");
        form.querySelector("[data-import-button]").hidden = true;
        if (how) {
            how.textContent = "drop it here, or choose it";
        }

        const send = () => {
            if (file.files.length) {
                told.textContent = `${file.files[0].name} is being checked…`;
                form.requestSubmit();
            }
        };
        // Coming back to the page, the browser may remember the file: the same one is to be chosen again.
        addEventListener("pageshow", () => {
            file.value = "";
            told.textContent = "";
        });
        file.addEventListener("change", send);
        form.addEventListener("dragover", (event) => {
            event.preventDefault();
            form.classList.add("is-over");
        });
        form.addEventListener("dragleave", () => form.classList.remove("is-over"));
        form.addEventListener("drop", (event) => {
            event.preventDefault();
            form.classList.remove("is-over");
            if (event.dataTransfer.files.length) {
                file.files = event.dataTransfer.files;
                send();
            }
        });
    }

    // Asked of the document: a page that is kept up to date (refresh.js) brings buttons that were not there before.
    document.addEventListener("submit", (event) => {
        const button = event.target.querySelector("[data-once]");
        if (!button) {
            return;
        }
        if (button.dataset.once) {
            event.preventDefault();
            return;
        }
        button.dataset.once = "sent";
    });
    addEventListener("pageshow", () => {
        for (const button of document.querySelectorAll("[data-once]")) {
            button.dataset.once = "";
        }
    });
})();
