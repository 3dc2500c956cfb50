import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { GetQueueUrlCommand, type MessageAttributeValue, SendMessageCommand } from "@aws-sdk/client-sqs";
import { anId, putEvent, sqs, takeMessage, until, untilPhase } from "../support/stack.ts";

interface Row {
  queue: string;
  outcome: string;
  messageId: string;
  code: string;
  reason: string;
  type: string;
  tenant?: string;
  ageSeconds: number;
  messages: number;
  source?: string;
  kind: string;
  note: string;
  body: string;
}

/** Runs the command as an operator does; its rows, exit code and complaint. */
async function deadLetters(...args: string[]): Promise<{ rows: Row[]; code: number; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["cli/dead-letters.ts", ...args, "--json"], (error, stdout, stderr) => {
      const rows = stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Row);
      resolve({ rows, code: Number(error?.code ?? 0), stderr });
    });
  });
}

const onboardingDeadLetters = "tenantry-local-onboarding-dead-letters";
const text = (StringValue: string): MessageAttributeValue => ({ DataType: "String", StringValue });

/** An event as EventBridge hands it to a queue. */
const eventOf = (data: object) => ({
  version: "0",
  id: randomUUID(),
  source: "signup",
  "detail-type": "TenantOnboardingRequested",
  account: "000000000000",
  time: new Date(Date.now() - 120_000).toISOString(),
  region: "us-east-1",
  resources: [],
  detail: { data },
});

/** Puts a letter where a handler would. */
async function setAside(data: object): Promise<void> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: onboardingDeadLetters }));
  await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: JSON.stringify(eventOf(data)),
      MessageAttributes: { code: text("WriteContention"), reason: text("Others were at it."), mark: text("stays behind") },
    }),
  );
}

const shown = (tenantId: string) =>
  until(`a letter of ${tenantId}`, async () => (await deadLetters("show", "onboarding")).rows.find(({ tenant }) => tenant === tenantId));

describe("npm run dead-letters", () => {
  test("list names every dead-letter queue, with its messages and where they go back to", async () => {
    const { rows, code } = await deadLetters("list");
    expect(code).toBe(0);
    const byName = new Map(rows.map((row) => [row.queue.replace("tenantry-local-", ""), row]));
    for (const area of ["onboarding", "quota", "teardown", "reconcile", "reconcile-bulk"])
      expect(byName.get(`${area}-dead-letters`)).toMatchObject({ source: `tenantry-local-${area}`, kind: "queue" });
    expect(byName.get("unrouted")).toMatchObject({ kind: "bus", messages: expect.any(Number) });
    expect(byName.get("outbox-dead-letters")).toMatchObject({ kind: "final" });
  });

  test("show tells why an event is there, whose it is and how old, as often as it is asked", async () => {
    const tenantId = anId("letter");
    await putEvent("TenantOnboardingRequested", { tenantId, name: "A", tier: "no-such-tier" });
    const letter = await shown(tenantId);
    expect(letter).toMatchObject({ code: "UnknownTier", type: "TenantOnboardingRequested", tenant: tenantId });
    expect(letter.reason).toContain("no-such-tier");
    expect(letter.ageSeconds).toBeLessThan(60);
    expect((await shown(tenantId)).messageId).toBe(letter.messageId);
    await deadLetters("purge", "onboarding", letter.messageId);
  }, 60_000);

  test("redrive hands what can now succeed to its handler, which takes it", async () => {
    const tenantId = anId("again");
    await setAside({ tenantId, name: "Again", tier: "basic" });
    expect((await shown(tenantId)).ageSeconds).toBeGreaterThanOrEqual(120);
    const { rows } = await deadLetters("redrive", "onboarding", "--watch", "3");
    expect(rows.find(({ tenant }) => tenant === tenantId)).toMatchObject({ outcome: "moved", note: "sent to tenantry-local-onboarding" });
    await untilPhase(tenantId, "Ready");
    expect((await deadLetters("show", "onboarding")).rows.filter(({ tenant }) => tenant === tenantId)).toEqual([]);
  }, 60_000);

  test("redrive says of a message that fails again why; it is back, whole, with the new reason alone", async () => {
    const tenantId = anId("bad");
    await setAside({ tenantId, name: "Bad", tier: "no-such-tier" });
    const before = await shown(tenantId);
    const { rows, code } = await deadLetters("redrive", onboardingDeadLetters, "--watch", "20");
    expect(code).toBe(1);
    expect(rows.find(({ tenant }) => tenant === tenantId)).toMatchObject({
      outcome: "returned",
      note: expect.stringContaining("UnknownTier"),
    });
    const back = await takeMessage(onboardingDeadLetters, ({ Body = "" }) => Body.includes(tenantId));
    expect(back.Body).toBe(before.body);
    expect(Object.keys(back.MessageAttributes ?? {}).sort()).toEqual(["code", "reason"]);
  }, 90_000);

  test("redrive puts what nobody took on the bus again; where still nobody takes it, it is back", async () => {
    const tenantId = anId("nobody");
    await putEvent("TenantTeleportRequested", { tenantId }, { metadata: { eventId: tenantId } });
    await until("the event to be unrouted", async () =>
      (await deadLetters("show", "unrouted")).rows.find(({ tenant, code }) => tenant === tenantId && code === "Unrouted"),
    );
    const { rows } = await deadLetters("redrive", "unrouted", "--watch", "20");
    expect(rows.find(({ tenant }) => tenant === tenantId)).toMatchObject({ outcome: "returned", type: "TenantTeleportRequested" });
    const letter = (await deadLetters("show", "unrouted")).rows.find(({ tenant }) => tenant === tenantId);
    const purged = await deadLetters("purge", "unrouted", letter?.messageId ?? "");
    expect(purged.rows).toMatchObject([{ outcome: "deleted", tenant: tenantId }]);
    expect((await deadLetters("show", "unrouted")).rows.filter(({ tenant }) => tenant === tenantId)).toEqual([]);
  }, 90_000);

  test.each([
    [["redrive", "outbox"], "goes nowhere"],
    [["show", "nonsense"], "no dead-letter queue"],
    [["list", "--stage", "nonsense"], "no queue tenantry-nonsense-"],
    [["purge", "onboarding"], "takes a queue and the id"],
    [["purge", "teardown", "no-such-message"], "shows no message"],
    [["list", "--max", "few"], "--max is a whole number"],
    [["empty"], "usage"],
  ])("refuses %j, and says why", async (args, why) => {
    const { code, stderr } = await deadLetters(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });
});
