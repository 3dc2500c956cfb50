import { beforeAll, describe, expect, test } from "@jest/globals";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { invoke } from "../support/invoke.ts";
import { anId, api, dynamodb, kubectlApply, kubeObject, kubectl, newKey, tableName, trailOf, until, untilPhase } from "../support/stack.ts";

/** What `kubectl edit` sends, under its field manager. */
const edit = (namespace: string, object: string, patch: object) =>
  kubectl("patch", object, "-n", namespace, "--type=merge", "--field-manager=kubectl-edit", "-p", JSON.stringify(patch));
const create = async (...args: string[]) => kubectl("create", ...args);

/** Asks for a check, and waits for its result where the answer says that it will be. */
async function checkDrift() {
  const { status, body, headers } = await api("POST", "/clusters/local/check");
  expect([status, headers.get("location")]).toEqual([202, "/clusters/local"]);
  const { requestedAt } = body.check;
  return until(
    "the check",
    async () => {
      const { lastCheck } = (await api("GET", headers.get("location") ?? "")).body;
      return lastCheck !== undefined && lastCheck.startedAt >= requestedAt ? lastCheck : undefined;
    },
    90,
  );
}

const onboarded = async (): Promise<string> => {
  const tenantId = anId("drift");
  await api("POST", "/tenants", { tenantId, name: "Acme", tier: "basic" });
  await untilPhase(tenantId, "Ready");
  return tenantId;
};

const granted = (tenantId: string, user: string) => api("PUT", `/tenants/${tenantId}/grants/${user}/tenant-viewer`);
const bindingOf = (tenantId: string, user: string) => kubeObject("rolebinding", `user-${user}-tenant-viewer`, "-n", `tenant-${tenantId}`);

const installation = async (namespace: string): Promise<string> =>
  (await kubeObject("namespace", namespace)).metadata.annotations["tenantry.dev/installation"];

// biome-ignore lint/suspicious/noExplicitAny: the event as it is in the trail.
const repairOf = (tenantId: string): Promise<any> =>
  until(`the repair of ${tenantId}`, async () => (await trailOf(tenantId)).find(({ type }) => type === "TenantDriftRepaired"), 60);

describe("A check for drift", () => {
  let drifted: string;
  let left: string;
  let gone: string;
  let ghost: string;

  beforeAll(async () => {
    [drifted, left, gone] = await Promise.all([onboarded(), onboarded(), onboarded()]);
    ghost = anId("ghost");
    for (const tenantId of [left, gone]) await granted(tenantId, "anna@example.com");
    const namespace = `tenant-${drifted}`;
    await edit(namespace, "resourcequota/tenant-quota", { spec: { hard: { pods: "5000", "limits.cpu": "2000m" } } });
    await kubectl("delete", "networkpolicy", "tenant-isolation", "-n", namespace);
    await kubectl("label", "namespace", namespace, "--overwrite", "pod-security.kubernetes.io/enforce=privileged");
    await create("rolebinding", "friend", "--clusterrole=admin", "--user=eve", "-n", namespace);
    await edit(namespace, "role/tenant-role", { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] });
    await kubectl("delete", "namespace", `tenant-${gone}`);
    await create("namespace", `tenant-${ghost}`);
    await kubectl("label", "namespace", `tenant-${ghost}`, "app.kubernetes.io/managed-by=tenantry", `tenant-id=${ghost}`);
    await kubectl("annotate", "namespace", `tenant-${ghost}`, `tenantry.dev/installation=${await installation(`tenant-${left}`)}`);
    await checkDrift();
  }, 120_000);

  test("puts right what others changed, and says which fields, and who", async () => {
    const { detail } = await repairOf(drifted);
    expect(detail.metadata).toMatchObject({ tenantId: drifted, actor: "tenantry" });
    const objects = new Map(detail.data.objects.map((one: { object: string }) => [one.object, one]));
    const byEdit = [{ manager: "kubectl-edit", operation: "Update", time: expect.stringMatching(/^\d{4}-.*Z$/) }];
    expect(objects.get("ResourceQuota/tenant-quota")).toEqual({
      object: "ResourceQuota/tenant-quota",
      change: "changed",
      fields: ["/spec/hard/pods"],
      by: byEdit,
    });
    expect(objects.get("Role/tenant-role")).toMatchObject({ fields: ["/rules"], by: byEdit });
    expect(objects.get("NetworkPolicy/tenant-isolation")).toMatchObject({ change: "missing", by: [] });
    expect(objects.get(`Namespace/tenant-${drifted}`)).toMatchObject({
      fields: ["/metadata/labels/pod-security.kubernetes.io~1enforce"],
      by: [{ manager: "kubectl-label" }],
    });
    expect(objects.size).toBe(4);
    expect(detail.data.foreign).toMatchObject([{ object: "RoleBinding/friend", removed: false, by: [{ manager: "kubectl-create" }] }]);

    const { body } = await api("GET", `/tenants/${drifted}`);
    expect(body).toMatchObject({ phase: "Ready", generation: 2, observedGeneration: 2 });
    expect(body.conditions.find(({ type }: { type: string }) => type === "AccessApplied")).toMatchObject({
      status: "False",
      reason: "ForeignObjects",
    });
    const namespace = `tenant-${drifted}`;
    expect((await kubeObject("resourcequota", "tenant-quota", "-n", namespace)).spec.hard.pods).toBe("20");
    expect((await kubeObject("networkpolicy", "tenant-isolation", "-n", namespace)).spec.policyTypes).toEqual(["Ingress", "Egress"]);
    expect((await kubeObject("namespace", namespace)).metadata.labels["pod-security.kubernetes.io/enforce"]).toBe("restricted");
    expect((await kubeObject("role", "tenant-role", "-n", namespace)).rules.length).toBeGreaterThan(3);
  }, 90_000);

  test("makes a namespace again that somebody deleted", async () => {
    const { detail } = await repairOf(gone);
    expect(detail.data.objects).toMatchObject([{ object: `Namespace/tenant-${gone}`, change: "missing" }]);
    await untilPhase(gone, "Ready");
    await kubeObject("networkpolicy", "tenant-isolation", "-n", `tenant-${gone}`);
    await bindingOf(gone, "anna@example.com");
  }, 90_000);

  test("deletes a namespace of this installation that no record knows", async () => {
    await until(
      `tenant-${ghost} to go`,
      async () => ((await kubectl("get", "namespaces", "-o", "name")).includes(`namespace/tenant-${ghost}\n`) ? undefined : true),
      60,
    );
  }, 90_000);

  test("brings back a grant's binding, and removes one that no grant tells of", async () => {
    const tenantId = await onboarded();
    await granted(tenantId, "anna@example.com");
    const anna = await bindingOf(tenantId, "anna@example.com");
    await kubectl("delete", "rolebinding", "user-anna@example.com-tenant-viewer", "-n", `tenant-${tenantId}`);
    const { labels } = anna.metadata;
    const eve = { ...anna, metadata: { name: "user-eve-tenant-viewer", labels }, subjects: [{ ...anna.subjects[0], name: "eve" }] };
    await kubectlApply(`tenant-${tenantId}`, eve);
    await checkDrift();
    const { detail } = await repairOf(tenantId);
    expect(detail.data.objects).toMatchObject([
      { object: "RoleBinding/user-anna@example.com-tenant-viewer", change: "missing" },
      { object: "RoleBinding/user-eve-tenant-viewer", change: "unwanted" },
    ]);
    await untilPhase(tenantId, "Ready");
    await bindingOf(tenantId, "anna@example.com");
    await expect(bindingOf(tenantId, "eve")).rejects.toThrow(/NotFound/);
  }, 90_000);

  test("is asked for by the schedule once it is due, and not before", async () => {
    await checkDrift();
    expect(await invoke("drift-schedule")).toMatchObject({ clusters: expect.any(Number), due: 0, oldestAgeSeconds: expect.any(Number) });
    const { check } = (await api("GET", "/clusters/local")).body;
    expect(check).toMatchObject({ state: "Waiting", dueAt: expect.any(String) });
    expect(check).not.toHaveProperty("requestedAt");
  }, 120_000);

  test("is taken up by the schedule where its message was lost", async () => {
    const { startedAt } = await checkDrift();
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: tableName(),
        Key: { pk: { S: "DRIFTCHECKS" }, sk: { S: "CLUSTER#local" } },
        UpdateExpression: "SET dueAt = :past",
        ConditionExpression: "attribute_exists(pk)",
        ExpressionAttributeValues: { ":past": { S: "2020-01-01T00:00:00.000Z" } },
      }),
    );
    await invoke("drift-schedule"); // Or its own invocation of that minute.
    const { lastCheck, check } = await until(
      "the check",
      async () => {
        const { body } = await api("GET", "/clusters/local");
        return body.lastCheck.startedAt > startedAt ? body : undefined;
      },
      60,
    );
    expect([lastCheck.outcome, check.state]).toEqual(["Complete", "Waiting"]);
  }, 180_000);

  test("is asked for once under one idempotency key, of a cluster that is registered", async () => {
    const headers = { "idempotency-key": newKey() };
    const first = await api("POST", "/clusters/local/check", undefined, { headers });
    const again = await api("POST", "/clusters/local/check", undefined, { headers });
    expect([first.status, again.status]).toEqual([202, 202]);
    expect((await api("POST", "/clusters/nowhere/check")).status).toBe(404);
  });

  test("leaves alone who did not drift, and the next one finds nothing", async () => {
    const before = (await api("GET", `/tenants/${left}`)).body;
    expect(before).toMatchObject({ generation: 2, phase: "Ready" });
    await Promise.all([repairOf(drifted), repairOf(gone)]);
    await untilPhase(gone, "Ready");
    const trails = async () => await Promise.all([drifted, gone, left].map(async (id) => (await trailOf(id)).length));
    const told = await trails();
    const marked = await onboarded();
    await kubectl("delete", "role", "tenant-role", "-n", `tenant-${marked}`);
    expect(await checkDrift()).toMatchObject({ outcome: "Complete", failed: 0, failures: [] });
    await repairOf(marked);
    await bindingOf(left, "anna@example.com");
    expect(await trails()).toEqual(told);
    expect((await api("GET", `/tenants/${left}`)).body).toEqual(before);
  }, 120_000);
});
