import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { assertNotReserved, isReserved, tenantIdSchema } from "../../../shared/domain/tenant-id.ts";

test.each(["kube-system", "kube-public", "kube-x", "kube", "default", "platform"])("%s is reserved", (id) => {
  expect(isReserved(id, ["platform"])).toBe(true);
  expect(() => assertNotReserved(id, ["platform"])).toThrow(
    expect.objectContaining({ code: "TenantIdReserved", issues: [{ pointer: "/tenantId", detail: expect.any(String) }] }),
  );
});

test.each(["kubernetes", "acme", "default-2", "my-kube-x"])("%s is free", (id) => {
  expect(isReserved(id, ["platform"])).toBe(false);
  expect(() => assertNotReserved(id, ["platform"])).not.toThrow();
});

test("an id is accepted exactly when it is a DNS-1123 label of 1 to 40 characters without --", () => {
  const nearMisses = fc.stringMatching(/^[a-zA-Z0-9.-]{0,42}$/);
  fc.assert(
    fc.property(fc.oneof(nearMisses, fc.string(), fc.string({ unit: "binary" })), (id) => {
      const valid =
        id.length >= 1 &&
        id.length <= 40 &&
        !id.includes("--") &&
        !id.startsWith("-") &&
        !id.endsWith("-") &&
        [...id].every((c) => (c >= "a" && c <= "z") || (c >= "0" && c <= "9") || c === "-");
      expect(tenantIdSchema.safeParse(id).success).toBe(valid);
    }),
    { numRuns: 2000 },
  );
});
