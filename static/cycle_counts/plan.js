// Planning: how much the form would have counted is told as it is filled in, and only the rooms of the chosen location
// are offered.
(() => {
    const form = document.querySelector("[data-plan]");
    if (!form) {
        return;
    }
    document.documentElement.classList.add("is-scripted");
    const shown = form.querySelector("[data-previewed]");
    const place = form.elements.location;
    let timer = 0;
    let asked = 0;

    const paragraph = (text) => {
        const found = document.createElement("p");
        found.textContent = text;
        return found;
    };

    const tell = ({ words, reasons, problems }) => {
        const parts = [...(reasons ?? []), ...(problems ?? [])].map(paragraph);
        if (words) {
            const strong = document.createElement("strong");
            strong.textContent = words;
            parts.unshift(strong);
        }
        shown.replaceChildren(...parts);
    };

    const ask = async () => {
        const mine = ++asked;
        const body = new URLSearchParams(new FormData(form));
        try {
            const answer = await fetch(form.dataset.preview, { method: "POST", body, credentials: "same-origin" });
            const type = answer.headers.get("Content-Type") || "";
            if (mine === asked && [200, 422].includes(answer.status) && type.startsWith("application/json")) {
                tell(await answer.json());
            }
        } catch {
            // Without an answer nothing is told; the button still asks.
        }
    };

    const soon = (wait) => {
        clearTimeout(timer);
        timer = setTimeout(ask, wait);
    };

    const offerRooms = () => {
        for (const group of form.querySelectorAll("[data-rooms-of]")) {
            const isHere = group.dataset.roomsOf === place.value;
            group.hidden = !isHere;
            for (const box of group.querySelectorAll("input")) {
                box.disabled = !isHere; // what is not seen is not sent
            }
        }
    };

    form.addEventListener("change", () => {
        offerRooms();
        soon(0);
    });
    form.addEventListener("input", () => soon(500));
    offerRooms();
    if (!shown.firstElementChild) {
        soon(0);
    }

    // The second of two quick presses would plan a second count.
    let pressed = 0;
    form.addEventListener("submit", (event) => {
        const now = Date.now();
        if (now - pressed < 1000) {
            event.preventDefault();
        }
        pressed = now;
    });
})();
