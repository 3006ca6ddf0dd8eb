"use strict";

const page = document.getElementById("reference");

// A page cannot set the session's cookie by hand: the browser sends it by itself, once its reader has signed in.
const keysOnly = () => ({
  statePlugins: {
    auth: {
      wrapSelectors: {
        definitionsToAuthorize:
          (original) =>
          (state, ...rest) =>
            original(state, ...rest)?.filter((scheme) => scheme.first().get("in") !== "cookie"),
      },
    },
  },
});

// The key that its reader has just made, kept in this tab for a while (warehouses/new_key.js).
const freshKey = () => {
  try {
    const { key, until } = JSON.parse(sessionStorage.getItem("tallyhouse-key")) ?? {};
    return until > Date.now() ? key : "";
  } catch {
    return "";
  }
};

const ui = window.SwaggerUIBundle({
  url: page.dataset.document,
  domNode: page,
  presets: [window.SwaggerUIBundle.presets.apis],
  plugins: [keysOnly],
  layout: "BaseLayout",
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  onComplete: () => {
    const key = freshKey();
    if (!key) return;
    // Where paths are shared, the form of the header says which contract is meant.
    ui.preauthorizeApiKey(page.dataset.contract === "pos" ? "bearer" : "apiKey", key);
    const note = document.getElementById("filled");
    note.querySelector("code").textContent = `${key.slice(0, 16)}…`;
    note.hidden = false;
  },
  validatorUrl: null, // Swagger UI would show the document to a host of its own
  requestInterceptor: (request) => {
    // Only a signed-in reader's session needs the token; a key that is filled in goes before the session.
    if (page.dataset.csrfToken && !request.loadSpec && request.method !== "GET") {
      request.headers["X-CSRFToken"] = page.dataset.csrfToken;
    }
    return request;
  },
});
