import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Context } from "aws-lambda";
import { Webhook } from "standardwebhooks";
import type { DueItem } from "../../../shared/ports.ts";
import type { ReceivePorts } from "../../../shared/usecases/webhooks/receive-webhook.ts";
import { httpEvent } from "../http/requests.ts";
import { MemoryWebhookInbox } from "../../support/memory-webhook-inbox.ts";

Object.assign(process.env, { TABLE_NAME: "t", ACCESS_QUEUE_URL: "https://example.invalid/q", STAGE: "test", AWS_REGION: "eu-central-1" });
const { createHandler } = await import("../../../functions/webhooks/api.ts");

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const now = new Date("2030-01-31T12:00:00.000Z");
const body = JSON.stringify({ type: "user.deactivated", timestamp: now.toISOString(), data: { user: { id: "u-1" } } });
const context = { getRemainingTimeInMillis: () => 29_000 } as Context;

let inbox: MemoryWebhookInbox;
let sent: DueItem[];
let logged: string[];
let queueFails: boolean;
beforeEach(() => {
  inbox = new MemoryWebhookInbox();
  sent = [];
  logged = [];
  queueFails = false;
});
const log = (message: string, extra?: Record<string, unknown>): void => void logged.push(`${message} ${JSON.stringify(extra)}`);
const ports = (): ReceivePorts => ({
  inbox,
  accessQueue: {
    send: async (items) => {
      if (queueFails) throw new Error("no queue");
      sent.push(...items);
    },
  },
  secrets: async (ref) => (ref === "ssm:empty" ? [] : [secret]),
  platform: {
    identity: {
      providers: {
        standard: { webhook: { format: "standard", secret: "ssm:a" }, userId: "userName" },
        unready: { webhook: { format: "standard", secret: "ssm:empty" }, userId: "userName" },
        okta: { webhook: { format: "okta", secret: "ssm:a" }, userId: "userName" },
        entra: { userId: "userName" },
      },
      roleMapping: [],
      removeAtMost: { share: 0.2, count: 10 },
    },
  },
  clock: { now: () => now },
  log: { info: log, warn: log, error: log },
});

interface Asked {
  path?: string;
  method?: string;
  text?: string;
  headers?: Record<string, string>;
  base64?: boolean;
}
async function send({ path = "/webhooks/standard", method = "POST", text = body, headers = {}, base64 = false }: Asked = {}) {
  const signed = {
    "content-type": "application/json",
    "Webhook-Id": "msg_1",
    "webhook-timestamp": String(now.getTime() / 1_000),
    "webhook-signature": new Webhook(secret).sign("msg_1", now, text),
  };
  const event = httpEvent({ method, path, ...(method === "POST" && { body: text }), headers: { ...signed, ...headers }, base64 });
  const answer = await createHandler(ports())(event, context);
  return { status: answer.statusCode, body: answer.body, headers: answer.headers };
}

describe("a webhook", () => {
  test("is recorded as it came, due in a minute, sent on its way, and answered without a word", async () => {
    expect(await send()).toMatchObject({ status: 204, body: undefined });
    const item = { pk: "WEBHOOK#standard#msg_1", sk: "MESSAGE", dueAt: "2030-01-31T12:01:00.000Z" };
    expect(sent).toEqual([item]);
    expect(await inbox.get(item)).toEqual({ provider: "standard", id: "msg_1", body, receivedAt: now.toISOString() });
    expect(inbox.kept.get(item.pk)?.ttl).toBe(now.getTime() / 1_000 + 30 * 86_400);
  });

  test("is taken as the bytes that the gateway encoded, too", async () => {
    expect((await send({ base64: true })).status).toBe(204);
  });

  test("that comes again is answered as the first time, and does nothing", async () => {
    await send();
    expect((await send()).status).toBe(204);
    expect(sent).toHaveLength(1);
    expect(inbox.kept.size).toBe(1);
  });

  test("is recorded although the queue takes nothing: the sweep finds it", async () => {
    queueFails = true;
    expect((await send()).status).toBe(204);
    expect(inbox.dueItems()).toHaveLength(1);
  });

  test.each<[string, Asked]>([
    ["with another signature", { headers: { "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")}` } }],
    ["without one", { headers: { "webhook-signature": "" } }],
    ["of another time", { headers: { "webhook-timestamp": "1" } }],
    ["for a provider that is not configured", { path: "/webhooks/nobody" }],
    ["for one by a name of JavaScript's", { path: "/webhooks/constructor" }],
    ["for one without webhooks", { path: "/webhooks/entra" }],
    ["for one whose secret is not there yet", { path: "/webhooks/unready" }],
    ["for one of another format", { path: "/webhooks/okta" }],
  ])("%s is refused with the same words, and leaves nothing", async (_case, asked) => {
    const refused = await send(asked);
    expect(refused.status).toBe(401);
    const { instance: _path, ...problem } = JSON.parse(refused.body ?? "") as Record<string, unknown>;
    const { instance: _other, ...usual } = JSON.parse((await send({ path: "/webhooks/entra" })).body ?? "") as Record<string, unknown>;
    expect(problem).toEqual(usual);
    expect([inbox.kept.size, sent.length]).toEqual([0, 0]);
    expect(logged.join()).not.toContain(secret);
  });

  test.each<[string, Asked, number]>([
    ["of more than a megabyte", { text: JSON.stringify({ a: "x".repeat(1024 * 1024) }) }, 413],
    ["that is no JSON by its type", { headers: { "content-type": "application/x-www-form-urlencoded" } }, 415],
    ["without a type", { headers: { "content-type": "" } }, 415],
    ["that is signed and no JSON", { text: "no JSON" }, 400],
    ["that is signed and empty", { text: "" }, 400],
    ["for a path that is no name", { path: "/webhooks/NOT-A-NAME" }, 400],
  ])("%s is not taken", async (_case, asked, status) => {
    expect((await send(asked)).status).toBe(status);
    expect([inbox.kept.size, sent.length]).toEqual([0, 0]);
  });

  test("just below a megabyte is taken", async () => {
    const text = JSON.stringify({ type: "other", a: "x".repeat(1024 * 1024 - 100) });
    expect((await send({ text })).status).toBe(204);
  });
});

describe("Okta's challenge", () => {
  const ask = (path: string, headers: Record<string, string> = { "X-Okta-Verification-Challenge": "abc" }) =>
    send({ method: "GET", path, headers });

  test("is answered", async () => {
    const answer = await ask("/webhooks/okta");
    expect([answer.status, answer.body]).toEqual([200, '{"verification":"abc"}']);
  });
  test.each([["/webhooks/standard"], ["/webhooks/nobody"], ["/webhooks/entra"]])("is none at %s", async (path) => {
    expect((await ask(path)).status).toBe(404);
  });
  test("without its header there is none", async () => expect((await ask("/webhooks/okta", {})).status).toBe(404));
});
