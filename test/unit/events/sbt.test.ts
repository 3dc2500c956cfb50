import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parseSbtRequest, sbtCauseOf, sbtRequests } from "../../../events/sbt/in.ts";
import { sbtAnswerEvents } from "../../../events/sbt/out.ts";
import { say } from "../../../shared/domain/outbox.ts";
import { type SbtCause, sbtAnswering } from "../../../shared/domain/sbt.ts";
import { aCause, aTenant } from "../../support/builders.ts";

const now = new Date("2030-01-31T12:00:00.000Z");
const at = { now: now.toISOString(), newId: () => "e-1", auditDays: 1 };
const ids = { tenantRegistrationId: "r-1", tenantId: "3f2c8f0e-54a1-4a7e-bb1f-6a9d1d0c7e55" };
const event = (type: string, detail: unknown, over: object = {}) => ({
  id: "bus-1",
  source: "sbt.control.plane",
  time: "2030-01-31T11:59:59Z",
  "detail-type": type,
  detail,
  ...over,
});
const onboarding = (detail: object) => parseSbtRequest(event("sbt_aws_onboardingRequest", { ...ids, ...detail }), now);

describe("a request of SBT's", () => {
  test("to onboard becomes ours: name, tier in any case, email as the owner; the rest of the registration is let be", () => {
    const parsed = onboarding({
      tenantName: "Acme",
      tier: " Basic ",
      email: "a@b.example",
      prices: [{ id: 1 }],
      registrationStatus: "In progress",
    });
    expect(parsed).toMatchObject({ eventId: "bus-1", correlationId: "r-1", sbt: { tenantRegistrationId: "r-1", request: "onboarding" } });
    expect(parsed.data).toEqual({ tenantId: ids.tenantId, name: "Acme", tier: "basic", owner: "a@b.example" });
  });
  test("to onboard without name, tier and email has the id as its name", () => {
    expect(onboarding({}).data).toEqual({ tenantId: ids.tenantId, name: ids.tenantId });
  });
  test.each(Object.entries(sbtRequests))("%s: the example fits the schema and the published JSON Schema", (type, { request, example }) => {
    expect(parseSbtRequest(event(type, example), now).sbt.request).toBe(request);
    const published = JSON.parse(readFileSync(new URL(`../../../events/generated/${type}.schema.json`, import.meta.url), "utf8"));
    expect(new Ajv2020({ strict: false, validateFormats: false }).validate(published, example)).toBe(true);
  });
  test.each([
    ["no registration", event("sbt_aws_offboardingRequest", { tenantId: "acme" }), "/detail/tenantRegistrationId"],
    ["an id that is none of ours", event("sbt_aws_offboardingRequest", { ...ids, tenantId: "Not An Id" }), "/detail/tenantId"],
    ["an unknown type", event("sbt_aws_billingSuccess", ids), "/detail-type"],
    ["another's source", event("sbt_aws_offboardingRequest", ids, { source: "signup" }), "/detail-type"],
    ["no event", "text", ""],
  ])("with %s is refused, with a pointer", (_what, given, pointer) => {
    const read = () => parseSbtRequest(given, now);
    expect(read).toThrow(expect.objectContaining({ code: "InvalidInput", issues: [expect.objectContaining({ pointer })] }));
  });
  test("tells whom to answer although the rest is wrong", () => {
    expect(sbtCauseOf(event("sbt_aws_onboardingRequest", { tenantRegistrationId: "r-1", tenantId: 7 }))).toEqual({
      tenantRegistrationId: "r-1",
      request: "onboarding",
    });
    for (const nobody of [undefined, "text", {}, event("sbt_aws_onboardingRequest", {}), event("sbt_aws_billingSuccess", ids)])
      expect(sbtCauseOf(nobody)).toBeUndefined();
  });
});

describe("what is said of a tenant of SBT's", () => {
  const saidOf = (type: string, sbt: SbtCause | undefined, waiting: (SbtCause | undefined)[] = []) => {
    const announcements = waiting.map((one) => ({ type: "TenantReady", generation: 1, cause: aCause({ sbt: one }) }));
    const tenant = aTenant({ cluster: "eu-1", announcements });
    return say(tenant, [{ type, data: { reason: "NamespaceTaken", message: "It exists." }, cause: aCause({ sbt }) }], at).events[0];
  };
  const onboardingOf = (id: string): SbtCause => ({ tenantRegistrationId: id, request: "onboarding" });

  test.each(Object.entries(sbtAnswering))(
    "when its %s is done, is an answer to the registration, in the published shape",
    (request, { by, names, status }) => {
      const said = saidOf(by, { tenantRegistrationId: "r-1", request: request as SbtCause["request"] });
      expect(said?.answers?.map(({ type }) => type)).toEqual(names.map((name) => `sbt_aws_${name}Success`));
      for (const { source, type, detail } of said?.answers ?? []) {
        expect(source).toBe("sbt.application.plane");
        expect(sbtAnswerEvents[type]?.schema.safeParse(detail).error).toBeUndefined();
        expect(detail).toMatchObject({
          tenantRegistrationId: "r-1",
          jobOutput: { tenantRegistrationData: { registrationStatus: status } },
        });
      }
    },
  );
  test("never shows the registration in our own event's metadata", () => {
    expect(Object.keys(saidOf("TenantReady", onboardingOf("r-1"))?.detail.metadata ?? {})).not.toContain("sbt");
  });
  test("answers nothing by an event that its request does not wait for, nor to who did not ask", () => {
    expect(saidOf("TenantOnboarded", onboardingOf("r-1"))).not.toHaveProperty("answers");
    expect(saidOf("TenantFailed", onboardingOf("r-1"), [onboardingOf("r-1")])).not.toHaveProperty("answers");
    expect(saidOf("TenantReady", undefined)).not.toHaveProperty("answers");
  });
  test("answers failure to all that wait, once it is blocked, and to nobody after the answer", () => {
    const answers = saidOf("TenantBlocked", onboardingOf("r-1"), [onboardingOf("r-1"), undefined])?.answers;
    expect(answers?.map(({ type }) => type)).toEqual(["sbt_aws_provisionFailure", "sbt_aws_onboardingFailure"]);
    expect(answers?.[0]?.detail).toMatchObject({
      jobOutput: { tenantRegistrationData: { registrationStatus: "failed", registrationError: "NamespaceTaken: It exists." } },
    });
    expect(saidOf("TenantBlocked", onboardingOf("r-1"))).not.toHaveProperty("answers");
  });
});
