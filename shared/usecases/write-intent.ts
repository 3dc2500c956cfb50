import { setTimeout as sleep } from "node:timers/promises";
import type { Grant } from "../domain/access.ts";
import { TenantryError } from "../domain/errors.ts";
import type { Intent } from "../domain/intent.ts";
import { say, ttlAfter } from "../domain/outbox.ts";
import { type Cause, earliest, type Lease, type Tenant, type Timestamp, waitingSince } from "../domain/tenant.ts";
import { WriteConflict } from "../ports.ts";
import type { ReconcilePorts } from "../reconcile/ports.ts";
import { leaseOf, type Run } from "../reconcile/run.ts";

/** What every command brings. */
export interface Command {
  tenantId: string;
  cause: Cause;
  occurredAt: Timestamp;
  /** Asked in person, and answered at once: newer than all that stands, whatever time an event claimed for itself. */
  newest?: boolean | undefined;
  /** Event id or Idempotency-Key with its source or principal, and the hash of the body. */
  key?: { id: string; hash: string } | undefined;
  /** Generation that the caller saw (`If-Match`). */
  ifMatch?: number | undefined;
  /** Grants (`grantId`) that the command is about: `decide` sees them as they stand. */
  grants?: readonly string[] | undefined;
  /** Reconcile in this invocation; without it, the queue does. */
  eager?: Run | undefined;
}

/** When a command is judged, and when it counts as asked for. */
export interface At {
  now: Timestamp;
  occurredAt: Timestamp;
}
export type Decide = (before: Tenant | undefined, at: At, grants: ReadonlyMap<string, Grant>) => Intent;

export interface Recorded {
  tenant: Tenant;
  /** Whether this command, and not an earlier copy of it, changed the record. */
  changed: boolean;
  /** Whether it began this tenant. */
  created: boolean;
}

/** Tries against other writers of the same record. */
const TRIES = 14;
/** Longest pause between two of them, milliseconds. */
const PAUSE_MS = 1_000;

/** What recording intent works with: no cluster. */
export type IntentPorts = Pick<ReconcilePorts, "store" | "queue" | "clock" | "newId" | "random" | "log" | "platform">;

/** Reconciles a tenant whose lease the run holds, in this invocation. */
export type Reconcile = (tenant: Tenant, run: Run) => Promise<Tenant>;

/**
 * Records intent: one transaction of desired state, event, dedupe item, due time and, if eager, the lease.
 * Then reconciles, or has it done. A copy of a command renders the record as it stands and changes nothing.
 * @param reconcile for commands that are eager; without it, the queue does it
 * Throws `IdempotencyKeyReused`, `PreconditionFailed`, `WriteContention`, and what `decide` throws.
 */
export async function writeIntent(command: Command, decide: Decide, ports: IntentPorts, reconcile?: Reconcile): Promise<Recorded> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (attempt > 0) await sleep(ports.random() * Math.min(PAUSE_MS, 20 * 2 ** attempt));
    const [before, earlier, grants] = await Promise.all([
      ports.store.get(command.tenantId),
      command.key && ports.store.findDedupe(command.key.id),
      command.grants ? ports.store.getGrants(command.tenantId, command.grants) : new Map<string, Grant>(),
    ]);
    if (earlier !== undefined) return replay(command, before, earlier.hash);
    const attempted = await attemptOnce(command, before, (tenant, at) => decide(tenant, at, grants), ports, reconcile);
    if (attempted !== "conflict") return attempted;
  }
  throw new TenantryError("WriteContention", `Tenant "${command.tenantId}" is being changed by others; try again.`);
}

function replay({ tenantId, key }: Command, before: Tenant | undefined, hash: string): Recorded {
  if (hash !== key?.hash)
    throw new TenantryError("IdempotencyKeyReused", "This idempotency key or event id came before with another body.");
  if (before === undefined) throw new TenantryError("TenantNotFound", `Tenant "${tenantId}" does not exist any more.`);
  return { tenant: before, changed: false, created: false };
}

async function attemptOnce(
  command: Command,
  before: Tenant | undefined,
  decide: (before: Tenant | undefined, at: At) => Intent,
  ports: IntentPorts,
  reconcile: Reconcile | undefined,
): Promise<Recorded | "conflict"> {
  const { ifMatch } = command;
  const eager = reconcile && command.eager;
  if (ifMatch !== undefined && before !== undefined && before.generation !== ifMatch) {
    throw new TenantryError("PreconditionFailed", `Tenant "${command.tenantId}" is at generation ${before.generation}, not ${ifMatch}.`);
  }
  const now = ports.clock.now().toISOString();
  const intent = decide(before, { now, occurredAt: askedAt(command, before) });
  const settled = intent.settled === true;
  // Where the lease is held, its holder sees that the generation moved and goes round again.
  const held = before?.lease !== undefined && before.lease.until >= now ? before.lease : undefined;
  const run = settled || held !== undefined ? undefined : eager;
  const after = settled ? intent.after : { ...due(intent.after, run, held, now), dueSince: before && waitingSince(before, now) };
  const said = intent.event === undefined ? [] : [{ ...intent.event, cause: command.cause }];
  const spoken = say(after, said, { now, newId: ports.newId, auditDays: ports.platform.retentionDays.audit });
  const { grants = [] } = intent;
  if (settled && command.key === undefined && after === before && grants.length === 0)
    return { tenant: after, changed: false, created: false };
  let stands = spoken.after;
  try {
    await ports.store.write({
      before,
      after: stands,
      // "hold" where another is at work: had it finished since we looked, nobody would be left to see this generation.
      lease: run !== undefined ? "take" : held !== undefined && !settled ? "hold" : "ignore",
      events: spoken.events,
      grants,
      dedupe: dedupeOf(command, after, now, ports),
    });
  } catch (error) {
    if (!(error instanceof WriteConflict)) throw error;
    // The SDK repeats a write whose answer was lost, and the repeat meets the write itself: then the lease is ours.
    const found = run && (await ports.store.get(command.tenantId));
    if (found === undefined || found.lease?.owner !== run?.owner) return "conflict";
    stands = found;
  }
  const recorded = { changed: !settled, created: before === undefined || before.status.deletedAt !== undefined };
  if (run !== undefined && reconcile !== undefined) return { tenant: await reconcile(stands, run), ...recorded };
  if (!settled && held === undefined) await wake(stands, ports);
  return { tenant: stands, ...recorded };
}

function askedAt({ occurredAt, newest }: Command, before: Tenant | undefined): Timestamp {
  const last =
    Object.values(before?.desiredAt ?? {})
      .sort()
      .at(-1) ?? "";
  return newest === true && last >= occurredAt ? new Date(Date.parse(last) + 1).toISOString() : occurredAt;
}

/** The due time by which someone else finishes this: past the lease, or at once where nobody holds it. */
function due(tenant: Tenant, run: Run | undefined, held: Lease | undefined, now: Timestamp): Tenant {
  const work = run?.dueAt ?? (held === undefined ? now : new Date(Date.parse(held.until) + 1_000).toISOString());
  const timers = { ...tenant.timers, work };
  return { ...tenant, timers, dueAt: earliest(timers), lease: run === undefined ? held : leaseOf(run) };
}

function dedupeOf(
  { key, tenantId }: Command,
  after: Tenant,
  now: Timestamp,
  { platform }: IntentPorts,
): { key: string; hash: string; tenantId: string; generation: number; ttl: number } | undefined {
  return key && { key: key.id, hash: key.hash, tenantId, generation: after.generation, ttl: ttlAfter(now, platform.retentionDays.dedupe) };
}

async function wake({ tenantId, dueAt }: Tenant, { queue, log }: IntentPorts): Promise<void> {
  if (dueAt === undefined) return;
  await queue.send([{ tenantId, dueAt }]).catch((error: unknown) => {
    log.warn("The queue did not take a tenant; the sweep will find it.", { tenantId, error: String(error) });
  });
}
