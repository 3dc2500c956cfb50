// The routes that anybody may call: each function behind them checks its callers itself. A flood of them must leave room for the rest.
const { count } = require("./parameters.cjs");

const RATE = { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 };

/** Route key -> logical id: a stage cannot limit a route that is not yet there. */
const routes = {
  "POST /webhooks/{provider}": "HttpApiRoutePostWebhooksProviderVar",
  "GET /webhooks/{provider}": "HttpApiRouteGetWebhooksProviderVar",
  "ANY /scim/v2/{proxy+}": "HttpApiRouteAnyScimV2ProxyVar",
  "GET /healthz": "HttpApiRouteGetHealthz",
  "GET /openapi.json": "HttpApiRouteGetOpenapijson",
  $default: "HttpApiRouteDefault",
};

exports.extensions = async () => ({
  HttpApiStage: {
    DependsOn: Object.values(routes),
    Properties: { RouteSettings: Object.fromEntries(Object.keys(routes).map((route) => [route, RATE])) },
  },
});

/** Executions at once that are set apart for such a function, and that it may not pass. */
exports.concurrency = async (context) => {
  const given = await context.resolveVariable("param:openRoutesConcurrency");
  return given === "" ? null : await count(context, "openRoutesConcurrency");
};
