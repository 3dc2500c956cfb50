import { type Grant, grantId, grantKeys, type IdentityMapping, isSpent } from "../../domain/access.ts";
import { dueOf, principalOf } from "../../domain/identity-mapping.ts";
import { ttlAfter } from "../../domain/outbox.ts";
import type { Tenant } from "../../domain/tenant.ts";
import { MappingError } from "../../ports.ts";
import { type AccessPorts, DONE, type Worked } from "./ports.ts";
import { type Settled, settleEntry } from "./settle-entry.ts";
import { clusterName } from "./standing-grants.ts";

/** From a step in EKS until the look whether it took effect: longer than a step, and than the index of persons is old, milliseconds. */
const LOOK_MS = 15_000;
/** A message may come a little before its time, by another machine's clock, milliseconds. */
const SKEW_MS = 1_000;
/** Until another try of what was refused, and the longest pause between tries of what fails, milliseconds. */
const AGAIN_MS = 3_600_000;
/** Until another look for the cluster of a tenant that is on none yet, milliseconds. */
const UNPLACED_MS = 60_000;

/**
 * Brings the mapping of a grant's AWS identity to what the grant asks for, in steps:
 *
 *     record (Pending, Removing) ─> step in EKS ── 15 s ──> look: as wanted ─> recorded as done
 *                                        ^                   └ changed by others, or not in effect
 *                                        └───────────────────┘
 *
 * Two grants of one person may come and go side by side, and each sees the other only after a while. Whoever errs by that
 * sees it in its look: a step that began before another's record ends before that other's look.
 *
 * @param signal ends a step: it began with the read of the grant
 */
export async function bringMapping(tenant: Tenant, grant: Grant, signal: AbortSignal, ports: AccessPorts): Promise<Worked> {
  const now = ports.clock.now();
  const target = await targetOf(tenant, grant, ports);
  if (target === "unplaced") return { again: { afterMs: UNPLACED_MS, reason: "the tenant is on no cluster yet" } };
  const { mapping } = grant;
  const leaves = mapping !== undefined && (mapping.cluster !== target?.cluster || mapping.principalArn !== target.principalArn);
  const asked = leaves ? mapping : target;
  if (asked === undefined || (!leaves && mapping?.state === "Mapped")) return rest(tenant, grant, target, ports);
  const state = leaves ? "Removing" : "Pending";
  const at = now.toISOString();
  const begun: IdentityMapping =
    mapping?.state === state
      ? { ...mapping, actedAt: at, tries: mapping.tries + 1 }
      : {
          cluster: asked.cluster,
          principalArn: asked.principalArn,
          username: asked.username,
          state,
          since: leaves ? mapping.since : at,
          actedAt: at,
          tries: 0,
        };
  if (mapping?.state !== state) {
    const recorded = await write(tenant, grant, { mapping: begun, dueAt: after(now, LOOK_MS) }, ports);
    const came = await step(recorded, begun, signal, ports);
    if ("refused" in came || "failed" in came) return troubled(tenant, recorded, begun, came, ports);
    return look(recorded, ports);
  }
  const early = Date.parse(mapping.actedAt) + LOOK_MS - SKEW_MS - now.getTime();
  if (early > 0) return { again: { afterMs: early + SKEW_MS, reason: "it is to be seen whether a mapping took effect" } };
  const came = await step(grant, begun, signal, ports);
  if ("refused" in came || "failed" in came) return troubled(tenant, grant, begun, came, ports);
  if ("changed" in came) return look(await write(tenant, grant, { mapping: begun, dueAt: after(now, LOOK_MS) }, ports), ports);
  const { message: _message, ...kept } = mapping;
  return rest(
    tenant,
    leaves ? { ...grant, mapping: undefined } : { ...grant, mapping: { ...kept, state: "Mapped" } },
    target,
    ports,
    grant,
  );
}

interface Target {
  cluster: string;
  principalArn: string;
  username: string;
}

/** Which identity the grant is to have, and where; none on a cluster that people do not reach by IAM. */
async function targetOf(tenant: Tenant, grant: Grant, { registry, clock }: AccessPorts): Promise<Target | "unplaced" | undefined> {
  const principalArn = grant.granted ? principalOf(grant, clock.now().toISOString()) : undefined;
  if (principalArn === undefined || tenant.desired.state === "Deleted") return undefined;
  const name = clusterName(tenant);
  if (name === undefined) return "unplaced";
  const access = (await registry.get(name))?.access;
  return access?.mode === "iam" ? { cluster: name, principalArn, username: `${access.usernamePrefix}${grant.userId}` } : undefined;
}

type Came = Settled | { failed: MappingError };

async function step(grant: Grant, mapping: IdentityMapping, signal: AbortSignal, ports: AccessPorts): Promise<Came> {
  try {
    const cluster = await ports.registry.get(mapping.cluster);
    if (cluster === undefined) throw new MappingError(`Cluster "${mapping.cluster}" is not in the registry.`, { retryable: true });
    return await settleEntry(grant, mapping, cluster, signal, ports);
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return { failed: error };
  }
}

/** What EKS refuses waits for a person; what fails, and every removal, is tried again and again. */
async function troubled(
  tenant: Tenant,
  grant: Grant,
  mapping: IdentityMapping,
  came: { refused: string } | { failed: MappingError },
  ports: AccessPorts,
): Promise<Worked> {
  const message = "refused" in came ? came.refused : came.failed.message;
  const ends = mapping.state === "Pending" && ("refused" in came || !came.failed.retryable);
  const pause = ends ? AGAIN_MS : Math.min(LOOK_MS * 2 ** Math.min(mapping.tries, 20), AGAIN_MS);
  const { tenantId, userId } = grant;
  ports.log.warn("An identity mapping is not as it should be.", { tenantId, userId, ...mapping, message });
  const next: IdentityMapping = { ...mapping, state: ends ? "Refused" : mapping.state, message };
  return look(await write(tenant, grant, { mapping: next, dueAt: after(ports.clock.now(), pause) }, ports), ports);
}

const after = (now: Date, ms: number): string => new Date(now.getTime() + ms).toISOString();

/** Nothing is left to do, or nothing for this mapping. */
async function rest(tenant: Tenant, grant: Grant, target: Target | undefined, ports: AccessPorts, before = grant): Promise<Worked> {
  const now = ports.clock.now();
  const at = now.toISOString();
  const { mapping } = grant;
  // Without a mapping and a cluster that takes one, what the grant says of an identity is no work.
  const idle = target === undefined && mapping === undefined;
  const dueAt = dueOf(idle ? withoutPrincipals(grant) : grant, at);
  if (mapping === before.mapping && dueAt === before.dueAt) return DONE;
  const recorded = await write(tenant, before, { mapping, dueAt }, ports);
  return dueAt !== undefined && dueAt <= at ? look(recorded, ports) : DONE;
}

const withoutPrincipals = (grant: Grant): Pick<Grant, "sources" | "mapping"> => ({
  sources: Object.fromEntries(Object.entries(grant.sources).map(([name, { principalArn: _principal, ...source }]) => [name, source])),
  mapping: undefined,
});

/** Writes what is known of the mapping, where the grant is still as it was read. Throws `WriteConflict`. */
async function write(tenant: Tenant, grant: Grant, next: Pick<Grant, "mapping" | "dueAt">, ports: AccessPorts): Promise<Grant> {
  const spent = isSpent({ ...grant, mapping: next.mapping });
  const ttl = spent ? ttlAfter(ports.clock.now().toISOString(), ports.platform.retentionDays.tombstone) : undefined;
  const written: Grant = { ...grant, ...next, version: grant.version + 1, ttl };
  await ports.store.write({ before: tenant, after: tenant, lease: "ignore", grants: [{ before: grant, after: written }] });
  return written;
}

/** Says when the next step is due. Longer than a message can wait, or where it is lost, the sweep finds it. */
async function look(grant: Grant, { accessQueue, clock, log }: AccessPorts): Promise<Worked> {
  const { dueAt = "", tenantId } = grant;
  const delayMs = Math.max(0, Date.parse(dueAt) - clock.now().getTime());
  if (delayMs >= 900_000) return DONE;
  await accessQueue.send([{ ...grantKeys(grant), dueAt }], { delaySeconds: delayMs / 1_000 }).catch((error: unknown) => {
    log.warn("No message tells of a mapping's next step; the sweep will find it.", {
      tenantId,
      grant: grantId(grant),
      error: String(error),
    });
  });
  return DONE;
}
