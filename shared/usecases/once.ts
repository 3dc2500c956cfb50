import { setTimeout as sleep } from "node:timers/promises";
import { TenantryError } from "../domain/errors.ts";
import { ttlAfter } from "../domain/outbox.ts";
import { type Clock, type Dedupe, type TenantStore, WriteConflict } from "../ports.ts";

/** An `Idempotency-Key` with its principal, and the hash of what was asked. */
export interface CommandKey {
  id: string;
  hash: string;
}

export interface OncePorts {
  dedupes: Pick<TenantStore, "findDedupe">;
  clock: Clock;
  /** Days that a key is remembered. */
  dedupeDays: number;
}

/** What `change` writes in its own transaction, so that it holds once. */
export type DedupeItem = Pick<Dedupe, "key" | "hash" | "ttl">;

/** Tries of one change, and the pause that each conflict adds before the next, milliseconds. */
const ATTEMPTS = 5;
const PAUSE_MS = 20;

/**
 * A change that its key makes at most once: a copy renders what stands, and changes nothing. What failed left no key,
 * so it may be tried again under the same. A change that meets `WriteConflict` is made again on what it then reads.
 * Throws `IdempotencyKeyReused`, `WriteContention`, and what `change` and `render` throw.
 */
export async function once<T>(
  key: CommandKey | undefined,
  ports: OncePorts,
  change: (dedupe: DedupeItem | undefined) => Promise<T>,
  render: () => Promise<T>,
): Promise<T> {
  const dedupe = key && { key: key.id, hash: key.hash, ttl: ttlAfter(ports.clock.now().toISOString(), ports.dedupeDays) };
  for (let attempt = 1; ; attempt += 1) {
    if (key !== undefined && (await cameBefore(key, ports))) return render();
    try {
      return await change(dedupe);
    } catch (cause) {
      if (!(cause instanceof WriteConflict)) throw cause;
      if (attempt === ATTEMPTS) throw new TenantryError("WriteContention", "Others are changing the same; try again.", { cause });
    }
    await sleep(attempt * PAUSE_MS);
  }
}

async function cameBefore({ id, hash }: CommandKey, { dedupes }: OncePorts): Promise<boolean> {
  const earlier = await dedupes.findDedupe(id);
  if (earlier === undefined) return false;
  if (earlier.hash !== hash)
    throw new TenantryError("IdempotencyKeyReused", "This idempotency key or event id came before with another body.");
  return true;
}
