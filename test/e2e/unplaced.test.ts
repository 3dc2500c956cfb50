import { afterAll, describe, expect, test } from "@jest/globals";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { anId, api, dynamodb, newKey, putEvent, tableName, trailOf, until, untilPhase, untilSwept } from "../support/stack.ts";

const nowhere = { nowhere: "at-all" };
const made: string[] = [];

async function unplaced(): Promise<string> {
  const tenantId = anId("waiting");
  made.push(tenantId);
  const { status, body } = await api("POST", "/tenants", { tenantId, name: "Waiting", tier: "basic", requirements: nowhere });
  expect(status).toBe(202);
  expect(body.conditions).toContainEqual(expect.objectContaining({ type: "Placed", status: "False", reason: "NoClusterFits" }));
  return tenantId;
}

const key = (tenantId: string, sk: string) => ({ pk: { S: `TENANT#${tenantId}` }, sk: { S: sk } });
const past = "2020-01-01T00:00:00.000Z";

describe("A tenant that no cluster fits", () => {
  afterAll(async () => {
    await Promise.all(made.map((tenantId) => api("DELETE", `/tenants/${tenantId}`)));
  });

  test("takes changes by API and by event, and waits on", async () => {
    const tenantId = await unplaced();
    expect((await api("PATCH", `/tenants/${tenantId}`, { tier: "standard" }, { headers: { "idempotency-key": newKey() } })).status).toBe(
      202,
    );
    await putEvent("TenantTierChangeRequested", { tenantId, tier: "premium" });
    await until("the tier", async () => ((await api("GET", `/tenants/${tenantId}`)).body.tier === "premium" ? true : undefined));
    expect((await api("POST", `/tenants/${tenantId}/suspend`, undefined, { headers: { "idempotency-key": newKey() } })).status).toBe(202);
    await putEvent("TenantActivateRequested", { tenantId });
    const { body } = await api("GET", `/tenants/${tenantId}`);
    expect(body.phase).toBe("Provisioning");
    await until("all of it to be recorded", async () =>
      (await api("GET", `/tenants/${tenantId}`)).body.generation === 5 ? true : undefined,
    );
  }, 60_000);

  test("is found by the sweep where its reminder was lost", async () => {
    const tenantId = await unplaced();
    const lost = { TableName: tableName(), Key: key(tenantId, "TENANT") };
    await dynamodb.send(
      new UpdateItemCommand({ ...lost, UpdateExpression: "SET dueAt = :past", ExpressionAttributeValues: { ":past": { S: past } } }),
    );
    await untilSwept("the sweep to have it reconciled", ["sweep"], async () => {
      const { Attributes } = await dynamodb.send(new UpdateItemCommand({ ...lost, ReturnValues: "ALL_NEW" }));
      const dueAt = Attributes?.["dueAt"]?.S ?? past;
      // The claim moves the due time by minutes; the reconcile that follows, by half of one.
      return dueAt > past && Date.parse(dueAt) - Date.now() < 60_000 ? true : undefined;
    });
  });

  test("is decommissioned at once, in the wait of its caller", async () => {
    const tenantId = await unplaced();
    const headers = { prefer: "wait=5", "idempotency-key": newKey() };
    const { status, body } = await api("DELETE", `/tenants/${tenantId}`, undefined, { headers });
    expect([status, body.phase]).toEqual([202, "Deleted"]);
    expect(body.proof).toMatchObject({ cluster: null, clusterScoped: { found: 0 } });
  });
});

describe("A tenant that is placed", () => {
  test("begins to leave in the wait of its caller", async () => {
    const tenantId = anId("leaving");
    await api("POST", "/tenants", { tenantId, name: "Leaving", tier: "basic" });
    const { status } = await api("DELETE", `/tenants/${tenantId}`, undefined, { headers: { prefer: "wait=5" } });
    expect(status).toBe(202);
    const tombstone = await untilPhase(tenantId, "Deleted", 90);
    expect(tombstone.proof.clusterScoped).toMatchObject({ found: 0, kindsUnchecked: [] });
    expect(tombstone.proof.clusterScoped.kindsChecked).toBeGreaterThan(15);
  }, 120_000);
});

describe("An event that the stream lost", () => {
  test("is published by the sweep", async () => {
    const tenantId = anId("lost");
    await api("POST", "/tenants", { tenantId, name: "Lost", tier: "basic" });
    await until("the stream to have published it", async () =>
      (await trailOf(tenantId)).every((event) => !("dueAt" in event)) ? true : undefined,
    );
    const lost = { TableName: tableName(), Key: key(tenantId, "EVENT#000000000001") };
    await dynamodb.send(
      new UpdateItemCommand({
        ...lost,
        UpdateExpression: "SET dueAt = :past, dueShard = :shard",
        ExpressionAttributeValues: { ":past": { S: past }, ":shard": { S: "event#0" } },
      }),
    );
    await untilSwept("the sweep to have published it", ["outbox-sweep"], async () =>
      (await trailOf(tenantId)).every((event) => !("dueAt" in event)) ? true : undefined,
    );
  });
});
