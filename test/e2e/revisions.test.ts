import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { anId, api, dynamodb, newKey, tableName, until, untilPhase, untilSwept } from "../support/stack.ts";
import { recordOf } from "../support/world.ts";

/** A registration of its own for the stack's cluster, so that its tenants alone are revised; of a capacity that draws no others. */
const name = anId("wave");
const ids = [anId("wave"), anId("wave")];
const put = (networkPolicy: boolean) =>
  api("PUT", `/clusters/${name}`, {
    roleArn: "arn:aws:iam::000000000000:role/tenantry-cluster-local",
    eksClusterName: "local",
    labels: { wave: name },
    capacity: 2,
    capabilities: { networkPolicy },
  });

const isolated = async (tenantId: string): Promise<string> =>
  (await api("GET", `/tenants/${tenantId}`)).body.conditions.find(({ type }: { type: string }) => type === "Isolated").status;

beforeAll(async () => {
  expect((await put(false)).status).toBe(201);
  for (const tenantId of ids) await api("POST", "/tenants", { tenantId, name: "W", tier: "basic", requirements: { wave: name } });
  for (const tenantId of ids) expect(await untilPhase(tenantId, "Ready")).toMatchObject({ cluster: name });
}, 90_000);
afterAll(async () => {
  for (const tenantId of ids) await api("DELETE", `/tenants/${tenantId}`);
  for (const tenantId of ids) await untilPhase(tenantId, "Deleted", 90);
  await until(`${name} to be empty`, async () => ((await api("DELETE", `/clusters/${name}`)).status === 204 ? true : undefined));
}, 120_000);

describe("A wave of revisions", () => {
  test("begins by itself when what shapes the tenants changed, and ends with all of them at the revision", async () => {
    const before = await Promise.all(ids.map(recordOf));
    expect(before).toEqual(ids.map(() => expect.objectContaining({ appliedRevision: expect.any(String), generation: 1 })));
    expect(await Promise.all(ids.map(isolated))).toEqual(["False", "False"]);
    expect((await put(true)).status).toBe(200);
    await untilSwept(
      "the wave to reach both tenants",
      ["revisions"],
      async () => ((await Promise.all(ids.map(isolated))).every((status) => status === "True") ? true : undefined),
      60,
    );
    const after = await Promise.all(ids.map(recordOf));
    for (const [index, record] of after.entries()) {
      expect(record).toMatchObject({ generation: 1, phase: "Ready", revisionAsked: { target: expect.any(String) } });
      expect(record?.["appliedRevision"]).not.toBe(before[index]?.["appliedRevision"]);
    }
    const { body } = await untilSwept(
      "the wave to be done",
      ["revisions"],
      async () => {
        const answer = await api("GET", "/revisions");
        return answer.body.status === "done" ? answer : undefined;
      },
      60,
    );
    expect(body).toMatchObject({
      revision: expect.any(String),
      tenantsPerMinute: expect.any(Number),
      tenants: { waiting: 0, underWay: 0 },
    });
    expect(body.tenants.current).toBeGreaterThanOrEqual(2);
  }, 150_000);

  test("that is stopped goes on when a person resumes it, once for one key", async () => {
    const stop = () =>
      dynamodb.send(
        new UpdateItemCommand({
          TableName: tableName(),
          Key: { pk: { S: "CLUSTERS" }, sk: { S: "REVISIONS" } },
          UpdateExpression: "SET #status = :stopped, reason = :reason",
          ExpressionAttributeNames: { "#status": "status" },
          ExpressionAttributeValues: { ":stopped": { S: "stopped" }, ":reason": { S: "2 of 20 failed." } },
        }),
      );
    await stop();
    expect((await api("GET", "/revisions")).body).toMatchObject({ status: "stopped", reason: "2 of 20 failed." });
    const headers = { "idempotency-key": newKey() };
    const resumed = await api("POST", "/revisions/resume", undefined, { headers });
    expect(resumed.status).toBe(200);
    expect(resumed.body).not.toHaveProperty("reason");
    expect(["running", "done"]).toContain(resumed.body.status);
    await stop();
    expect((await api("POST", "/revisions/resume", undefined, { headers })).body.status).toBe("stopped");
    await api("POST", "/revisions/resume");
  }, 60_000);

  test("is nobody's to see or to resume without the clusters' scopes", async () => {
    const token = process.env["TENANTRY_READ_TOKEN"] ?? null;
    expect([401, 403]).toContain((await api("GET", "/revisions", undefined, { token })).status);
    expect([401, 403]).toContain((await api("POST", "/revisions/resume", undefined, { token })).status);
  });
});
