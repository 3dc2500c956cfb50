import { TenantryError } from "../../domain/errors.ts";
import type { GrantAsked } from "../../domain/grant-intent.ts";
import type { DirectoryGroup, DirectoryUser, Membership } from "../../domain/identity.ts";
import type { Cause } from "../../domain/tenant.ts";
import { GRANTS_AT_ONCE } from "../../ports.ts";
import { whenAllEnded } from "../../reconcile/when-all-ended.ts";
import { changeAccess } from "../change-access.ts";
import { judgeMembership, type TenantGrantAsked } from "./judge-membership.ts";
import { granting } from "./marks.ts";
import { type AccessPorts, STUCK_MS } from "./ports.ts";
import { userIdOf } from "./user-id.ts";

/** Until another look for a tenant that is not there yet, milliseconds, less and less often: a group may come before its tenant. */
const NO_TENANT_MS = { first: 60_000, most: 3_600_000 };
/** Until another try where a tenant has as many changes of access under way as it may, milliseconds. */
const BUSY_MS = 1_000;

export interface Wait {
  afterMs: number;
  reason: string;
}

/** The work on one group's members, and the tenants that could not be changed: the others go on. */
export interface MembersWork {
  group: DirectoryGroup;
  cause: Cause;
  /** Why a tenant takes no revokes, and no grants, by its id. */
  waiting: { revokes: Map<string, Wait>; grants: Map<string, Wait> };
  ports: AccessPorts;
}

type Asked = TenantGrantAsked[];
interface Judged {
  membership: Membership;
  user: DirectoryUser | undefined;
  revokes: Asked;
  grants: Asked;
}

/** Takes back what some memberships do not give (any more). Those that give nothing are done then. */
export async function recordRevokes(members: readonly Membership[], work: MembersWork): Promise<void> {
  const judged = await judge(members, work);
  await record("revokes", judged, work);
  const through = judged.filter(({ revokes }) => isThrough(revokes, work.waiting.revokes));
  await mark(through, ({ membership, grants }) => (grants.length > 0 ? granting(membership.synced) : membership.at), work);
}

/** Records all that some memberships come to, what they take back before what they give. */
export async function recordMembers(members: readonly Membership[], work: MembersWork): Promise<void> {
  const judged = await judge(members, work);
  await record("revokes", judged, work);
  await record("grants", judged, work);
  const through = judged.filter(
    ({ revokes, grants }) => isThrough(revokes, work.waiting.revokes) && isThrough(grants, work.waiting.grants),
  );
  await mark(through, ({ membership }) => membership.at, work);
}

async function judge(members: readonly Membership[], { group, ports }: MembersWork): Promise<Judged[]> {
  return await Promise.all(
    members.map(async (membership) => {
      const user = await ports.directory.getUser(group.provider, membership.userId);
      const asked = judgeMembership(group, membership, user, ports);
      return { membership, user, revokes: asked.filter(({ granted }) => !granted), grants: asked.filter(({ granted }) => granted) };
    }),
  );
}

const isThrough = (asked: Asked, waiting: ReadonlyMap<string, Wait>): boolean => !asked.some(({ tenantId }) => waiting.has(tenantId));

async function record(what: "revokes" | "grants", judged: readonly Judged[], work: MembersWork): Promise<void> {
  const waiting = work.waiting[what];
  const byTenant = Map.groupBy(
    judged.flatMap((one) => one[what]),
    ({ tenantId }) => tenantId,
  );
  for (const [tenantId, all] of byTenant) {
    for (let start = 0; start < all.length && !waiting.has(tenantId); start += GRANTS_AT_ONCE) {
      const chunk = all.slice(start, start + GRANTS_AT_ONCE).map(({ tenantId: _tenant, ...one }) => one);
      const wait = await change(tenantId, chunk, work);
      if (wait !== undefined) waiting.set(tenantId, wait);
    }
  }
}

async function mark(judged: readonly Judged[], synced: (one: Judged) => string, { group, ports }: MembersWork): Promise<void> {
  await whenAllEnded(
    judged.map((one) => {
      const { membership, user } = one;
      const grantedAs = user === undefined ? membership.grantedAs : userIdOf(user, ports);
      const { notBefore } = membership;
      return ports.directory.markMembership(membership, {
        synced: synced(one),
        mappedAt: group.mappedAt,
        userAt: user?.at,
        notBefore,
        grantedAs,
      });
    }),
  );
}

async function change(tenantId: string, asked: GrantAsked[], { group, cause, ports }: MembersWork): Promise<Wait | undefined> {
  try {
    await changeAccess({ tenantId, cause, occurredAt: ports.clock.now().toISOString() }, asked, ports);
    return undefined;
  } catch (error) {
    if (!(error instanceof TenantryError)) throw error;
    if (error.code === "TenantDeleting" || error.code === "TenantDeleted") return undefined;
    if (error.code === "TenantNotFound") {
      // Nobody loses what was never given: only a grant waits for its tenant.
      const age = ports.clock.now().getTime() - Date.parse(group.updatedAt);
      const afterMs = Math.min(NO_TENANT_MS.most, Math.max(NO_TENANT_MS.first, age / 2));
      return asked.some(({ granted }) => granted) ? { afterMs, reason: error.message } : undefined;
    }
    if (error.code === "WriteContention") return { afterMs: (await isStuck(tenantId, ports)) ? STUCK_MS : BUSY_MS, reason: error.message };
    throw error;
  }
}

/** Whether what is asked of a tenant cannot reach its cluster now: one that is paused, waits or fails is not asked again every second. */
async function isStuck(tenantId: string, { store, registry }: AccessPorts): Promise<boolean> {
  const tenant = await store.get(tenantId);
  if (tenant === undefined) return false;
  const { desired, status, cluster } = tenant;
  if (desired.paused === true || status.failure !== undefined || status.waiting !== undefined) return true;
  return cluster !== undefined && (await registry.get(cluster))?.paused === true;
}
