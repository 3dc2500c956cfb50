import { DIRECT, type Grant, type GrantKey, grantId, grantKeys, isApplied } from "../domain/access.ts";
import { TenantryError } from "../domain/errors.ts";
import { assertAhead } from "../domain/expiry.ts";
import { changeGrants } from "../domain/grant-intent.ts";
import { hasMappingWork } from "../domain/identity-mapping.ts";
import type { Platform } from "../domain/platform.ts";
import type { Tenant, Timestamp } from "../domain/tenant.ts";
import type { AccessQueue } from "../ports.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { type Command, type Recorded, recordIntent } from "./record-intent.ts";

type Key = Omit<GrantKey, "tenantId">;
/** A person's role, and the AWS identity that is this person. */
type Given = Key & { principalArn?: string | undefined };

export interface GrantPorts extends ReconcilePorts {
  /** Told of a grant whose identity mapping has work to be done; without it, the sweep finds the grant. */
  accessQueue?: AccessQueue | undefined;
}

export interface GrantRecorded extends Recorded {
  grant: Grant | undefined;
  /** Whether the cluster has it so. */
  applied: boolean;
}

/** Gives a person a role, directly. Throws `UnknownRole`, `InvalidInput`, `TenantNotFound`, `TenantDeleting`, `TenantDeleted`. */
export async function grantAccess(
  command: Command,
  given: Given,
  expiresAt: Timestamp | undefined,
  ports: GrantPorts,
): Promise<GrantRecorded> {
  const { userId, role, principalArn } = given;
  knownRole(role, ports.platform);
  assertAhead(expiresAt, ports.clock.now().toISOString());
  return changeDirectly(command, { userId, role, principalArn, granted: true, expiresAt }, ports);
}

/** Takes back what was granted directly. Throws `TenantNotFound`, and, asked in person, `GrantNotFound` where there never was one. */
export async function revokeAccess(command: Command, key: Key, ports: GrantPorts): Promise<GrantRecorded> {
  return changeDirectly(command, { ...key, granted: false }, ports);
}

async function changeDirectly(
  command: Command,
  asked: Given & { granted: boolean; expiresAt?: Timestamp | undefined },
  ports: GrantPorts,
): Promise<GrantRecorded> {
  const id = grantId(asked);
  let granted = false;
  const recorded = await recordIntent(
    { ...command, grants: [id] },
    (before, { now, occurredAt }, grants) => {
      const standing = grants.get(id);
      granted = standing?.granted ?? false;
      if (command.newest === true && !asked.granted && standing === undefined && before !== undefined)
        throw notFound(command.tenantId, asked);
      const at = command.newest === true ? newestFor(before, standing, occurredAt) : occurredAt;
      return changeGrants(command.tenantId, before, grants, {
        asked: [{ ...asked, source: DIRECT, at }],
        cause: command.cause,
        now,
        rememberDays: ports.platform.retentionDays.tombstone,
      });
    },
    ports,
  );
  const grant = (await ports.store.getGrants(command.tenantId, [id])).get(id);
  if (grant !== undefined && hasMappingWork(grant, ports.clock.now().toISOString())) await wakeMapping(grant, ports);
  return {
    ...recorded,
    created: recorded.changed && !granted,
    grant,
    applied: grant === undefined || isApplied(grant, recorded.tenant.pendingGrants),
  };
}

/** A lost message costs nothing but the wait for the sweep: the due time stands. */
async function wakeMapping(grant: Grant, { accessQueue, log }: GrantPorts): Promise<void> {
  const { dueAt, tenantId } = grant;
  if (dueAt === undefined) return;
  await accessQueue?.send([{ ...grantKeys(grant), dueAt }]).catch((error: unknown) => {
    log.warn("No message tells of a mapping; the sweep will find it.", { tenantId, error: String(error) });
  });
}

/** A time that wins over what the source said before, and over an earlier tenant's end. */
function newestFor(before: Tenant | undefined, standing: Grant | undefined, occurredAt: Timestamp): Timestamp {
  const last = [standing?.sources[DIRECT]?.at ?? "", before?.formerUntil ?? ""].sort().at(-1) ?? "";
  return last >= occurredAt ? new Date(Date.parse(last) + 1).toISOString() : occurredAt;
}

function knownRole(role: string, { grantRoles }: Platform): void {
  if (grantRoles.includes(role)) return;
  throw new TenantryError("UnknownRole", `No grant may name the role "${role}". There are: ${grantRoles.join(", ")}.`);
}

export const notFound = (tenantId: string, { userId, role }: Key): TenantryError =>
  new TenantryError("GrantNotFound", `"${userId}" has no grant of "${role}" in tenant "${tenantId}".`);
