import { DIRECT, type Grant, grantId, isApplied, type SourceName } from "../../domain/access.ts";
import { TenantryError } from "../../domain/errors.ts";
import type { GrantAsked } from "../../domain/grant-intent.ts";
import type { DirectoryUser } from "../../domain/identity.ts";
import type { Cause, Timestamp } from "../../domain/tenant.ts";
import { whenAllEnded } from "../../reconcile/when-all-ended.ts";
import { changeAccess } from "../change-access.ts";
import type { AccessPorts } from "./ports.ts";
import { userIdOf } from "./user-id.ts";

/** Tenants whose grants are taken back side by side. */
const AT_ONCE = 16;

/** `taken`: grants that end by this call; `open`: some may be left, or a cluster does not have it yet. */
interface Came {
  taken: number;
  open: boolean;
}

/** Takes back every grant that a person was given, under any name that they had, before they were deactivated. */
export async function revokeAll(user: DirectoryUser, timeLeft: () => boolean, ports: AccessPorts): Promise<Came> {
  const found = await grantsOf(user, ports);
  let taken = 0;
  let open = false;
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let next = found.pop(); next !== undefined; next = found.pop()) {
      if (!timeLeft()) {
        open = true;
        return;
      }
      const came = await revoke(next, user, ports);
      taken += came.taken;
      open ||= came.open;
    }
  });
  await whenAllEnded(workers);
  return { taken, open };
}

/** Grants of one tenant, to a name that the person has, or had until then. */
interface Held {
  tenantId: string;
  ids: string[];
  until: Timestamp;
}

/** A person's grants, by tenant, under each name that they had. */
async function grantsOf(user: DirectoryUser, ports: AccessPorts): Promise<Held[]> {
  const found = new Map<string, Held>();
  for (const { until, ...name } of [{ ...user, until: user.at }, ...(user.former ?? []).map((former) => ({ ...user, ...former }))]) {
    const userId = userIdOf(name, ports);
    for (let after: string | undefined, more = userId !== undefined; more && userId !== undefined; more = after !== undefined) {
      const page = await ports.grants.ofUser(userId, after);
      for (const key of page.keys) {
        const held = found.get(`${key.tenantId}\n${userId}\n${until}`) ?? { tenantId: key.tenantId, ids: [], until };
        found.set(`${key.tenantId}\n${userId}\n${until}`, { ...held, ids: [...held.ids, grantId(key)] });
      }
      after = page.next;
    }
  }
  return [...found.values()];
}

async function revoke({ tenantId, ids, until }: Held, user: DirectoryUser, ports: AccessPorts): Promise<Came> {
  const grants = [...(await ports.store.getGrants(tenantId, ids)).values()];
  const asked = grants.flatMap((grant) => revokesOf(grant, until, user));
  if (asked.length === 0) {
    const tenant = await ports.store.get(tenantId);
    return { taken: 0, open: grants.some((grant) => !isApplied(grant, tenant?.pendingGrants)) };
  }
  const cause: Cause = user.cause ?? {
    actor: `identity:${user.provider}`,
    correlationId: `${user.provider}:${user.id}`,
    causationId: user.at,
  };
  try {
    const { changed } = await changeAccess({ tenantId, cause, occurredAt: user.at }, asked, ports);
    // Those of a tenant that is on its way out stand until they go with it.
    return { taken: changed ? grants.filter(({ granted }) => granted).length : 0, open: true };
  } catch (error) {
    if (!(error instanceof TenantryError)) throw error;
    return { taken: 0, open: error.code === "WriteContention" };
  }
}

/**
 * Every source of the grant but one that gave it later than that: it was somebody's newer word. What another provider's group
 * gave comes back with the person; what was given directly does not.
 */
function revokesOf({ userId, role, sources }: Grant, until: Timestamp, { provider, id, at }: DirectoryUser): GrantAsked[] {
  const isOthers = (source: SourceName): boolean => source !== DIRECT && !source.startsWith(`${provider}:`);
  return Object.entries(sources)
    .filter(([, source]) => source.granted && source.at <= until)
    .map(([source, { group }]) => {
      const revokedBy = isOthers(source) ? { provider, user: id } : undefined;
      return { userId, role, source, granted: false, at, group, revokedBy };
    });
}
