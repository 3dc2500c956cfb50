/** The arrows of ARCHITECTURE.md: functions -> usecases -> reconcile -> (domain, manifests, ports) <- adapters. */
const only = (name, from, to, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { path: "^(shared|functions|events|config|local|infra|test|bench)/", pathNot: to },
});

module.exports = {
  forbidden: [
    { name: "no-circle", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    only("domain-is-pure", "^shared/domain/", "^shared/domain/", "The domain knows nobody."),
    only("manifests-are-pure", "^shared/manifests/", "^shared/(domain|manifests)/", "Manifests are made of the domain."),
    only(
      "webhooks-are-pure",
      "^shared/webhooks/",
      "^shared/(domain|webhooks)/",
      "What a provider signs and says is told in the domain's words.",
    ),
    only("ports-speak-domain", "^shared/ports(\\.ts$|/)", "^shared/(domain|ports)/", "Ports are in the domain's words."),
    only(
      "reconcile-by-ports",
      "^shared/reconcile/",
      "^shared/(domain|manifests|reconcile)/|^shared/ports(\\.ts$|/)",
      "The heart reaches the outside by ports.",
    ),
    only(
      "usecases-above-reconcile",
      "^shared/usecases/",
      "^shared/(domain|manifests|reconcile|usecases|webhooks)/|^shared/ports(\\.ts$|/)|^events/",
      "Use cases know no transport.",
    ),
    only(
      "adapters-implement-ports",
      "^shared/adapters/",
      "^shared/(domain|manifests|adapters)/|^shared/ports(\\.ts$|/)",
      "An adapter knows its port and the domain.",
    ),
    only("http-knows-no-adapter", "^shared/http/", "^shared/(domain|http)/|^shared/ports(\\.ts$|/)|^events/", "HTTP is a transport."),
    only(
      "queues-know-no-adapter",
      "^shared/queues/",
      "^shared/(domain|reconcile|usecases|queues)/|^shared/ports(\\.ts$|/)|^events/",
      "A queue is a transport.",
    ),
    only("events-are-contracts", "^events/(?!generate)", "^events/|^shared/domain/", "Contracts depend on the domain's words alone."),
    only(
      "service-knows-no-workshop",
      "^(shared|functions|events|config)/",
      "^(shared|functions|events|config)/",
      "What is deployed does not import what builds, tests or measures it.",
    ),
    {
      name: "adapters-in-deps",
      comment: "Only deps.ts joins a port to its adapter.",
      severity: "error",
      from: { path: "^functions/", pathNot: "/deps\\.ts$" },
      to: { path: "^shared/adapters/" },
    },
    {
      name: "domain-without-sdk",
      severity: "error",
      from: { path: "^shared/(domain|manifests|reconcile|webhooks)/" },
      to: { path: "node_modules/(@aws-sdk|@smithy|@middy|undici)" },
    },
    {
      name: "no-clock-or-chance",
      comment: "Pure rooms may hash, nothing else of node.",
      severity: "error",
      from: { path: "^shared/(domain|manifests|webhooks)/" },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?crypto$" },
    },
  ],
  options: { parser: "swc", tsPreCompilationDeps: true, doNotFollow: { path: "node_modules" }, tsConfig: { fileName: "tsconfig.json" } },
};
