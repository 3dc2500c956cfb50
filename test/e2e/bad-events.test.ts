import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Message } from "@aws-sdk/client-sqs";
import { functionLogs } from "../../local/aws/function-logs.ts";
import type { Aws } from "../../local/aws/ministack.ts";
import { anId, api, kubeObject, newKey, putEvent, takeMessage, trailOf, until, untilPhase } from "../support/stack.ts";
import { itemsMentioning, namespaces, recordOf } from "../support/world.ts";

const textOf = ({ MessageAttributes = {} }: Message) => ({
  code: MessageAttributes["code"]?.StringValue,
  reason: MessageAttributes["reason"]?.StringValue,
});
const letterOf = (area: string, word: string): Promise<Message> =>
  takeMessage(`tenantry-local-${area}-dead-letters`, ({ Body = "" }) => Body.includes(word));
const bodyOf = ({ Body = "{}" }: Message) => JSON.parse(Body);

const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

interface Bad {
  data?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  code: string;
  reason: RegExp;
}

describe("An onboarding event is set aside whole, with the reason, and makes nothing,", () => {
  const cases: Record<string, Bad> = {
    "of a version that is not known": {
      metadata: { version: "2.0" },
      code: "InvalidInput",
      reason: /\/detail\/metadata\/version: a supported version/,
    },
    "with a field that is not known": { data: { colour: "red" }, code: "InvalidInput", reason: /\/detail\/data\/colour: unknown field/ },
    "with a wrong type": { data: { name: 7 }, code: "InvalidInput", reason: /\/detail\/data\/name/ },
    "with metadata that is not known": {
      metadata: { priority: "high" },
      code: "InvalidInput",
      reason: /\/detail\/metadata\/priority: unknown field/,
    },
    "from the future": { metadata: { occurredAt: inMinutes(60) }, code: "InvalidInput", reason: /in the future/ },
    "of an unknown tier": { data: { tier: "platinum" }, code: "UnknownTier", reason: /There is no tier "platinum"/ },
    "whose expiry is past": {
      data: { expiresAt: "2020-01-01T00:00:00Z" },
      code: "InvalidInput",
      reason: /\/expiresAt: a time that is still ahead/,
    },
    "with an isolation that is not available": { data: { isolation: "cluster" }, code: "IsolationUnavailable", reason: /not available/ },
  };
  test.each(Object.keys(cases))("%s", async (what) => {
    const { data, metadata, code, reason } = cases[what] as Bad;
    const tenantId = anId("letter");
    const eventId = newKey();
    await putEvent("TenantOnboardingRequested", { tenantId, name: "Acme", tier: "basic", ...data }, { metadata: { eventId, ...metadata } });
    const letter = await letterOf("onboarding", tenantId);
    expect(textOf(letter)).toEqual({ code, reason: expect.stringMatching(reason) });
    expect(bodyOf(letter)).toMatchObject({
      source: "signup",
      "detail-type": "TenantOnboardingRequested",
      detail: { data: { tenantId, ...data } },
    });
    expect(await itemsMentioning(tenantId)).toEqual([]);
    expect(await itemsMentioning(eventId)).toEqual([]);
    expect(await namespaces()).not.toContain(`namespace/tenant-${tenantId}`);
  });

  test.each(["kube-system", "../x", "UPPER", "a--b", "a".repeat(64), "\u0430cme"])("of the id %j", async (tenantId) => {
    const name = anId("named");
    await putEvent("TenantOnboardingRequested", { tenantId, name, tier: "basic" });
    const reserved = tenantId === "kube-system";
    const expected = reserved
      ? { code: "TenantIdReserved", reason: expect.stringContaining("reserved") }
      : { code: "InvalidInput", reason: expect.stringContaining("/detail/data/tenantId") };
    expect(textOf(await letterOf("onboarding", name))).toEqual(expected);
    expect(await itemsMentioning(name)).toEqual([]);
    expect(await recordOf(tenantId)).toBeUndefined();
  });
});

describe("An event that nobody may send, or nobody takes, is unrouted with the reason:", () => {
  test.each([
    ["a type that is not known", "TenantTeleportRequested", "signup", "detail-type"],
    ["a source that may not command", "TenantOnboardingRequested", "somebody-else", "source"],
  ])("%s", async (_what, type, source, word) => {
    const tenantId = anId("unrouted");
    await putEvent(type, { tenantId, name: "Acme", tier: "basic" }, { source });
    const letter = bodyOf(await takeMessage("tenantry-local-unrouted", ({ Body = "" }) => Body.includes(tenantId)));
    expect(letter).toMatchObject({
      reason: expect.stringContaining(word),
      event: { source, "detail-type": type, detail: { data: { tenantId } } },
    });
    expect(await itemsMentioning(tenantId)).toEqual([]);
  });
});

describe("A tenant that stands stays as it is", () => {
  const tenantId = anId("stands");
  const onboarding = { tenantId, name: "Acme", tier: "basic" };
  const metadata = { eventId: `evt-${tenantId}` };
  let before: unknown;
  const look = async () => ({
    record: await recordOf(tenantId),
    trail: await trailOf(tenantId),
    namespace: (await kubeObject("namespace", `tenant-${tenantId}`)).metadata,
  });

  beforeAll(async () => {
    await putEvent("TenantOnboardingRequested", onboarding, { metadata });
    await untilPhase(tenantId, "Ready");
    await until("its events to be published", async () =>
      (await trailOf(tenantId)).every((event) => !("dueAt" in event)) ? true : undefined,
    );
    before = await look();
  });

  const cases: [
    what: string,
    type: string,
    area: string,
    data: Record<string, unknown>,
    metadata: Record<string, unknown> | undefined,
    code: string,
  ][] = [
    [
      "is onboarded again with other data",
      "TenantOnboardingRequested",
      "onboarding",
      { ...onboarding, name: "Other" },
      undefined,
      "TenantExists",
    ],
    [
      "gets its event again with another body",
      "TenantOnboardingRequested",
      "onboarding",
      { ...onboarding, name: "Other" },
      metadata,
      "IdempotencyKeyReused",
    ],
    ["shall have a tier that is not known", "TenantTierChangeRequested", "quota", { tenantId, tier: "platinum" }, undefined, "UnknownTier"],
    [
      "shall have a quota above its ceiling",
      "TenantQuotaChangeRequested",
      "quota",
      { tenantId, quota: { cpu: "64" } },
      undefined,
      "QuotaAboveCeiling",
    ],
    [
      "shall have a quota that is none",
      "TenantQuotaChangeRequested",
      "quota",
      { tenantId, quota: { cpu: "two" } },
      undefined,
      "InvalidInput",
    ],
    [
      "is offboarded by an event that fits no schema",
      "TenantOffboardingRequested",
      "teardown",
      { tenantId, quietly: true },
      undefined,
      "InvalidInput",
    ],
  ];
  test.each(cases)("when it %s", async (_what, type, area, data, given, code) => {
    const correlationId = newKey();
    await putEvent(type, data, { metadata: { ...given, correlationId } });
    expect(textOf(await letterOf(area, correlationId))).toEqual({ code, reason: expect.stringMatching(/./) });
    expect(await look()).toEqual(before);
    expect(await itemsMentioning(correlationId)).toEqual([]);
  });
});

describe("A change of a tenant that is not there", () => {
  test("waits for its onboarding, as events may come in any order", async () => {
    const tenantId = anId("early");
    await putEvent("TenantTierChangeRequested", { tenantId, tier: "premium" }, { metadata: { occurredAt: inMinutes(1) } });
    const aws = {
      endpoint: process.env["AWS_ENDPOINT_URL"],
      credentials: { accessKeyId: process.env["AWS_ACCESS_KEY_ID"], secretAccessKey: process.env["AWS_SECRET_ACCESS_KEY"] },
    } as Aws;
    const tried = async () => (await functionLogs(aws, "quota-events")).find((line) => line.includes(tenantId));
    expect(await until("the change to be tried", tried)).toContain("it comes back");
    await api("POST", "/tenants", { tenantId, name: "Acme", tier: "basic" });
    await until("the tier to change", async () => ((await api("GET", `/tenants/${tenantId}`)).body.tier === "premium" ? true : undefined));
    await untilPhase(tenantId, "Ready");
  });

  const person = { userId: "anna@example.com", role: "tenant-viewer" };
  const asked: [area: string, type: string, data: Record<string, unknown>][] = [
    ["quota", "TenantTierChangeRequested", { tier: "premium" }],
    ["lifecycle", "TenantSuspendRequested", {}],
    ["teardown", "TenantOffboardingRequested", {}],
    ["grants", "TenantAccessGrantRequested", person],
  ];
  test("is set aside with the reason after its last receive, in any queue, within seconds, and makes nothing", async () => {
    const tenantId = anId("never");
    const started = Date.now();
    await Promise.all(asked.map(([, type, data]) => putEvent(type, { tenantId, ...data })));
    for (const [area, , data] of asked) {
      const letter = await letterOf(area, tenantId);
      expect(textOf(letter)).toEqual({ code: "TenantNotFound", reason: expect.stringContaining(tenantId) });
      expect(bodyOf(letter).detail).toEqual({ data: { tenantId, ...data } });
    }
    // Three pauses that double from 2 s, and no visibility timeout of a minute.
    expect(Date.now() - started).toBeLessThan(60_000);
    expect(await itemsMentioning(tenantId)).toEqual([]);
  }, 90_000);
});

describe("An onboarding of an id that is being decommissioned", () => {
  test("comes back until the id is free, and is set aside where that takes too long", async () => {
    const tenantId = anId("leaving");
    await api("POST", "/tenants", { tenantId, name: "Acme", tier: "basic" });
    await untilPhase(tenantId, "Ready");
    await api("POST", `/tenants/${tenantId}/pause`);
    await api("DELETE", `/tenants/${tenantId}`);
    await putEvent("TenantOnboardingRequested", { tenantId, name: "Other", tier: "basic" }, { metadata: { occurredAt: inMinutes(1) } });
    expect(textOf(await letterOf("onboarding", tenantId)).code).toBe("TenantDeleting");
    await api("POST", `/tenants/${tenantId}/resume`);
    await untilPhase(tenantId, "Deleted");
  }, 90_000);
});
