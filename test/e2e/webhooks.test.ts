import { beforeAll, describe, expect, test } from "@jest/globals";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { createWebhookInbox } from "../../shared/adapters/dynamodb/webhook-inbox.ts";
import { anId, api, dynamodb, kubeObject, tableName, takeMessage, until } from "../support/stack.ts";
import { deliveries, type ProviderFormat, type Signed, webhookSecret } from "../support/webhooks.ts";

/** An event of each provider that changes nothing: only the way to the inbox is looked at here. */
const events: Record<ProviderFormat, object> = {
  standard: { type: "invoice.paid", timestamp: new Date().toISOString(), data: {} },
  okta: { uuid: "e-1", published: new Date().toISOString(), eventType: "user.session.start", target: [] },
  workos: { event: "connection.activated", data: {} },
  auth0: { type: "connection.created", data: { object: {} } },
  keycloak: { type: "access.LOGIN", resourcePath: "users/u-1" },
};
const providers = Object.keys(events) as ProviderFormat[];
const send = (provider: string, { headers, body }: Signed) => api("POST", `/webhooks/${provider}`, body, { token: null, headers });
const recorded = async (provider: string, id: string): Promise<Record<string, unknown> | undefined> => {
  const Key = { pk: { S: `WEBHOOK#${provider}#${id}` }, sk: { S: "MESSAGE" } };
  return (await dynamodb.send(new GetItemCommand({ TableName: tableName(), Key, ConsistentRead: true }))).Item;
};

describe.each(providers)("a webhook of %s", (provider) => {
  let secret: string;
  beforeAll(async () => {
    secret = await webhookSecret(provider);
  });
  const sign = (id: string, at?: Date, event = events[provider]): Signed => deliveries[provider](secret, { id, event, ...(at && { at }) });

  test("that is genuine is recorded and answered; the same one again does nothing", async () => {
    const id = anId("msg");
    const genuine = sign(id);
    const first = await send(provider, genuine);
    expect([first.status, first.body]).toEqual([204, ""]);
    const item = await recorded(provider, id);
    expect(item).toMatchObject({ provider: { S: provider }, receivedAt: { S: expect.any(String) } });
    expect((await send(provider, genuine)).status).toBe(204);
    expect((await recorded(provider, id))?.["receivedAt"]).toEqual(item?.["receivedAt"]);
  });

  test("that is not genuine, not of this time or not whole is refused alike, and leaves nothing", async () => {
    const id = anId("msg");
    const genuine = sign(id);
    const [header = ""] = Object.keys(genuine.headers).filter((name) => /signature|authorization/.test(name));
    const value = genuine.headers[header] ?? "";
    const flipped = value.slice(0, -2) + String.fromCharCode(value.charCodeAt(value.length - 2) ^ 1) + value.slice(-1);
    const { [header]: _signature, ...without } = genuine.headers;
    const other = deliveries[provider](provider === "standard" ? `whsec_${Buffer.alloc(32).toString("base64")}` : "another secret", {
      id,
      event: events[provider],
    });
    const day = 86_400_000;
    const bad: Record<string, Signed> = {
      "a flipped bit": { ...genuine, headers: { ...genuine.headers, [header]: flipped } },
      "another secret": other,
      "no signature": { ...genuine, headers: without },
      "an old time": sign(id, new Date(Date.now() - 1.1 * day)),
      "a future time": sign(id, new Date(Date.now() + 360_000)),
      ...(provider !== "okta" && provider !== "auth0" && { "another body": { ...genuine, body: genuine.body.replace("{", "{ ") } }),
    };
    for (const [what, delivery] of Object.entries(bad)) {
      const refused = await send(provider, delivery);
      expect([what, refused.status, refused.body.code, refused.body.errors]).toEqual([what, 401, "Unauthorized", undefined]);
    }
    expect(await recorded(provider, id)).toBeUndefined();
  });

  test("that is too large, of another type or no JSON is not taken", async () => {
    const id = anId("msg");
    const huge = sign(id, undefined, { ...events[provider], padding: "x".repeat(1024 * 1024) });
    expect((await send(provider, huge)).status).toBe(413);
    const genuine = sign(id);
    const form = { ...genuine, headers: { ...genuine.headers, "content-type": "application/x-www-form-urlencoded" } };
    expect((await send(provider, form)).status).toBe(415);
    expect((await send(provider, { ...genuine, body: "no JSON" })).status).toBe(provider === "okta" || provider === "auth0" ? 400 : 401);
    expect(await recorded(provider, id)).toBeUndefined();
  });
});

describe("webhooks", () => {
  test("of nobody that is configured, or of one without webhooks, are refused alike", async () => {
    const genuine = deliveries.okta(await webhookSecret("okta"), { id: anId("msg"), event: events.okta });
    for (const provider of ["nobody", "entra", "constructor"]) expect((await send(provider, genuine)).status).toBe(401);
  });

  test("signed by another provider's secret are refused", async () => {
    const id = anId("msg");
    const forged = deliveries.workos(await webhookSecret("keycloak"), { id, event: events.workos });
    expect((await send("workos", forged)).status).toBe(401);
    expect(await recorded("workos", id)).toBeUndefined();
  });

  test("of a batch as large as Okta's are recorded whole", async () => {
    const id = anId("msg");
    const event = { ...events.okta, target: [{ id: "00u1", type: "User", displayName: "x".repeat(2_000) }] };
    const signed = deliveries.okta(await webhookSecret("okta"), { id, event });
    const body = JSON.parse(signed.body) as { data: { events: object[] } };
    body.data.events = Array.from({ length: 100 }, (_, n) => ({ ...event, uuid: `e-${n}` }));
    expect((await send("okta", { ...signed, body: JSON.stringify(body) })).status).toBe(204);
    const kept = await recorded("okta", id);
    // Where the worker was not faster: the body goes once the work is done.
    const message = await createWebhookInbox({ client: dynamodb, name: tableName() }).get({ pk: `WEBHOOK#okta#${id}`, sk: "MESSAGE" });
    expect(kept).toBeDefined();
    if (message !== undefined) expect(JSON.parse(message.body)).toEqual(body);
  });

  test("of Okta are verified by the challenge, and by no other provider's path", async () => {
    const headers = { "x-okta-verification-challenge": "challenge-1" };
    const answer = await api("GET", "/webhooks/okta", undefined, { token: null, headers });
    expect([answer.status, answer.body]).toEqual([200, { verification: "challenge-1" }]);
    expect((await api("GET", "/webhooks/workos", undefined, { token: null, headers })).status).toBe(404);
    expect((await api("GET", "/webhooks/okta", undefined, { token: null })).status).toBe(404);
  });
});

describe("what a webhook says", () => {
  test.each(["standard", "workos"] as const)("of a membership at %s becomes a grant, and of its end the end of it", async (provider) => {
    const tenantId = anId("hooked");
    expect((await api("POST", "/tenants", { tenantId, name: "Hooked", tier: "basic" })).status).toBe(201);
    const person = `${anId("ada")}@example.com`;
    const said = provider === "standard" ? { userName: person } : { username: person, email: person };
    const user = { id: anId("u"), ...said };
    const name = `tenant:${tenantId}:viewer`;
    const group = { id: anId("g"), ...(provider === "standard" ? { displayName: name } : { name }) };
    const say = async (member: boolean, at = new Date()) => {
      const event =
        provider === "standard"
          ? { type: `membership.${member ? "added" : "removed"}`, timestamp: at.toISOString(), data: { user, group } }
          : { event: `dsync.group.user_${member ? "added" : "removed"}`, data: { user, group } };
      const id = anId("msg");
      expect((await send(provider, deliveries[provider](await webhookSecret(provider), { id, event, at }))).status).toBe(204);
    };
    const grants = async () =>
      (await api("GET", `/tenants/${tenantId}/grants`)).body.items as { userId: string; role: string; applied: boolean }[];
    await say(true);
    const given = await until("the grant", async () => (await grants()).find(({ applied }) => applied));
    expect(given).toMatchObject({ userId: person, role: "tenant-viewer" });
    await kubeObject("rolebinding", `user-${person}-tenant-viewer`, "-n", `tenant-${tenantId}`);
    await say(false);
    await until("its end", async () => ((await grants()).length === 0 ? true : undefined));
  });

  /** A person, and their membership in a group, as each provider tells of them. */
  const tellings: Record<
    "okta" | "auth0" | "keycloak",
    (one: { user: string; email: string; group: string; name: string; member: boolean }) => object[]
  > = {
    okta: ({ user, email, group, name, member }) => [
      {
        uuid: anId("e"),
        published: new Date().toISOString(),
        eventType: `group.user_membership.${member ? "add" : "remove"}`,
        target: [
          { id: user, type: "User", alternateId: email, displayName: "Ada" },
          { id: group, type: "UserGroup", displayName: name },
        ],
      },
    ],
    auth0: ({ user, email, group, name, member }) => [
      { type: "user.created", data: { object: { user_id: user, email } } },
      {
        type: `group.member.${member ? "added" : "deleted"}`,
        data: { object: { group: { id: group, name }, member: { id: user, member_type: "user" } } },
      },
    ],
    keycloak: ({ user, email, group, name, member }) => [
      {
        type: "admin.USER-CREATE",
        resourcePath: `users/${user}`,
        representation: JSON.stringify({ username: email, email, enabled: true }),
      },
      {
        type: `admin.GROUP_MEMBERSHIP-${member ? "CREATE" : "DELETE"}`,
        resourcePath: `users/${user}/groups/${group}`,
        representation: JSON.stringify({ name }),
      },
    ],
  };
  test.each(["okta", "auth0", "keycloak"] as const)(
    "of a person and a membership at %s becomes a grant, and ends with it",
    async (provider) => {
      const tenantId = anId("hooked");
      expect((await api("POST", "/tenants", { tenantId, name: "Hooked", tier: "basic" })).status).toBe(201);
      const one = { user: anId("u"), email: `${anId("ada")}@example.com`, group: anId("g"), name: `tenant:${tenantId}:viewer` };
      const tell = async (member: boolean) => {
        for (const event of tellings[provider]({ ...one, member }))
          expect((await send(provider, deliveries[provider](await webhookSecret(provider), { id: anId("msg"), event }))).status).toBe(204);
      };
      const bindings = async () => await kubeObject("rolebindings", "-n", `tenant-${tenantId}`);
      const bound = async () =>
        (await bindings()).items.some(
          ({ metadata }: { metadata: { name: string } }) => metadata.name === `user-${one.email}-tenant-viewer`,
        );
      await tell(true);
      await until("the binding", async () => ((await bound()) ? true : undefined));
      await tell(false);
      await until("its end", async () => ((await bound()) ? undefined : true));
    },
  );

  test("that cannot be read is a dead letter with the reason, whole", async () => {
    const id = anId("msg");
    const event = { type: "membership.added", timestamp: new Date().toISOString(), data: { user: { id } } };
    expect((await send("standard", deliveries.standard(await webhookSecret("standard"), { id, event }))).status).toBe(204);
    const letter = await takeMessage("tenantry-local-access-dead-letters", ({ Body = "" }) => Body.includes(id));
    expect(JSON.parse(letter.Body ?? "")).toMatchObject({ provider: "standard", id, body: JSON.stringify(event) });
    expect(letter.MessageAttributes?.["reason"]?.StringValue).toContain("membership.added: data.group");
  });
});
