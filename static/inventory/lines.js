// A scanner ends what it types with Enter: that goes on to the next field instead of sending the form.
(() => {
    const form = document.querySelector("[data-lines]");
    if (!form) {
        return;
    }
    form.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.target.tagName !== "INPUT") {
            return;
        }
        event.preventDefault();
        const fields = [...form.querySelectorAll("input:not([type=hidden]), select, button")];
        fields[fields.indexOf(event.target) + 1]?.focus();
    });
})();
