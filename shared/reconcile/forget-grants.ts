import type { Grant } from "../domain/access.ts";
import type { Tenant, Timestamp } from "../domain/tenant.ts";
import { GRANTS_AT_ONCE, type GrantWrite, type TenantStore } from "../ports.ts";
import type { Outcome } from "./decide.ts";

/** First pause between two looks at what the access worker has still to remove, milliseconds. */
const MAPPINGS_MS = 5_000;

/**
 * Forgets the grants of a tenant whose namespace is gone: a later one of its id begins without. One that has an identity
 * mapping stays, revoked and due, until the access worker has removed that; those are answered. Throws `WriteConflict`.
 */
export async function forgetGrants(record: Tenant, store: TenantStore, now: Timestamp): Promise<Grant[]> {
  const mapped: Grant[] = [];
  await eachPage(record, store, (grant) => {
    if (grant.mapping === undefined) return { before: grant, after: undefined };
    mapped.push(grant);
    if (!grant.granted && grant.dueAt !== undefined) return undefined;
    return { before: grant, after: { ...grant, granted: false, version: grant.version + 1, updatedAt: now, dueAt: now, ttl: undefined } };
  });
  return mapped;
}

/** Forgets the grants of a tenant on a cluster that nobody asks any more; answers how many identity mappings stay there. Throws `WriteConflict`. */
export async function abandonGrants(record: Tenant, store: TenantStore): Promise<number> {
  let left = 0;
  await eachPage(record, store, (before) => {
    if (before.mapping !== undefined) left += 1;
    return { before, after: undefined };
  });
  return left;
}

/** Goes over all grants, page by page. Throws `WriteConflict` where one changed meanwhile, or the record or its lease did. */
async function eachPage(record: Tenant, store: TenantStore, write: (grant: Grant) => GrantWrite | undefined): Promise<void> {
  for (let after: string | undefined, more = record.hasGrants === true; more; more = after !== undefined) {
    const page = await store.pageGrants(record.tenantId, { limit: GRANTS_AT_ONCE, after });
    const grants = page.grants.flatMap((grant) => write(grant) ?? []);
    // Under the lease: a late process may not touch the grants of a newer tenant of the id.
    if (grants.length > 0) await store.write({ before: record, after: record, lease: "hold", grants });
    after = page.next;
  }
}

/** What a decommission waits for while mappings remain; `undefined` where none does. */
export function mappingsRemain(mapped: readonly Grant[], cluster: string): Outcome | undefined {
  if (mapped.length === 0) return undefined;
  const troubled = mapped.find(({ mapping }) => mapping?.message !== undefined);
  const words = troubled === undefined ? "" : ` ${troubled.mapping?.message}`;
  const message = `In cluster "${cluster}" ${mapped.length} identity mappings of the tenant's people are being removed.${words}`;
  return { kind: "waiting", afterMs: MAPPINGS_MS, reason: "IdentityMappingsRemain", message };
}
