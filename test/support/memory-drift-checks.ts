import type { DriftCheck } from "../../shared/domain/drift-check.ts";
import { type DriftChecks, type DriftMessage, type DriftQueue, WriteConflict } from "../../shared/ports.ts";
import type { DedupeItem } from "../../shared/usecases/once.ts";

/** The drift checks of clusters in memory, as they would come back from the table. */
export class MemoryDriftChecks implements DriftChecks {
  readonly items = new Map<string, DriftCheck>();
  readonly dedupes = new Map<string, DedupeItem>();

  get = async (cluster: string): Promise<DriftCheck | undefined> => copy(this.items.get(cluster));
  list = async (): Promise<DriftCheck[]> => [...this.items.values()].map(copy);
  write: DriftChecks["write"] = async (before, after, dedupe) => {
    if (this.items.get(after.cluster)?.version !== before?.version) throw new WriteConflict("The check was changed.");
    if (dedupe !== undefined && this.dedupes.has(dedupe.key)) throw new WriteConflict("The key came before.");
    if (dedupe !== undefined) this.dedupes.set(dedupe.key, dedupe);
    const check = copy({ ...after, version: (before?.version ?? 0) + 1 });
    this.items.set(check.cluster, check);
    return copy(check);
  };
  remove = async (cluster: string): Promise<void> => void this.items.delete(cluster);
}

const copy = <T extends DriftCheck | undefined>(check: T): T => (check === undefined ? check : (JSON.parse(JSON.stringify(check)) as T));

/** Keeps what was sent. */
export class MemoryDriftQueue implements DriftQueue {
  readonly sent: DriftMessage[] = [];
  send = async (messages: DriftMessage[]): Promise<void> => void this.sent.push(...messages);
}
