import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import type * as z from "zod";
import * as clusterBody from "../../../events/bodies/cluster.ts";
import * as onboardBody from "../../../events/bodies/onboard.ts";
import * as patchBody from "../../../events/bodies/patch.ts";
import { generatedFiles } from "../../../events/generate.ts";
import { incomingEvents } from "../../../events/in/index.ts";
import { outgoing } from "../../../events/out/index.ts";
import { outgoingEvents } from "../../../events/out/registry.ts";
import { onboard } from "../../../shared/domain/intent.ts";
import { say } from "../../../shared/domain/outbox.ts";

const root = new URL("../../../", import.meta.url);
const files = generatedFiles();
const contracts: [string, { schema: z.ZodType; example: unknown }][] = Object.entries({ ...incomingEvents, ...outgoingEvents });
const ajv = new Ajv2020({ strict: false, validateFormats: false });

test.each([...files.keys()])("%s is what the schemas generate: `npm run generate` was run", (path) => {
  expect(readFileSync(new URL(path, root), "utf8")).toBe(files.get(path));
});

test("generating twice gives the same bytes, and nothing else lies among the generated files", () => {
  expect(generatedFiles()).toEqual(files);
  const generated = readdirSync(new URL("events/generated/", root)).map((name) => `events/generated/${name}`);
  expect(generated.sort()).toEqual([...files.keys()].filter((path) => path.startsWith("events/generated/")).sort());
});

test("every schema's file is named after its event and registered", () => {
  for (const [folder, registry] of [
    ["in", incomingEvents],
    ["out", outgoingEvents],
  ] as const) {
    const present = readdirSync(new URL(`events/${folder}/`, root)).filter((name) => /^Tenant\w+\.ts$/.test(name));
    expect(present.sort()).toEqual(
      Object.keys(registry)
        .map((type) => `${type}.ts`)
        .sort(),
    );
  }
});

describe.each(contracts)("%s", (type, { schema, example }) => {
  const published = ajv.compile(JSON.parse(files.get(`events/generated/${type}.schema.json`) ?? "null"));
  const agree = (detail: unknown): boolean => {
    const parsed = schema.safeParse(detail).success;
    expect({ detail, valid: published(detail) }).toEqual({ detail, valid: parsed });
    return parsed;
  };
  const copy = () => JSON.parse(JSON.stringify(example)) as { metadata?: Record<string, unknown>; data: Record<string, unknown> };

  test("its example passes the schema and the generated JSON Schema", () => {
    expect(agree(example)).toBe(true);
  });
  test("both refuse every field that is taken away and needed, of another type, or unknown", () => {
    expect(agree({ ...copy(), more: 1 })).toBe(false);
    expect(agree({ ...copy(), data: { ...copy().data, more: 1 } })).toBe(false);
    expect(agree({ ...copy(), metadata: { ...copy().metadata, more: 1 } })).toBe(false);
    for (const field of Object.keys(copy().data)) {
      const { [field]: _gone, ...rest } = copy().data;
      agree({ ...copy(), data: rest });
      for (const wrong of [[1], true, { "": 0 }, -1.5, "", "\n"]) agree({ ...copy(), data: { ...rest, [field]: wrong } });
    }
    const { data: _none, ...bare } = copy();
    expect(agree(bare)).toBe(false);
  });
});

test.each([
  ["onboarding", onboardBody.onboardBody, onboardBody.example],
  ["patch", patchBody.patchBody, patchBody.example],
  ["cluster", clusterBody.clusterBody, clusterBody.example],
] as [string, z.ZodType, unknown][])("the %s body's example passes its schema", (_name, schema, example) => {
  expect(schema.safeParse(example).error).toBeUndefined();
});

test("what the domain says at an onboarding fits the published event", () => {
  const now = "2030-01-31T12:00:00.000Z";
  const cause = { actor: "ada", correlationId: "c", causationId: "r" };
  const desired = { name: "Acme", tier: "basic", isolation: "namespace" as const, labels: { a: "b" }, requirements: {} };
  const intent = onboard(undefined, { tenantId: "acme", desired, hash: "h", cause, occurredAt: now, now });
  const said = [intent.event, outgoing("TenantReady", { namespace: "tenant-acme", cluster: "eu-1", tier: "basic" })].flatMap((event) =>
    event ? [{ ...event, cause }] : [],
  );
  const { events } = say(intent.after, said, { now, newId: () => "e-1", auditDays: 1 });
  expect(events.map((event) => event.type)).toEqual(["TenantOnboarded", "TenantReady"]);
  for (const { type, detail } of events) {
    expect(outgoingEvents[type as keyof typeof outgoingEvents].schema.safeParse(detail).error).toBeUndefined();
  }
});
