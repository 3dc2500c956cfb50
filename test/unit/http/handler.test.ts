import {
  InternalServerError,
  ProvisionedThroughputExceededException,
  ResourceNotFoundException,
  ThrottlingException,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "@jest/globals";
import { type ErrorCode, errorCodes, TenantryError } from "../../../shared/domain/errors.ts";
import { problem } from "../../../shared/http/openapi/schemas.ts";
import { problemType, problems } from "../../../shared/http/problem.ts";
import { onboardingApi } from "../../../shared/http/routes/onboarding-api.ts";
import { quotaApi } from "../../../shared/http/routes/quota-api.ts";
import { tenantsApi } from "../../../shared/http/routes/tenants-api.ts";
import { harness } from "./requests.ts";

const failing = (error: unknown) =>
  harness(tenantsApi, () => {
    throw error;
  });
const acme = { method: "GET", path: "/tenants/acme" };

describe("routing", () => {
  test("an unknown path is a 404 problem", async () => {
    const sent = await harness(tenantsApi).send({ method: "GET", path: "/nowhere" });
    expect(sent).toMatchObject({ status: 404, body: { code: "NotFound", instance: "/nowhere" } });
    expect(problem.safeParse(sent.body).success).toBe(true);
  });
  test("a known path with another method is a 405 that names the right ones", async () => {
    const sent = await harness(tenantsApi).send({ method: "PUT", path: "/tenants/acme" });
    expect(sent).toMatchObject({ status: 405, headers: { allow: "GET" }, body: { code: "MethodNotAllowed" } });
  });
  test.each(["/prod/tenants/acme", "/tenants/acme", "/prod/tenants/acme/"])("the stage's prefix is taken off %s", async (path) => {
    const { send, seen } = harness(tenantsApi);
    expect((await send({ method: "GET", path, stage: "prod" })).status).toBe(200);
    expect(seen).toMatchObject([{ operationId: "getTenant", request: { params: { tenantId: "acme" } } }]);
  });
  test("a tenant named like the stage is still reached", async () => {
    const { send, seen } = harness(tenantsApi);
    await send({ method: "GET", path: "/tenants/prod", stage: "prod" });
    expect(seen).toMatchObject([{ request: { params: { tenantId: "prod" } } }]);
  });
});

describe("what an operation is told", () => {
  test("principal, cause, key, generation and times", async () => {
    const { send, seen } = harness(quotaApi);
    const headers = {
      "Idempotency-Key": "k-1",
      "If-Match": '"7"',
      "Content-Type": "application/json",
      "X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
    };
    await send({ method: "PATCH", path: "/tenants/acme", body: { quota: null }, headers: { ...headers } });
    const traceId = "1-5759e988-bd862e3fe1be46a994272793";
    expect(seen[0]?.request).toMatchObject({
      principal: "ada",
      traceId,
      cause: { actor: "ada", correlationId: traceId, causationId: traceId },
      idempotencyKey: "k-1",
      ifMatch: 7,
      receivedAt: "2030-01-31T12:00:00.000Z",
      waitSeconds: 10,
      body: { quota: null },
    });
    expect(seen[0]?.request.remainingMs()).toBe(29_000);
  });
  test("a trace header that is no X-Ray trace gives way to the gateway's request id", async () => {
    const { send, seen } = harness(tenantsApi);
    await send({ ...acme, headers: { "x-amzn-trace-id": "<script>" } });
    expect(seen[0]?.request.traceId).toBe("request-1");
  });
  test("If-Match: * asks for no generation", async () => {
    const { send, seen } = harness(quotaApi);
    await send({
      method: "PATCH",
      path: "/tenants/acme",
      body: { tier: "basic" },
      headers: { "if-match": "*", "content-type": "application/json" },
    });
    expect(seen[0]?.request.ifMatch).toBeUndefined();
  });
  test("what was preferred is applied and said", async () => {
    const { send, seen } = harness(onboardingApi);
    const sent = await send({
      method: "POST",
      path: "/tenants",
      body: { name: "Acme" },
      headers: { prefer: "wait=99", "content-type": "application/json" },
    });
    expect(seen[0]?.request.waitSeconds).toBe(25);
    expect(sent.headers["preference-applied"]).toBe("wait=25");
  });
});

describe("problems", () => {
  test.each(Object.keys(errorCodes) as ErrorCode[])("%s is answered with its own status, title and type", async (code) => {
    const sent = await failing(new TenantryError(code, "In words.", { cause: { allow: "GET" } })).send(acme);
    expect(problem.safeParse(sent.body).error).toBeUndefined();
    expect(sent.status).toBe(problems[code].status);
    expect(sent.headers).toMatchObject({ "content-type": "application/problem+json", "cache-control": "no-store" });
    expect(sent.body).toMatchObject({
      code,
      title: problems[code].title,
      type: problemType(code),
      instance: "/tenants/acme",
      traceId: "request-1",
    });
  });
  test("types are kebab-case URIs", () => {
    expect(problemType("TenantIdReserved")).toBe("https://tenantry.dev/problems/tenant-id-reserved");
  });
  test("an issue of the domain is listed with its pointer", async () => {
    const error = new TenantryError("QuotaAboveCeiling", "Too much.", { issues: [{ pointer: "/quota/cpu", detail: "at most 8" }] });
    expect((await failing(error).send(acme)).body.errors).toEqual([{ pointer: "/quota/cpu", detail: "at most 8" }]);
  });
  test.each([new Error("password=hunter2"), new TenantryError("Internal", "password=hunter2"), "hunter2", undefined])(
    "an unknown error (%#) shows nothing but the trace id, and is logged whole",
    async (error) => {
      const { send, logged } = failing(error);
      const sent = await send(acme);
      expect(sent).toMatchObject({ status: 500, body: { code: "Internal", traceId: "request-1" } });
      expect(JSON.stringify(sent)).not.toContain("hunter2");
      expect(logged).toEqual([{ message: "request failed", extra: { error, path: "/tenants/acme", traceId: "request-1" } }]);
    },
  );
  const of = { message: "password=hunter2", $metadata: {} };
  test.each([
    new ProvisionedThroughputExceededException(of),
    new ThrottlingException(of),
    new InternalServerError(of),
    Object.assign(new Error("no answer"), { name: "TimeoutError" }),
    Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
  ])("%s of AWS is a 503 that says when to try again, shows nothing, and is logged", async (error) => {
    const { send, logged } = failing(error);
    const sent = await send(acme);
    expect(sent).toMatchObject({ status: 503, headers: { "retry-after": "2" }, body: { code: "ServiceUnavailable" } });
    expect(JSON.stringify(sent)).not.toContain("hunter2");
    expect(logged).toHaveLength(1);
  });
  test("a refusal by AWS is not said to pass by itself", async () => {
    expect((await failing(new ResourceNotFoundException(of)).send(acme)).status).toBe(500);
  });
  test("a caller's mistake is not logged as an error", async () => {
    const { send, logged } = failing(new TenantryError("TenantNotFound", "No."));
    expect((await send(acme)).status).toBe(404);
    expect(logged).toEqual([]);
  });
  test("what may pass by itself says when to try again", async () => {
    expect((await failing(new TenantryError("WriteContention", "Busy.")).send(acme)).headers["retry-after"]).toBe("2");
  });
});
