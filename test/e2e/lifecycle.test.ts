import { describe, expect, test } from "@jest/globals";
import { anId, api, kubeObject, kubectl, newKey, putEvent, trailOf, until, untilPhase } from "../support/stack.ts";

const onboarded = async (body: Record<string, unknown> = {}): Promise<string> => {
  const tenantId = anId();
  const { status } = await api("POST", "/tenants", { tenantId, name: "Acme", tier: "basic", ...body });
  expect([201, 202]).toContain(status);
  await untilPhase(tenantId, "Ready");
  return tenantId;
};

describe("POST /tenants", () => {
  test("answers 201 with the Ready tenant, its address and its ETag", async () => {
    const tenantId = anId();
    const { status, headers, body } = await api("POST", "/tenants", { tenantId, name: "Acme", tier: "premium" });
    expect(status).toBe(201);
    expect(headers.get("location")).toBe(`/tenants/${tenantId}`);
    expect(headers.get("etag")).toBe('"1"');
    expect(body).toMatchObject({ tenantId, tier: "premium", phase: "Ready", namespace: `tenant-${tenantId}` });
    expect(body.conditions.map((c: { type: string; status: string }) => `${c.type}=${c.status}`)).toEqual(
      expect.arrayContaining(["Placed=True", "QuotaApplied=True", "AccessApplied=True", "Monitored=True", "Ready=True", "Isolated=False"]),
    );
  });

  test("with Prefer: respond-async answers 202 at once, and the queue finishes it", async () => {
    const tenantId = anId();
    const { status, headers, body } = await api("POST", "/tenants", { tenantId, name: "Acme" }, { headers: { prefer: "respond-async" } });
    expect(status).toBe(202);
    expect(headers.get("preference-applied")).toBe("respond-async");
    expect(body.phase).toBe("Provisioning");
    await untilPhase(tenantId, "Ready");
  });

  test("with a key renders the same tenant again, even where no id was given; with another body it is 422", async () => {
    const headers = { "idempotency-key": newKey() };
    const first = await api("POST", "/tenants", { name: "Acme", tier: "basic" }, { headers });
    const second = await api("POST", "/tenants", { name: "Acme", tier: "basic" }, { headers });
    expect(first.status).toBe(201);
    expect(second.status).toBe(200);
    expect(second.body.tenantId).toBe(first.body.tenantId);
    const other = await api("POST", "/tenants", { name: "Other", tier: "basic" }, { headers });
    expect(other).toMatchObject({ status: 422, body: { code: "IdempotencyKeyReused" } });
  });

  test("of an id that is there with other data is 409; twenty at once make one tenant", async () => {
    const tenantId = anId();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => api("POST", "/tenants", { tenantId, name: `Acme ${index}`, tier: "basic" })),
    );
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
    await untilPhase(tenantId, "Ready");
    expect(await trailOf(tenantId)).toHaveLength(2);
  }, 60_000);
});

describe("A command by the API", () => {
  test("is newer than an event that claims a time to come, and its key belongs to its whole request", async () => {
    const tenantId = anId();
    const metadata = { occurredAt: new Date(Date.now() + 120_000).toISOString() };
    await putEvent("TenantOnboardingRequested", { tenantId, name: "Ahead", tier: "basic" }, { metadata });
    await untilPhase(tenantId, "Ready");
    expect((await api("PATCH", `/tenants/${tenantId}`, { tier: "premium", labels: { constructor: "x" } })).body).toMatchObject({
      tier: "premium",
      labels: { constructor: "x" },
    });
    const headers = { "idempotency-key": newKey() };
    expect((await api("DELETE", `/tenants/${tenantId}`, undefined, { headers })).body.phase).toBe("Deleting");
    expect(await api("DELETE", `/tenants/${tenantId}?force=true`, undefined, { headers })).toMatchObject({
      status: 422,
      body: { code: "IdempotencyKeyReused" },
    });
  }, 60_000);
});

describe("PATCH /tenants/{tenantId}", () => {
  test("changes the tier, and the cluster's quota with it", async () => {
    const tenantId = await onboarded();
    const { status, body } = await api("PATCH", `/tenants/${tenantId}`, { tier: "premium" });
    expect(status).toBe(200);
    expect(body).toMatchObject({ tier: "premium", generation: 2, observedGeneration: 2, phase: "Ready" });
    const quota = await kubeObject("resourcequota", "tenant-quota", "-n", `tenant-${tenantId}`);
    expect(quota.spec.hard["requests.cpu"]).toBe("8");
    expect((await kubeObject("namespace", `tenant-${tenantId}`)).metadata.annotations["tenantry.dev/generation"]).toBe("2");
  });

  test("raises a quota within the ceiling, refuses it above, and takes it back by null", async () => {
    const tenantId = await onboarded();
    const hard = async () => (await kubeObject("resourcequota", "tenant-quota", "-n", `tenant-${tenantId}`)).spec.hard["requests.cpu"];
    expect((await api("PATCH", `/tenants/${tenantId}`, { quota: { cpu: "3" } })).status).toBe(200);
    expect(await hard()).toBe("3");
    const above = await api("PATCH", `/tenants/${tenantId}`, { quota: { cpu: "3000" } });
    expect(above).toMatchObject({ status: 422, body: { code: "QuotaAboveCeiling", errors: [{ pointer: "/quota/cpu" }] } });
    expect((await api("PATCH", `/tenants/${tenantId}`, { quota: { cpu: null } })).status).toBe(200);
    expect(await hard()).toBe("2");
  });

  test("with a stale If-Match is 412", async () => {
    const tenantId = await onboarded();
    expect((await api("PATCH", `/tenants/${tenantId}`, { name: "B" }, { headers: { "if-match": '"1"' } })).status).toBe(200);
    expect((await api("PATCH", `/tenants/${tenantId}`, { name: "C" }, { headers: { "if-match": '"1"' } })).status).toBe(412);
  });

  test("by events: the highest occurredAt wins, whatever comes last", async () => {
    const tenantId = await onboarded();
    const at = (seconds: number) => ({ occurredAt: new Date(Date.now() + seconds * 1_000).toISOString() });
    await putEvent("TenantTierChangeRequested", { tenantId, tier: "premium" }, { metadata: at(60) });
    await until("the tier to be premium", async () =>
      (await api("GET", `/tenants/${tenantId}`)).body.tier === "premium" ? true : undefined,
    );
    await putEvent("TenantTierChangeRequested", { tenantId, tier: "standard" }, { metadata: at(30) });
    await putEvent("TenantQuotaChangeRequested", { tenantId, quota: { pods: 60 } }, { metadata: at(40) });
    const body = await until("the quota to be changed", async () => {
      const seen = (await api("GET", `/tenants/${tenantId}`)).body;
      return seen.quota?.pods === 60 ? seen : undefined;
    });
    expect(body.tier).toBe("premium");
  }, 60_000);
});

describe("DELETE /tenants/{tenantId}", () => {
  test("deletes the namespace, waits for it by requeue, and leaves a tombstone with the proof", async () => {
    const tenantId = await onboarded();
    const { status, body } = await api("DELETE", `/tenants/${tenantId}`);
    expect(status).toBe(202);
    expect(body.phase).toBe("Deleting");
    const tombstone = await untilPhase(tenantId, "Deleted", 90);
    expect(tombstone.proof).toMatchObject({ cluster: "local", namespace: `tenant-${tenantId}`, namespaceUid: expect.any(String) });
    await expect(kubectl("get", "namespace", `tenant-${tenantId}`)).rejects.toThrow(/NotFound/);
    expect((await trailOf(tenantId)).map(({ type }) => type)).toEqual(["TenantOnboarded", "TenantReady", "TenantDecommissioned"]);
    expect((await api("DELETE", `/tenants/${tenantId}`)).status).toBe(202);
    expect(await api("PATCH", `/tenants/${tenantId}`, { tier: "basic" })).toMatchObject({ status: 409, body: { code: "TenantDeleted" } });
    const again = await api("POST", "/tenants", { tenantId, name: "Acme again", tier: "basic" });
    expect(again).toMatchObject({ status: 201, body: { generation: 3 } });
  }, 120_000);

  test("by event does the same", async () => {
    const tenantId = await onboarded();
    await putEvent("TenantOffboardingRequested", { tenantId });
    await untilPhase(tenantId, "Deleted", 90);
  }, 120_000);
});

describe("Reads", () => {
  test("list all tenants in pages without losing or repeating one, and filter", async () => {
    const mark = anId("page");
    const ids = Array.from({ length: 7 }, (_, index) => `${mark}-${index}`);
    await Promise.all(
      ids.map((tenantId, index) => api("POST", "/tenants", { tenantId, name: "P", tier: index < 3 ? "standard" : "basic" })),
    );
    await Promise.all(ids.map((tenantId) => untilPhase(tenantId, "Ready", 60)));
    const all: string[] = [];
    let cursor: string | undefined;
    do {
      const { status, body } = await api("GET", `/tenants?limit=3${cursor === undefined ? "" : `&cursor=${cursor}`}`);
      expect(status).toBe(200);
      expect(body.items.length).toBeLessThanOrEqual(3);
      all.push(...body.items.map((item: { tenantId: string }) => item.tenantId));
      cursor = body.nextCursor;
    } while (cursor !== undefined);
    expect(all).toEqual([...new Set(all)].sort());
    expect(all.filter((id) => id.startsWith(mark))).toEqual(ids);
    const standard = await api("GET", "/tenants?limit=100&tier=standard&phase=Ready");
    expect(standard.body.items.map((item: { tenantId: string }) => item.tenantId).filter((id: string) => id.startsWith(mark))).toEqual(
      ids.slice(0, 3),
    );
    expect(await api("GET", "/tenants?cursor=nonsense")).toMatchObject({ status: 400, body: { code: "InvalidInput" } });
  }, 90_000);

  test("give the audit trail newest first, paged", async () => {
    const tenantId = await onboarded();
    const first = await api("GET", `/tenants/${tenantId}/events?limit=1`);
    expect(first.body.items).toMatchObject([{ type: "TenantReady", sequence: 2 }]);
    const second = await api("GET", `/tenants/${tenantId}/events?limit=1&cursor=${first.body.nextCursor}`);
    expect(second.body.items).toMatchObject([{ type: "TenantOnboarded", sequence: 1 }]);
  });

  test("are open for health and the contract alone", async () => {
    expect(await api("GET", "/healthz", undefined, { token: null })).toMatchObject({ status: 200, body: { status: "ok" } });
    expect((await api("GET", "/openapi.json", undefined, { token: null })).body.openapi).toMatch(/^3\.1/);
    expect((await api("GET", "/tenants", undefined, { token: null })).status).toBe(401);
  });
});

describe("A dry run", () => {
  test("of a change answers which fields of which objects would change, and changes nothing", async () => {
    const tenantId = await onboarded();
    const { status, body } = await api("PATCH", `/tenants/${tenantId}?dryRun=true`, { tier: "premium" });
    expect(status).toBe(200);
    const changed = body.objects.filter(({ action }: { action: string }) => action !== "none");
    expect(changed.map(({ object }: { object: string }) => object).sort()).toEqual([
      "LimitRange/tenant-limits",
      `Namespace/tenant-${tenantId}`,
      "ResourceQuota/tenant-quota",
    ]);
    expect(changed.find(({ object }: { object: string }) => object.startsWith("ResourceQuota")).fields).toContain("spec.hard.requests.cpu");
    expect((await api("GET", `/tenants/${tenantId}`)).body).toMatchObject({ tier: "basic", generation: 1 });
    expect((await kubeObject("resourcequota", "tenant-quota", "-n", `tenant-${tenantId}`)).spec.hard["requests.cpu"]).toBe("2");
  });

  test("of an adoption says what would change in a namespace that somebody else made, and the adoption takes it over", async () => {
    const tenantId = anId("adopt");
    const namespace = `tenant-${tenantId}`;
    await kubectl("create", "namespace", namespace);
    await kubectl("label", "namespace", namespace, "team=blue");
    const blocked = await api("POST", "/tenants", { tenantId, name: "Adopted", tier: "basic" });
    expect(blocked.body).toMatchObject({ phase: "Blocked" });
    const refused = await api("POST", `/tenants/${tenantId}/adopt?dryRun=true`);
    expect(refused.body.objects[0]).toMatchObject({
      object: `Namespace/${namespace}`,
      action: "refused",
      reason: expect.stringContaining("labelled"),
    });
    await kubectl("label", "namespace", namespace, "app.kubernetes.io/managed-by=tenantry");
    const plan = await api("POST", `/tenants/${tenantId}/adopt?dryRun=true`);
    expect(plan.body.objects[0]).toMatchObject({ action: "change" });
    expect(plan.body.objects.slice(1).every(({ action }: { action: string }) => action === "create")).toBe(true);
    const adopted = await api("POST", `/tenants/${tenantId}/adopt`);
    expect(adopted).toMatchObject({ status: 200, body: { phase: "Ready" } });
    const found = await kubeObject("namespace", namespace);
    expect(found.metadata.labels).toMatchObject({ team: "blue", "tenant-id": tenantId });
  }, 60_000);
});

describe("A cluster of the registry", () => {
  test("is not removed while it has tenants", async () => {
    const tenantId = await onboarded();
    expect((await api("DELETE", "/clusters/local")).body).toMatchObject({ code: "ClusterInUse" });
    expect((await api("GET", "/clusters/nowhere")).status).toBe(404);
    expect((await api("GET", `/tenants/${tenantId}`)).body.cluster).toBe("local");
  });
});
