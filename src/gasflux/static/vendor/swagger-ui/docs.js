// Shows openapi.json of this server; nothing is asked of any other (no validator badge), no key is kept.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  supportedSubmitMethods: ["get", "post", "put", "delete"],
});
