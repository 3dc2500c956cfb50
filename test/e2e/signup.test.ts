import { beforeAll, describe, expect, test } from "@jest/globals";
import { anId, api, kubeObject, kubectl, putEvent, trailOf, until, untilPhase } from "../support/stack.ts";

describe("A signup event", () => {
  const tenantId = anId("signup");
  const metadata = { eventId: `evt-${tenantId}`, correlationId: "order-1042", actor: "jane@acme.example" };
  const data = { tenantId, name: "Acme Inc.", tier: "standard", labels: { segment: "retail" } };
  const namespace = `tenant-${tenantId}`;

  beforeAll(async () => {
    await putEvent("TenantOnboardingRequested", data, { metadata });
    await putEvent("TenantOnboardingRequested", data, { metadata });
    await untilPhase(tenantId, "Ready", 60);
  }, 90_000);

  test("put twice makes one tenant and one set of events, in sequence, with who asked", async () => {
    await putEvent("TenantOnboardingRequested", data, { metadata });
    const { body } = await api("GET", `/tenants/${tenantId}`);
    expect(body).toMatchObject({
      tenantId,
      tier: "standard",
      phase: "Ready",
      generation: 1,
      observedGeneration: 1,
      namespace,
      cluster: "local",
    });
    const trail = await trailOf(tenantId);
    expect(trail.map(({ sequence, type }) => `${sequence} ${type}`)).toEqual(["1 TenantOnboarded", "2 TenantReady"]);
    expect(trail[1]).toMatchObject({
      detail: { metadata: { correlationId: "order-1042", causationId: metadata.eventId, actor: "jane@acme.example" } },
    });
  });

  test("has its events published: no due time is left on them", async () => {
    await until("both events to be published", async () => {
      const trail = await trailOf(tenantId);
      return trail.length === 2 && trail.every((event) => !("dueAt" in event)) ? true : undefined;
    });
  });

  test("makes the namespace with its labels, level of Pod Security and annotations", async () => {
    const { metadata: found } = await kubeObject("namespace", namespace);
    expect(found.labels).toMatchObject({
      "tenant-id": tenantId,
      "created-by": "tenant-manager",
      "app.kubernetes.io/managed-by": "tenantry",
      "tenantry.dev/tier": "standard",
      "pod-security.kubernetes.io/enforce": "restricted",
    });
    expect(found.annotations).toMatchObject({
      "tenantry.dev/generation": "1",
      "tenantry.dev/installation": expect.stringContaining("tenantry"),
    });
  });

  test("makes the quota of the tier, and counts", async () => {
    const { spec } = await kubeObject("resourcequota", "tenant-quota", "-n", namespace);
    expect(spec.hard).toMatchObject({ "requests.cpu": "4", "limits.cpu": "4", "requests.memory": "8Gi", "services.nodeports": "0" });
    for (const counted of [
      "pods",
      "services",
      "services.loadbalancers",
      "persistentvolumeclaims",
      "requests.storage",
      "secrets",
      "configmaps",
    ])
      expect(spec.hard).toHaveProperty([counted]);
  });

  test("makes every other object of the table", async () => {
    const policy = await kubeObject("networkpolicy", "tenant-isolation", "-n", namespace);
    expect(policy.spec.policyTypes).toEqual(["Ingress", "Egress"]);
    expect((await kubeObject("serviceaccount", namespace, "-n", namespace)).automountServiceAccountToken).toBe(false);
    expect((await kubeObject("role", "tenant-role", "-n", namespace)).rules.length).toBeGreaterThan(0);
    expect((await kubeObject("rolebinding", "tenant-binding", "-n", namespace)).subjects).toEqual([
      expect.objectContaining({ kind: "ServiceAccount", name: namespace }),
    ]);
    expect((await kubeObject("limitrange", "tenant-limits", "-n", namespace)).spec.limits).toHaveLength(1);
    const monitor = await kubeObject("servicemonitor", "tenant-monitor", "-n", namespace);
    expect(monitor.metadata.labels).toMatchObject({ release: "prometheus", "tenant-id": tenantId });
    expect(monitor.spec).toMatchObject({
      selector: { matchLabels: { "tenant-id": tenantId } },
      endpoints: [{ port: "metrics", path: "/metrics", interval: "15s" }],
    });
  });

  test("is applied by server-side apply as field manager tenantry", async () => {
    const managed = JSON.parse(
      await kubectl("get", "resourcequota", "tenant-quota", "-n", namespace, "-o", "json", "--show-managed-fields"),
    );
    expect(managed.metadata.managedFields).toContainEqual(expect.objectContaining({ manager: "tenantry", operation: "Apply" }));
  });

  test("gives a tenant that can run a pod, whose limits the platform fills in", async () => {
    await kubectl(
      "-n",
      namespace,
      "run",
      "web",
      "--image=registry.k8s.io/pause:3.10",
      `--overrides=${JSON.stringify({
        spec: {
          securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "web",
              image: "registry.k8s.io/pause:3.10",
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            },
          ],
        },
      })}`,
    );
    const pod = await kubeObject("pod", "web", "-n", namespace);
    expect(pod.spec.containers[0].resources.limits).toHaveProperty("cpu");
    await until("the quota to count the pod", async () => {
      const quota = await kubeObject("resourcequota", "tenant-quota", "-n", namespace);
      return quota.status?.used?.pods === "1" ? true : undefined;
    });
  });

  test("gives a tenant that cannot run a privileged pod", async () => {
    const pod = { spec: { containers: [{ name: "x", image: "x", securityContext: { privileged: true } }] } };
    await expect(kubectl("-n", namespace, "run", "root", "--image=x", `--overrides=${JSON.stringify(pod)}`)).rejects.toThrow(
      /violates PodSecurity "restricted/,
    );
  });
});
