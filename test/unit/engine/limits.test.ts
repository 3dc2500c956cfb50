import { describe, expect, test } from "@jest/globals";
import { TenantryError } from "../../../shared/domain/errors.ts";
import { changeTenant } from "../../../shared/usecases/change-tenant.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { anEngine } from "../../support/engine.ts";

const acme = { name: "Acme Inc.", tier: "basic" };
const past = "2029-12-31T23:59:59.999Z";
const ahead = "2030-01-01T01:00:00.000Z";

async function refusalOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof TenantryError ? { code: error.code, pointers: error.issues.map(({ pointer }) => pointer) } : error;
}
const invalid = (pointer: string): unknown => ({ code: "InvalidInput", pointers: [pointer] });
const labels = (from: number, count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`label-${from + index}`, "x"]));

describe("An expiry", () => {
  test("that is past is refused at onboarding, and nothing is recorded", async () => {
    const engine = anEngine();
    expect(await refusalOf(onboardTenant(engine.command(), { ...acme, expiresAt: past }, engine.ports))).toEqual(invalid("/expiresAt"));
    expect(await engine.table.get("acme")).toBeUndefined();
    expect(engine.said()).toEqual([]);
  });

  test("that is past is refused by a change, and the tenant stays as it is", async () => {
    const engine = anEngine();
    const { tenant } = await onboardTenant(engine.command(), { ...acme, expiresAt: ahead }, engine.ports);
    expect(await refusalOf(changeTenant(engine.command(), { tier: "premium", expiresAt: past }, engine.ports))).toEqual(
      invalid("/expiresAt"),
    );
    expect(await engine.tenant()).toEqual(tenant);
  });

  test("that has passed since is no reason to refuse a copy of its onboarding, with a key or without", async () => {
    const engine = anEngine();
    const key = { id: "signup#1", hash: "h" };
    await onboardTenant(engine.command({ key }), { ...acme, expiresAt: ahead }, engine.ports);
    engine.pass(2 * 3_600_000);
    for (const command of [engine.command({ key }), engine.command()])
      expect((await onboardTenant(command, { ...acme, expiresAt: ahead }, engine.ports)).changed).toBe(false);
  });

  test("that comes before the time at which its sender says to have asked ends the tenant all the same", async () => {
    const engine = anEngine();
    const inMinutes = (minutes: number): string => new Date(Date.parse(engine.now()) + minutes * 60_000).toISOString();
    const command = engine.command({ occurredAt: inMinutes(4), eager: undefined });
    await onboardTenant(command, { ...acme, expiresAt: inMinutes(1) }, engine.ports);
    engine.pass(61_000);
    await engine.settle();
    expect((await engine.tenant()).status.deletedAt).toBeDefined();
  });

  test("that has come may still be taken away, as long as nothing has acted on it", async () => {
    const engine = anEngine();
    await onboardTenant(engine.command(), { ...acme, expiresAt: ahead }, engine.ports);
    engine.pass(2 * 3_600_000);
    expect((await changeTenant(engine.command(), { expiresAt: ahead }, engine.ports)).changed).toBe(false);
    expect((await changeTenant(engine.command(), { expiresAt: null }, engine.ports)).tenant.desired.expiresAt).toBeUndefined();
  });
});

describe("The limit of 32 labels", () => {
  test.each(["labels", "requirements"] as const)("holds for %s after the merge", async (field) => {
    const engine = anEngine();
    const { tenant } = await onboardTenant(engine.command({ eager: undefined }), { ...acme, [field]: labels(0, 31) }, engine.ports);
    expect(await refusalOf(changeTenant(engine.command(), { [field]: labels(31, 2) }, engine.ports))).toEqual(invalid(`/${field}`));
    expect(await engine.tenant()).toEqual(tenant);
    const swapped = { ...labels(31, 2), "label-0": null };
    expect(
      Object.keys((await changeTenant(engine.command({ eager: undefined }), { [field]: swapped }, engine.ports)).tenant.desired[field]),
    ).toHaveLength(32);
  });
});
