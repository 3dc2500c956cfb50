import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { announce, MOST_REQUESTS } from "../../../shared/domain/announcements.ts";
import { change } from "../../../shared/domain/intent.ts";
import type { SbtRequest } from "../../../shared/domain/sbt.ts";
import type { Announcement, Tenant } from "../../../shared/domain/tenant.ts";
import { aCause, aTenant } from "../../support/builders.ts";

let asked = 0;
const one = (type: string, sbt?: { request: SbtRequest; tenantRegistrationId: string }): Announcement => {
  asked += 1;
  return { type, generation: asked, cause: aCause({ causationId: `evt-${asked}`, ...(sbt && { sbt }) }) };
};
const kinds = (list: Announcement[]): string[] =>
  list.map(({ type, cause: { sbt } }) => (sbt ? `${type} ${sbt.tenantRegistrationId}` : type));

describe("What waits to be announced", () => {
  test("is the last of each subject: a suspension and an activation are about the same", () => {
    const first = ["TenantReady", "TenantQuotaChanged", "TenantSuspended"].map((type) => one(type));
    const next = [one("TenantActivated"), one("TenantQuotaChanged")];
    const all = announce(first, next);
    expect(kinds(all)).toEqual(["TenantReady", "TenantActivated", "TenantQuotaChanged"]);
    expect(all.slice(1)).toEqual(next);
  });

  test("keeps each request of another control plane until it is answered, the same request once", () => {
    const suspend = one("TenantSuspended", { request: "deactivate", tenantRegistrationId: "r-1" });
    const again = one("TenantSuspended", { request: "deactivate", tenantRegistrationId: "r-1" });
    const other = one("TenantSuspended", { request: "deactivate", tenantRegistrationId: "r-2" });
    const all = announce([suspend], [one("TenantActivated"), other, again]);
    expect(kinds(all)).toEqual(["TenantSuspended r-2", "TenantSuspended r-1"]);
    expect(all).toContain(again);
  });

  test("refuses, to be tried again, one request more than a record has room for", () => {
    const request = (number: number) => one("TenantActivated", { request: "activate", tenantRegistrationId: `r-${number}` });
    const full = announce(
      [],
      Array.from({ length: MOST_REQUESTS }, (_, number) => request(number)),
    );
    expect(full).toHaveLength(MOST_REQUESTS);
    expect(() => announce(full, [request(99)])).toThrow(expect.objectContaining({ code: "WriteContention" }));
    expect(announce(full, [one("TenantQuotaChanged")])).toHaveLength(MOST_REQUESTS + 1);
  });

  test("does not grow with the changes of a tenant that nothing is applied for", () => {
    const fields = fc.constantFrom<Parameters<typeof change>[2]["changes"]>(
      () => ({ tier: "premium" }),
      () => ({ tier: "basic" }),
      ({ suspended }) => ({ suspended: suspended !== true || undefined }),
    );
    fc.assert(
      fc.property(fc.array(fields, { maxLength: 60 }), (list) => {
        let tenant: Tenant = aTenant({ announcements: [one("TenantReady")] });
        for (const [second, changes] of list.entries()) {
          const now = new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toISOString();
          tenant = change("acme", tenant, { command: "change", cause: aCause(), occurredAt: now, now, changes }).after;
        }
        expect(tenant.announcements.length).toBeLessThanOrEqual(3);
      }),
    );
  });
});
