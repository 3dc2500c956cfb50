import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { incomingEvents, parseIncoming } from "../../../events/in/index.ts";
import { TenantryError } from "../../../shared/domain/errors.ts";

const now = new Date("2030-01-31T12:00:00Z");
const event = (over: Record<string, unknown> = {}) => ({
  version: "0",
  id: "bus-1",
  "detail-type": "TenantTierChangeRequested",
  source: "billing",
  account: "111122223333",
  time: "2030-01-31T11:59:59Z",
  region: "eu-central-1",
  resources: [],
  detail: { data: { tenantId: "acme", tier: "premium" } },
  ...over,
});
const withMetadata = (metadata: unknown) => event({ detail: { metadata, data: { tenantId: "acme", tier: "premium" } } });

function refusal(value: unknown, ...types: Parameters<typeof parseIncoming>[2][]): { code: string; issues: unknown; message: string } {
  try {
    parseIncoming(value, now, ...types);
  } catch (error) {
    if (error instanceof TenantryError) return { code: error.code, issues: error.issues, message: error.message };
    throw error;
  }
  throw new Error("it was taken");
}

describe("an event that is taken", () => {
  test("without metadata has EventBridge's id, the end of its second, and source in their place", () => {
    expect(parseIncoming(event(), now)).toEqual({
      type: "TenantTierChangeRequested",
      eventId: "bus-1",
      source: "billing",
      occurredAt: "2030-01-31T11:59:59.999Z",
      correlationId: "bus-1",
      actor: "billing",
      data: { tenantId: "acme", tier: "premium" },
    });
  });
  test("with metadata goes by that", () => {
    const metadata = { eventId: "e-1", correlationId: "c-1", occurredAt: "2030-01-31T10:00:00+02:00", version: "1.4", actor: "Ada L." };
    expect(parseIncoming(withMetadata(metadata), now)).toMatchObject({
      eventId: "e-1",
      correlationId: "c-1",
      occurredAt: "2030-01-31T08:00:00.000Z",
      actor: "Ada L.",
    });
  });
  test("with an id of its own correlates by that id", () => {
    expect(parseIncoming(withMetadata({ eventId: "e-1" }), now)).toMatchObject({ eventId: "e-1", correlationId: "e-1" });
  });
  test("may be up to five minutes ahead of our clock", () => {
    expect(parseIncoming(withMetadata({ occurredAt: "2030-01-31T12:05:00Z" }), now).occurredAt).toBe("2030-01-31T12:05:00.000Z");
  });
  test.each(Object.entries(incomingEvents))("%s: the example beside the schema is one", (type, { example }) => {
    expect(parseIncoming(event({ "detail-type": type, detail: example }), now)).toMatchObject({ type, data: { tenantId: "acme" } });
  });
});

describe("an event that is refused", () => {
  test.each(["2", "0", "1.", "1.x", "v1", "", "10", "2.0"])("version %j is unknown", (version) => {
    expect(refusal(withMetadata({ version }))).toMatchObject({
      code: "InvalidInput",
      issues: [{ pointer: "/detail/metadata/version", detail: expect.stringContaining("supported") }],
    });
  });
  test.each(["TenantExploded", "constructor", "__proto__", "toString", "tenantonboardingrequested", ""])("type %j is unknown", (type) => {
    expect(refusal(event({ "detail-type": type }))).toMatchObject({
      code: "InvalidInput",
      issues: [{ pointer: "/detail-type", detail: "unknown type" }],
    });
  });
  test("a type of another area is not handled here", () => {
    expect(refusal(event(), ["TenantOffboardingRequested"])).toMatchObject({
      issues: [{ pointer: "/detail-type", detail: "unknown type" }],
    });
  });
  test.each([
    [{ metadata: { occurredAt: "2030-01-31T12:05:00.001Z" }, data: { tenantId: "acme", tier: "x" } }, "/detail/metadata/occurredAt"],
    [{ metadata: { occurredAt: "yesterday" }, data: { tenantId: "acme", tier: "x" } }, "/detail/metadata/occurredAt"],
    [{ metadata: { eventId: "" }, data: { tenantId: "acme", tier: "x" } }, "/detail/metadata/eventId"],
    [{ metadata: { trace: "x" }, data: { tenantId: "acme", tier: "x" } }, "/detail/metadata/trace"],
    [{ data: { tenantId: "UPPER", tier: "x" } }, "/detail/data/tenantId"],
    [{ data: { tenantId: "acme", tier: 7 } }, "/detail/data/tier"],
    [{ data: { tenantId: "acme", tier: "x", quota: {} } }, "/detail/data/quota"],
    [{ tenantId: "acme" }, "/detail/data"],
    ["text", "/detail"],
    [undefined, "/detail"],
  ])("the detail %j is, with a pointer to %s", (detail, pointer) => {
    const { code, issues, message } = refusal(event({ detail }));
    expect(code).toBe("InvalidInput");
    expect(issues).toContainEqual({ pointer, detail: expect.any(String) });
    expect(message).toContain((issues as { pointer: string }[])[0]?.pointer);
  });
  test("a time of EventBridge in the future is too", () => {
    expect(refusal(event({ time: "2031-01-01T00:00:00Z" }))).toMatchObject({ issues: [{ pointer: "/time" }] });
  });
  test.each([undefined, null, "text", 7, [], {}, { id: "x" }])("%j is no EventBridge event", (value) => {
    expect(refusal(value).code).toBe("InvalidInput");
  });
  test("whatever comes, it is taken or refused as InvalidInput, never anything else", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(incomingEvents)), (detail, type) => {
        expect(refusal(event({ "detail-type": type, detail })).code).toBe("InvalidInput");
        expect(refusal(detail).code).toBe("InvalidInput");
      }),
    );
  });
});
