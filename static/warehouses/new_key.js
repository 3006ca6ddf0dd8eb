// The page that shows a new key once: it is kept for this tab's examples for an hour, and who leaves without having
// copied it is asked first.
(() => {
  const input = document.getElementById("shown-once");
  if (!input) return;
  try {
    sessionStorage.setItem("tallyhouse-key", JSON.stringify({ key: input.value, until: Date.now() + 3_600_000 }));
  } catch {
    // storage is switched off: the examples keep their placeholder
  }
  let isCopied = false;
  const noted = () => (isCopied = true);
  document.addEventListener("copy", noted);
  document.querySelector("[data-copies]")?.addEventListener("click", noted);
  document.querySelector(".panel-buttons a")?.addEventListener("click", noted); // it says so: “I have copied it”
  addEventListener("beforeunload", (event) => {
    if (!isCopied) event.preventDefault();
  });
})();
