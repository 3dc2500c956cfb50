import { phaseOf } from "../../shared/domain/phase.ts";
import type { RevisionEntry, RevisionWave } from "../../shared/domain/revision-wave.ts";
import { type RevisionIndex, type RevisionLog, WriteConflict } from "../../shared/ports.ts";
import type { MemoryRegistry, MemoryTable } from "./memory-table.ts";

/** The list index over the table in memory: two shards by the length of the id, pages of `pageSize`. */
export function memoryRevisionIndex(table: MemoryTable, pageSize = 3): RevisionIndex & { pages: number } {
  const index = {
    shards: 2,
    pages: 0,
    async page(shard: number, after = "") {
      index.pages += 1;
      const left = [...table.tenants.values()]
        .filter(({ tenantId }) => tenantId.length % 2 === shard && tenantId > after)
        .sort((a, b) => (a.tenantId < b.tenantId ? -1 : 1));
      const entries = left.slice(0, pageSize).map(
        (tenant): RevisionEntry => ({
          tenantId: tenant.tenantId,
          phase: phaseOf(tenant),
          cluster: tenant.cluster,
          appliedRevision: tenant.status.appliedRevision,
          revisionAsked: tenant.revisionAsked,
          paused: tenant.desired.paused,
        }),
      );
      return { entries, next: left.length > pageSize ? entries.at(-1)?.tenantId : undefined };
    },
  };
  return index;
}

export class MemoryRevisionLog implements RevisionLog {
  wave: RevisionWave | undefined;
  reads = 0;
  readonly registry: MemoryRegistry;
  constructor(registry: MemoryRegistry) {
    this.registry = registry;
  }
  read: RevisionLog["read"] = async () => {
    this.reads += 1;
    return { wave: structuredClone(this.wave), clusters: await this.registry.list() };
  };
  write: RevisionLog["write"] = async (wave, seen) => {
    if (this.wave?.version !== seen) throw new WriteConflict("The wave moved.");
    this.wave = structuredClone(wave);
  };
}
