import { beforeAll, describe, expect, test } from "@jest/globals";
import { anId, api, kubectl, kubectlApply, kubeObject, putEvent, trailOf, until, untilPhase } from "../support/stack.ts";

const workload = (name: string, replicas: number) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name,
            image: "registry.k8s.io/pause:3.10",
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          },
        ],
      },
    },
  },
});
const cronJob = {
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: "report" },
  spec: { schedule: "0 3 * * *", jobTemplate: { spec: { template: workload("report", 1).spec.template } } },
};
(cronJob.spec.jobTemplate.spec.template.spec as Record<string, unknown>)["restartPolicy"] = "Never";

describe("A tenant with workloads", () => {
  const tenantId = anId("sleepy");
  const namespace = `tenant-${tenantId}`;
  const pods = async (): Promise<number> => (await kubeObject("pods", "-n", namespace)).items.length;
  const replicas = async (name: string): Promise<number> => (await kubeObject("deployment", name, "-n", namespace)).spec.replicas;

  beforeAll(async () => {
    expect((await api("POST", "/tenants", { tenantId, name: "Sleepy", tier: "basic" })).status).toBe(201);
  });

  test("sleeps on suspend, with no pods, no way in and no new pods, and wakes exactly as it was", async () => {
    for (const object of [workload("web", 3), workload("worker", 2), workload("idle", 0), cronJob]) await kubectlApply(namespace, object);
    await until("the pods to be there", async () => ((await pods()) === 5 ? true : undefined));

    const { status, body } = await api("POST", `/tenants/${tenantId}/suspend`);
    expect([status, body.phase]).toEqual([200, "Suspended"]);
    await until("the pods to be gone", async () => ((await pods()) === 0 ? true : undefined), 60);
    expect(await Promise.all(["web", "worker", "idle"].map(replicas))).toEqual([0, 0, 0]);
    expect((await kubeObject("cronjob", "report", "-n", namespace)).spec.suspend).toBe(true);
    await expect(kubectl("get", "rolebinding", "tenant-binding", "-n", namespace)).rejects.toThrow(/NotFound/);
    expect((await kubeObject("networkpolicy", "tenant-isolation", "-n", namespace)).spec).not.toHaveProperty("ingress");
    expect((await kubeObject("resourcequota", "tenant-quota", "-n", namespace)).spec.hard.pods).toBe("0");
    expect((await api("POST", `/tenants/${tenantId}/suspend`)).body).toMatchObject({ phase: "Suspended", generation: body.generation });

    await kubectl("-n", namespace, "delete", "deployment", "worker");
    const active = await api("POST", `/tenants/${tenantId}/activate`);
    expect([active.status, active.body.phase]).toEqual([200, "Ready"]);
    expect([await replicas("web"), await replicas("idle")]).toEqual([3, 0]);
    expect((await kubeObject("cronjob", "report", "-n", namespace)).spec.suspend).toBe(false);
    await until("the pods to be back", async () => ((await pods()) === 3 ? true : undefined));
    expect((await trailOf(tenantId)).map(({ type }) => type)).toEqual([
      "TenantOnboarded",
      "TenantReady",
      "TenantSuspended",
      "TenantActivated",
    ]);
  }, 120_000);

  test("does the same by events, and stays paused while it is paused", async () => {
    await putEvent("TenantSuspendRequested", { tenantId }, { metadata: { occurredAt: new Date(Date.now() + 1_000).toISOString() } });
    await untilPhase(tenantId, "Suspended");
    expect((await api("POST", `/tenants/${tenantId}/pause`)).status).toBe(200);
    await putEvent("TenantActivateRequested", { tenantId }, { metadata: { occurredAt: new Date(Date.now() + 2_000).toISOString() } });
    await until("the wish to be recorded", async () => {
      const { body } = await api("GET", `/tenants/${tenantId}`);
      const ready = body.conditions.find(({ type }: { type: string }) => type === "Ready");
      return body.generation > body.observedGeneration && ready.reason === "Paused" ? true : undefined;
    });
    expect(await replicas("web")).toBe(0);
    expect((await api("POST", `/tenants/${tenantId}/resume`)).status).toBe(200);
    expect(await replicas("web")).toBe(3);
  }, 120_000);
});
