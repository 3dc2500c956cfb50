import { beforeAll, describe, expect, test } from "@jest/globals";
import { AsUser } from "../integration/as-user.ts";
import { grant } from "../support/people.ts";
import { anId, api, untilPhase } from "../support/stack.ts";

// What a tenant's own ServiceAccount, and a person who administers the tenant, try against the platform, on the real API server.

const tenantId = anId("inside");
const namespace = `tenant-${tenantId}`;
const admin = "alex@example.com";
const attackers = {
  "the tenant's ServiceAccount": new AsUser({
    name: `system:serviceaccount:${namespace}:${namespace}`,
    groups: ["system:authenticated", "system:serviceaccounts", `system:serviceaccounts:${namespace}`],
  }),
  "a person with the role tenant-admin": new AsUser({ name: `oidc:${admin}`, groups: ["system:authenticated"] }),
};

beforeAll(async () => {
  await api("POST", "/tenants", { tenantId, name: tenantId, tier: "default" });
  await untilPhase(tenantId, "Ready");
  await grant(tenantId, admin, "tenant-admin");
}, 60_000);

describe.each(Object.entries(attackers))("%s", (_who, attacker) => {
  const secrets = `/api/v1/namespaces/${namespace}/secrets`;

  test("gets no token that never expires, but other Secrets", async () => {
    const secret = (type: string) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { generateName: "token-", annotations: { "kubernetes.io/service-account.name": namespace } },
      type,
    });
    expect(await attacker.send("POST", secrets, secret("kubernetes.io/service-account-token"))).toMatchObject({
      status: 403,
      message: expect.stringContaining("tenantry-token-secrets"),
    });
    const opaque = await attacker.send("POST", secrets, secret("Opaque"));
    expect(opaque.status).toBe(201);
    const { name } = opaque.body["metadata"] as { name: string };
    const retyped = { type: "kubernetes.io/service-account-token" };
    expect((await attacker.send("PATCH", `${secrets}/${name}`, retyped, "application/merge-patch+json")).status).toBe(422);
  });
});

/** The smallest object of each kind that a tenant may create and that starts nothing. */
const idle: Record<string, { path: string; object: object; bound: number }> = {
  Deployment: {
    path: "apps/v1/deployments",
    bound: 20,
    object: { spec: { replicas: 0, selector: { matchLabels: { app: "a" } }, template: podTemplate() } },
  },
  StatefulSet: {
    path: "apps/v1/statefulsets",
    bound: 10,
    object: { spec: { replicas: 0, serviceName: "a", selector: { matchLabels: { app: "a" } }, template: podTemplate() } },
  },
  Job: { path: "batch/v1/jobs", bound: 50, object: { spec: { suspend: true, template: podTemplate("Never") } } },
  CronJob: {
    path: "batch/v1/cronjobs",
    bound: 10,
    object: { spec: { suspend: true, schedule: "0 0 * * *", jobTemplate: { spec: { template: podTemplate("Never") } } } },
  },
  Ingress: {
    path: "networking.k8s.io/v1/ingresses",
    bound: 10,
    object: { spec: { defaultBackend: { service: { name: "a", port: { number: 80 } } } } },
  },
  HorizontalPodAutoscaler: {
    path: "autoscaling/v2/horizontalpodautoscalers",
    bound: 20,
    object: { spec: { maxReplicas: 1, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" } } },
  },
};

function podTemplate(restartPolicy = "Always"): object {
  return { metadata: { labels: { app: "a" } }, spec: { restartPolicy, containers: [{ name: "a", image: "pause" }] } };
}

describe("A flood of idle objects ends at the quota's count:", () => {
  test.each(Object.entries(idle))("%s", async (_kind, { path, object, bound }) => {
    const attacker = attackers["the tenant's ServiceAccount"];
    const [group, version, plural] = path.split("/");
    const at = `/apis/${group}/${version}/namespaces/${namespace}/${plural}`;
    const answers = [];
    for (let index = 0; index <= bound; index++)
      answers.push(await attacker.send("POST", at, { metadata: { generateName: "idle-" }, ...object }));
    expect(answers.slice(0, bound).map(({ status }) => status)).toEqual(Array.from({ length: bound }, () => 201));
    expect(answers[bound]).toMatchObject({ status: 403, message: expect.stringContaining(`exceeded quota: tenant-quota`) });
  });
});
