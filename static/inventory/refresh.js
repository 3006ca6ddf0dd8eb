// Keeps the element with data-refresh="seconds" up to date: asks for the page again and puts the same element of the new
// one in its place, until that says no more. What is open stays open, and what has the focus keeps it; a new state
// (data-state) is told in the element with data-refresh-told, which stays in the page.
(() => {
    const patience = 5;
    let failures = 0;

    const later = () => {
        const shown = document.querySelector("[data-refresh]");
        if (shown) {
            setTimeout(look, Number(shown.dataset.refresh) * 1000);
        }
    };

    const look = async () => {
        if (document.hidden) {
            document.addEventListener("visibilitychange", look, { once: true });
            return;
        }
        const shown = document.querySelector("[data-refresh]");
        try {
            const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            const fresh = answer.ok ? page.getElementById(shown.id) : null;
            if (!fresh) {
                throw new Error(`No such page: ${answer.status}`);
            }
            failures = 0;
            put(shown, fresh);
        } catch {
            failures += 1;
            if (failures >= patience) {
                stop(shown);
            }
        }
        later();
    };

    const put = (shown, fresh) => {
        const open = [...shown.querySelectorAll("details[id]")].map((one) => [one.id, one.open]);
        const focused = shown.contains(document.activeElement) ? document.activeElement : null;
        const places = focused ? [...shown.querySelectorAll("a, summary, pre[tabindex]")] : [];
        const before = shown.dataset.state;
        shown.replaceWith(document.adoptNode(fresh));
        for (const [id, isOpen] of open) {
            const again = document.getElementById(id);
            if (again) {
                again.open = isOpen;
            }
        }
        if (focused) {
            const again = fresh.querySelectorAll("a, summary, pre[tabindex]");
            // A new attempt stands above the others: what had the focus is counted from the end.
            again[again.length - (places.length - places.indexOf(focused))]?.focus({ preventScroll: true });
        }
        if (fresh.dataset.state !== before) {
            tell(fresh.dataset.state);
            // Browsers heed autofocus while a page loads, and no more.
            if (document.activeElement === document.body) {
                fresh.querySelector("[autofocus]")?.focus({ preventScroll: true });
            }
        }
    };

    const stop = (shown) => {
        delete shown.dataset.refresh;
        const words = "This page is no longer kept up to date. Reload it to go on.";
        const note = shown.querySelector(".record-refresh");
        if (note) {
            note.textContent = words;
        }
        tell(words);
    };

    const tell = (words) => {
        const place = document.querySelector("[data-refresh-told]");
        if (place) {
            place.textContent = words;
        }
    };

    later();
})();
