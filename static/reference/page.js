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

window.SwaggerUIBundle({
  url: page.dataset.document,
  domNode: page,
  presets: [window.SwaggerUIBundle.presets.apis],
  plugins: [keysOnly],
  layout: "BaseLayout",
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // Swagger UI would show the document to a host of its own
  requestInterceptor: (request) => {
    // Only a signed-in reader's session needs the token; a key that is filled in goes before the session.
    if (page.dataset.csrfToken && !request.loadSpec && request.method !== "GET") {
      request.headers["X-CSRFToken"] = page.dataset.csrfToken;
    }
    return request;
  },
});
