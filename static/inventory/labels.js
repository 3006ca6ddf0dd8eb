// The preview follows what is chosen: the form is sent, and its page's labels take the place of these. Without this script
// there is a button for it, and the browser's own menu prints.
(() => {
    const form = document.getElementById("label-form");
    const print = form.querySelector("[data-labels-print]");
    let latest = 0;
    document.documentElement.classList.add("is-scripted");
    print.hidden = false;
    print.focus();
    print.addEventListener("click", () => window.print());

    const put = (page, selector) => {
        const shown = document.querySelector(selector);
        const fresh = page.querySelector(selector);
        if (shown && fresh) {
            shown.replaceWith(document.adoptNode(fresh));
        }
    };

    const update = async () => {
        latest += 1;
        const turn = latest;
        const focused = document.activeElement?.id;
        document.getElementById("label-sheets").classList.add("is-waiting");
        try {
            const answer = await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin" });
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            if (!page.getElementById("label-sheets")) {
                throw new Error(`No labels: ${answer.status}`);
            }
            if (turn !== latest) {
                return; // something else has been chosen meanwhile
            }
            const paper = document.getElementById("label-paper");
            paper.href = page.getElementById("label-paper").getAttribute("href");
            put(page, "#label-sheets");
            put(page, "[data-labels-told]");
            const fields = page.querySelectorAll(".label-choice:not(.label-acts)");
            for (const field of form.querySelectorAll(".label-choice:not(.label-acts)")) {
                field.remove();
            }
            form.querySelector(".label-acts").before(...[...fields].map((field) => document.adoptNode(field)));
            if (focused) {
                document.getElementById(focused)?.focus();
            }
        } catch {
            form.submit();
        }
    };

    form.addEventListener("change", update);
    // What was chosen before this script was there, or was kept by the browser over a reload.
    const isChosen = (field) =>
        field instanceof HTMLSelectElement
            ? [...field.options].some((option) => option.selected !== option.defaultSelected)
            : field.type !== "hidden" && field.defaultValue !== undefined && field.value !== field.defaultValue;
    if ([...form.elements].some((field) => field.name && isChosen(field))) {
        update();
    }
    // Enter in a field is "show me", not "send": the page stays, and the focus with it.
    form.addEventListener("submit", (event) => {
        if (!event.submitter || event.submitter.matches("[data-labels-update]")) {
            event.preventDefault();
            update();
        }
    });
})();
