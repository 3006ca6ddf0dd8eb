"use strict";

// Examples with the reader's own key: the one just made is kept in this tab (sessionStorage), and nowhere else.
// `$KEY` and `$BASE` in code are replaced, and each block of it gets a button that copies it.
(() => {
  const NAME = "tallyhouse-key";
  const read = () => {
    try {
      const { key, until } = JSON.parse(sessionStorage.getItem(NAME)) ?? {};
      return until > Date.now() ? key : "";
    } catch {
      return ""; // storage is switched off
    }
  };
  const base = document.body.dataset.base || location.origin;

  const fill = (key) => {
    for (const code of document.querySelectorAll("pre code")) {
      code.dataset.source ??= code.textContent;
      let text = code.dataset.source.replaceAll("$BASE", base);
      if (key) text = text.replaceAll("$KEY", key);
      code.textContent = text;
    }
    for (const place of document.querySelectorAll("[data-key-filled]")) place.hidden = !key;
    for (const place of document.querySelectorAll("[data-key-missing]")) place.hidden = Boolean(key);
    for (const place of document.querySelectorAll("[data-key-shown]")) place.textContent = `${key.slice(0, 16)}…`;
  };

  const addButton = (block) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    const label = block.getAttribute("aria-labelledby");
    if (label) {
      button.id = `${label}-copy`;
      button.setAttribute("aria-labelledby", `${button.id} ${label}`);
    }
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(block.querySelector("code").textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(block); // without a clipboard (plain HTTP)
        button.textContent = "Press Ctrl+C";
      }
      setTimeout(() => (button.textContent = "Copy"), 4000);
    });
    const frame = document.createElement("div");
    frame.className = "copied-block";
    block.replaceWith(frame);
    frame.append(block, button);
  };

  fill(read());
  for (const block of document.querySelectorAll("pre")) {
    if (block.querySelector("code")) addButton(block);
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-key-forget]")) return;
    try {
      sessionStorage.removeItem(NAME);
    } catch {
      // there was none
    }
    fill("");
  });
})();
