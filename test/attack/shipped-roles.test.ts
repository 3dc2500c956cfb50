import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pLimit from "p-limit";
import { grantRules } from "../../shared/manifests/rights.ts";
import { AccessReviews, nameOf, type Question, type ServedResource } from "../support/access-review.ts";
import { grant } from "../support/people.ts";
import { anId, api, untilPhase } from "../support/stack.ts";

// What each shipped role allows whoever was granted it, as the real API server judges: everything that it serves is asked for.

const verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
const paths = [
  "/",
  "/api",
  "/apis",
  "/healthz",
  "/livez",
  "/readyz",
  "/version",
  "/openapi/v3",
  "/metrics",
  "/logs",
  "/debug/pprof",
  "/configz",
];
const roles = Object.keys(grantRules);
const [own, other] = [anId("own"), anId("other")];
const holder = (role: string): string => `holder-of-${role}@example.com`;

const reviews = new AccessReviews();
const atOnce = pLimit(16);
let served: ServedResource[];

const allows = (role: string, question: Question): Promise<boolean> => atOnce(() => reviews.allows(`oidc:${holder(role)}`, question));

beforeAll(async () => {
  served = (await reviews.served()).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  for (const tenantId of [own, other]) await api("POST", "/tenants", { tenantId, name: tenantId, tier: "basic" });
  for (const tenantId of [own, other]) await untilPhase(tenantId, "Ready");
  for (const role of roles) await grant(own, holder(role), role);
}, 60_000);
afterAll(() => reviews.close());

/** The verbs that are allowed, a line a resource; a resource without any has none. */
async function matrix(role: string, resources: ServedResource[], namespace: string): Promise<string[]> {
  const lines = resources.map(async (served) => {
    const { group, resource, subresource } = served;
    const answers = await Promise.all(verbs.map((verb) => allows(role, { verb, group, resource, subresource, namespace })));
    const allowed = verbs.filter((_verb, i) => answers[i]);
    return allowed.length === 0 ? [] : [`  ${nameOf(served).padEnd(52)}${allowed.join(" ")}`];
  });
  const found = (await Promise.all(lines)).flat();
  return found.length === 0 ? ["  nothing"] : found;
}

async function openPaths(role: string): Promise<string[]> {
  const answers = await Promise.all(paths.map((path) => allows(role, { verb: "get", path })));
  return paths.filter((_path, i) => answers[i]);
}

function expectGolden(path: string, text: string): void {
  const file = new URL(`../golden/${path}`, import.meta.url);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(new URL(".", file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, "utf8"));
}

describe.each(roles)("%s", (role) => {
  test("allows its holder exactly what the golden matrix says, in the own namespace, in another tenant's and in the cluster", async () => {
    const namespaced = served.filter((resource) => resource.namespaced);
    expect(namespaced.length).toBeGreaterThan(50);
    const text = [
      `What a SubjectAccessReview allows a holder of ${role}, of ${verbs.join(", ")} on`,
      `${namespaced.length} resources in a namespace, and on ${served.length} in the cluster (which is every namespace).`,
      "",
      "In the tenant's namespace:",
      ...(await matrix(role, namespaced, `tenant-${own}`)),
      "",
      "In another tenant's namespace:",
      ...(await matrix(role, namespaced, `tenant-${other}`)),
      "",
      "In the cluster:",
      ...(await matrix(role, served, "")),
      "",
      `Paths (of ${paths.join(", ")}):`,
      `  ${(await openPaths(role)).join(" ")}`,
      "",
    ].join("\n");
    expectGolden(`access/${role}.txt`, text);
  }, 120_000);

  test("is no way to more: to other names, to other roles, to tokens, to nodes, to what holds the tenant in", async () => {
    const namespace = `tenant-${own}`;
    const rbac = "rbac.authorization.k8s.io";
    const ways: Question[] = [
      ...["users", "groups", "serviceaccounts", "uids"].map((resource) => ({ verb: "impersonate", resource })),
      { verb: "impersonate", resource: "serviceaccounts", namespace },
      { verb: "impersonate", group: "authentication.k8s.io", resource: "userextras", subresource: "scopes" },
      ...["escalate", "bind", "*"].flatMap((verb) => [
        { verb, group: rbac, resource: "roles", namespace },
        { verb, group: rbac, resource: "clusterroles" },
        { verb, group: rbac, resource: "clusterroles", name: role },
      ]),
      ...["rolebindings", "roles"].map((resource) => ({ verb: "create", group: rbac, resource, namespace })),
      { verb: "create", resource: "serviceaccounts", subresource: "token", namespace },
      { verb: "create", resource: "serviceaccounts", subresource: "token", namespace: "kube-system" },
      { verb: "get", resource: "secrets", namespace: `tenant-${other}` },
      { verb: "list", resource: "secrets", namespace: "kube-system" },
      { verb: "list", resource: "secrets" },
      { verb: "get", resource: "nodes" },
      { verb: "get", resource: "nodes", subresource: "proxy" },
      ...["pods", "services"].map((resource) => ({ verb: "get", resource, subresource: "proxy", namespace })),
      { verb: "patch", resource: "pods", subresource: "ephemeralcontainers", namespace },
      { verb: "create", resource: "pods", subresource: "binding", namespace },
      ...["patch", "delete"].map((verb) => ({ verb, resource: "namespaces", namespace, name: namespace })),
      ...["resourcequotas", "limitranges", "endpoints"].map((resource) => ({ verb: "patch", resource, namespace })),
      { verb: "create", group: "discovery.k8s.io", resource: "endpointslices", namespace },
      { verb: "create", group: "networking.k8s.io", resource: "networkpolicies", namespace },
      { verb: "delete", group: "networking.k8s.io", resource: "networkpolicies", namespace, name: "tenant-isolation" },
      { verb: "create", group: "apps", resource: "daemonsets", namespace },
      { verb: "create", group: "certificates.k8s.io", resource: "certificatesigningrequests" },
      { verb: "approve", group: "certificates.k8s.io", resource: "signers" },
      { verb: "create", group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations" },
      { verb: "*", group: "*", resource: "*", namespace },
    ];
    const answers = await Promise.all(ways.map(async (way) => ((await allows(role, way)) ? [way] : [])));
    expect(answers.flat()).toEqual([]);
  });

  test("opens shells and Secrets only where it is meant to", async () => {
    const shell = { verb: "create", resource: "pods", subresource: "exec", namespace: `tenant-${own}` };
    const secret = { verb: "get", resource: "secrets", namespace: `tenant-${own}` };
    const meant: Record<string, boolean[]> = {
      "tenant-admin": [true, true],
      "tenant-developer": [true, false],
      "tenant-viewer": [false, false],
    };
    expect([await allows(role, shell), await allows(role, secret)]).toEqual(meant[role]);
  });
});

test("whoever holds no grant is allowed what every user of the cluster is, and nothing of a tenant", async () => {
  const nobody = (question: Question) => reviews.allows("oidc:nobody@example.com", question);
  for (const { group, resource, subresource } of served.filter(({ namespaced }) => namespaced))
    expect([resource, await nobody({ verb: "get", group, resource, subresource, namespace: `tenant-${own}` })]).toEqual([resource, false]);
});
