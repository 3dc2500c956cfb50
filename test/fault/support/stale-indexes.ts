import { phaseOf } from "../../../shared/domain/phase.ts";
import type { ClusterTenants, Directory, DueIndex, GrantIndex, RevisionIndex, TenantDirectory } from "../../../shared/ports.ts";
import type { MemoryDirectory } from "../../support/memory-directory.ts";
import { memoryRevisionIndex } from "../../support/memory-revisions.ts";
import { MemoryDueIndex, type MemoryTable } from "../../support/memory-table.ts";

/** Longest that an index lags behind a write, milliseconds. */
export const MOST_LAG_MS = 900;
/** Writes that are remembered. */
const REMEMBERED = 8;

/** The stores at one moment. */
interface Moment {
  table: MemoryTable;
  directory: MemoryDirectory;
}

/** Calls after which an index may show something else. */
const WRITES =
  /^(store\.(write|begin|release)|index\.(claim|take|defer|setAside|revive)|outbox\.(remove|markPublished)|directory\.(write|delete|touch|put|mark|note))/;

/** Reads of the indexes, which lag by a number of writes: by how many, each read asks anew. */
export class StaleIndexes {
  /** How many writes the next read is behind: none unless told. */
  behind: () => number = () => 0;
  readonly #now: Moment;
  readonly #nowMs: () => number;
  /** What stood before each of the last writes, and when that was. */
  #past: (Moment & { untilMs: number })[] = [];

  constructor(now: Moment, nowMs: () => number) {
    this.#now = now;
    this.#nowMs = nowMs;
  }

  /** Remembers what stands, before a call that changes it. */
  note(call: string): void {
    if (this.behind() === 0 || !WRITES.test(call)) return;
    const { table, directory } = this.#now;
    this.#past = [...this.#past, { untilMs: this.#nowMs(), table: table.snapshot(), directory: directory.snapshot() }].slice(-REMEMBERED);
  }

  /** After a pause of that length, nothing of what was written before it is missing any more. */
  catchUp(ms: number): void {
    if (ms >= MOST_LAG_MS) this.#past = [];
  }

  #moment(): Moment {
    const behind = this.behind();
    const recent = this.#past.filter(({ untilMs }) => untilMs > this.#nowMs() - MOST_LAG_MS);
    return behind === 0 ? this.#now : (recent.slice(-behind)[0] ?? this.#now);
  }

  /** The index of what is due; claims look at the item. */
  due(index: MemoryDueIndex): DueIndex {
    const due: DueIndex["due"] = (...query) => {
      const { table, directory } = this.#moment();
      return new MemoryDueIndex(table, index.shards, [directory]).due(...query);
    };
    return withReads<DueIndex>(index, { due });
  }

  grants: GrantIndex = { ofUser: (userId) => this.#moment().table.ofUser(userId) };

  tenants: ClusterTenants = {
    ids: (...query) => this.#moment().table.ids(...query),
    getMany: (ids) => this.#moment().table.getMany(ids),
  };

  revisions: RevisionIndex = { shards: 2, page: (...page) => memoryRevisionIndex(this.#moment().table).page(...page) };

  /** The list finds ids by the index, and reads their records. */
  list: Pick<TenantDirectory, "list"> = {
    list: async ({ cluster, limit }) => {
      const found = [...this.#moment().table.tenants.values()].filter(
        (tenant) => phaseOf(tenant) !== "Deleted" && (cluster === undefined || tenant.cluster === cluster),
      );
      return { items: found.slice(0, limit).flatMap(({ tenantId }) => this.#now.table.tenants.get(tenantId) ?? []) };
    },
  };

  /** The directory, whose reads by names and by persons go by an index. */
  directory(directory: MemoryDirectory): Directory {
    const late: Pick<Directory, "groupsOf" | "findGroups" | "findUsersByExternalId" | "pageUsers" | "pageGroups"> = {
      groupsOf: (...query) => this.#moment().directory.groupsOf(...query),
      findGroups: (...query) => this.#moment().directory.findGroups(...query),
      findUsersByExternalId: (...query) => this.#moment().directory.findUsersByExternalId(...query),
      pageUsers: (...query) => this.#moment().directory.pageUsers(...query),
      pageGroups: (...query) => this.#moment().directory.pageGroups(...query),
    };
    return withReads<Directory>(directory, late);
  }
}

/** A port, some of whose reads are others. */
function withReads<T extends object>(port: T, reads: Partial<T>): T {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(reads, name) ?? Reflect.get(target, name, target);
      return typeof member === "function" && !(name in reads) ? member.bind(target) : member;
    },
  });
}
