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

/**
 * A change that its key makes at most once: a copy renders what stands, and changes nothing. What failed left no key,
 * so it may be tried again under the same. Throws `IdempotencyKeyReused`, and what `change` and `render` throw.
 */
export async function once<T>(
  key: CommandKey | undefined,
  ports: OncePorts,
  change: (dedupe: DedupeItem | undefined) => Promise<T>,
  render: () => Promise<T>,
): Promise<T> {
  if (key === undefined) return change(undefined);
  if (await cameBefore(key, ports)) return render();
  try {
    return await change({ key: key.id, hash: key.hash, ttl: ttlAfter(ports.clock.now().toISOString(), ports.dedupeDays) });
  } catch (error) {
    // Another with this key was first, since we looked.
    if (error instanceof WriteConflict && (await cameBefore(key, ports))) return render();
    throw error;
  }
}

async function cameBefore({ id, hash }: CommandKey, { dedupes }: OncePorts): Promise<boolean> {
  const earlier = await dedupes.findDedupe(id);
  if (earlier === undefined) return false;
  if (earlier.hash !== hash)
    throw new TenantryError("IdempotencyKeyReused", "This idempotency key or event id came before with another body.");
  return true;
}
