import { beforeAll, describe, expect, test } from "@jest/globals";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { invoke } from "../support/invoke.ts";
import { anId, api, dynamodb, kubeObject, tableName, trailOf, until } from "../support/stack.ts";
import { deliveries, webhookSecret } from "../support/webhooks.ts";

interface GrantBody {
  userId: string;
  role: string;
  applied: boolean;
  sources: { source: string; group?: string; actor: string; correlationId: string }[];
}

const grantsOf = async (tenantId: string): Promise<GrantBody[]> => (await api("GET", `/tenants/${tenantId}/grants`)).body.items;
const bindings = async (tenantId: string): Promise<string[]> =>
  (await kubeObject("rolebindings", "-n", `tenant-${tenantId}`)).items
    .map(({ metadata }: { metadata: { name: string } }) => metadata.name)
    .filter((name: string) => name.startsWith("user-"))
    .sort();

/** What a provider tells, by a webhook of the standard format; the message's id. */
async function say(type: string, data: object, at = new Date()): Promise<string> {
  const id = anId("msg");
  const event = { type, timestamp: at.toISOString(), data };
  const { headers, body } = deliveries.standard(await webhookSecret("standard"), { id, event });
  expect((await api("POST", "/webhooks/standard", body, { token: null, headers })).status).toBe(204);
  return id;
}

const aPerson = (name: string) => {
  const userName = `${anId(name)}@example.com`;
  return { id: userName, userName };
};

describe("What an identity provider tells", () => {
  const tenantId = anId("idp");
  const other = anId("idp");
  const group = { id: anId("g"), displayName: `tenant:${tenantId}:developer` };
  beforeAll(async () => {
    for (const id of [tenantId, other])
      expect((await api("POST", "/tenants", { tenantId: id, name: "Idp", tier: "basic" })).status).toBe(201);
  });

  test("becomes a binding, and the audit trail names the message and the group", async () => {
    const anna = aPerson("anna");
    const message = await say("membership.added", { user: anna, group });
    const given = await until("the grant", async () =>
      (await grantsOf(tenantId)).find(({ userId, applied }) => userId === anna.userName && applied),
    );
    expect(given.sources).toMatchObject([
      { source: `standard:${group.id}`, group: group.displayName, actor: "webhook:standard", correlationId: message },
    ]);
    expect(await bindings(tenantId)).toContain(`user-${anna.userName}-tenant-developer`);
    const told = (await trailOf(tenantId)).at(-1) as unknown as { type: string; detail: { metadata: Record<string, string> } };
    expect(told).toMatchObject({
      type: "TenantAccessGranted",
      detail: { metadata: { actor: "webhook:standard", correlationId: message } },
    });
  });

  test("ends, in whatever order it comes, where the newest word says", async () => {
    const bea = aPerson("bea");
    const start = Date.now() - 60_000;
    const words = [true, false, true, false].map((member, second) => ({ member, at: new Date(start + second * 1_000) }));
    for (const index of [2, 0, 3, 1]) {
      const { member, at } = words[index] as (typeof words)[number];
      await say(`membership.${member ? "added" : "removed"}`, { user: bea, group }, at);
    }
    const cleo = aPerson("cleo");
    await say("membership.removed", { user: cleo, group }, new Date(start));
    await say("membership.added", { user: cleo, group }, new Date(start + 1_000));
    await until("cleo's grant", async () => (await grantsOf(tenantId)).find(({ userId, applied }) => userId === cleo.userName && applied));
    expect((await grantsOf(tenantId)).map(({ userId }) => userId)).not.toContain(bea.userName);
  });

  test("of a deactivated person takes back every grant in every tenant, direct ones too", async () => {
    const dora = aPerson("dora");
    await say("membership.added", { user: dora, group });
    for (const id of [tenantId, other])
      expect([201, 202]).toContain((await api("PUT", `/tenants/${id}/grants/${dora.userName}/tenant-viewer`)).status);
    await until("the grant by the group", async () =>
      (await Promise.all([tenantId, other].map(grantsOf))).flat().filter(({ userId, applied }) => userId === dora.userName && applied)
        .length === 3
        ? true
        : undefined,
    );
    await say("user.deactivated", { user: dora });
    await until("all of it to go", async () => {
      const left = (await Promise.all([tenantId, other].map(bindings))).flat().filter((name) => name.includes(dora.userName));
      return left.length === 0 ? true : undefined;
    });
    await say("user.activated", { user: dora });
    await until("what the group gives", async () =>
      (await bindings(tenantId)).filter((name) => name.includes(dora.userName)).length === 1 ? true : undefined,
    );
    expect((await bindings(other)).filter((name) => name.includes(dora.userName))).toEqual([]);
  }, 90_000);

  test("and was lost on the way to a grant is mended by the comparison", async () => {
    const emma = aPerson("emma");
    await say("membership.added", { user: emma, group });
    await until("the grant", async () => (await grantsOf(tenantId)).find(({ userId, applied }) => userId === emma.userName && applied));
    // What a restore from an older backup would leave.
    const Key = { pk: { S: `TENANT#${tenantId}` }, sk: { S: `GRANT#${emma.userName}\ntenant-developer` } };
    const ExpressionAttributeValues = { ":none": { M: {} }, ":no": { BOOL: false } };
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: tableName(),
        Key,
        UpdateExpression: "SET sources = :none, granted = :no",
        ExpressionAttributeValues,
      }),
    );
    expect((await grantsOf(tenantId)).map(({ userId }) => userId)).not.toContain(emma.userName);
    const report = (await invoke("identity-compare")) as Record<string, { grants: { added: number } }>;
    expect(report["standard"]?.grants.added).toBeGreaterThanOrEqual(1);
    await until("the grant again", async () =>
      (await grantsOf(tenantId)).find(({ userId, applied }) => userId === emma.userName && applied),
    );
  }, 60_000);
});
