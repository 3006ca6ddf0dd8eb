// Copy buttons: <button data-copies="id of an input">. Without a clipboard (plain HTTP) the text is selected instead.
(() => {
  const say = (button, text) => {
    const place = button.closest(".panel")?.querySelector(".copy-result");
    if (place) place.textContent = text;
  };
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.addEventListener("click", async () => {
      const input = document.getElementById(button.dataset.copies);
      input.focus();
      input.select();
      try {
        await navigator.clipboard.writeText(input.value);
        say(button, "Copied.");
      } catch {
        say(button, "Selected: press Ctrl+C to copy.");
      }
    });
  }
})();
