// The API's reference, drawn by Swagger UI from this service's own description, which is in English.

import { speak, text } from "./language.js";

/** @type {any} */ (globalThis).SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  validatorUrl: null, // the default asks a host elsewhere
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
});
speak(() => (document.title = `${text("docsTitle")} · spatialgov`));
