// Closes the menus that open over a page when one leaves them: by Escape, or by clicking elsewhere. Without it they close
// by their button.
(() => {
    const opened = () => document.querySelectorAll("details.export[open]");
    document.addEventListener("click", (event) => {
        for (const menu of opened()) {
            if (!menu.contains(event.target)) {
                menu.open = false;
            }
        }
    });
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") {
            return;
        }
        for (const menu of opened()) {
            menu.open = false;
            menu.querySelector("summary").focus();
        }
    });
    // A file is sent and the page stays: the menu has done what it is for.
    document.addEventListener("submit", (event) => {
        const menu = event.target.closest("details.export");
        if (menu) {
            setTimeout(() => {
                menu.open = false;
            });
        }
    });
})();
