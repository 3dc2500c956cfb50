import type { Cluster } from "../../shared/domain/cluster.ts";
import type { Tenant } from "../../shared/domain/tenant.ts";
import {
  type ClusterRegistry,
  type ClusterSlots,
  type Dedupe,
  type OutboxEvent,
  type ReconcileMessage,
  type ReconcileQueue,
  type TenantStore,
  WriteConflict,
} from "../../shared/ports.ts";
import type { DedupeItem } from "../../shared/usecases/once.ts";

const copy = <T>(value: T): T => structuredClone(value);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The table in memory: the same contract as DynamoDB's (test/contract/tenant-store.test.ts), for crash tests and benchmarks. */
export class MemoryTable implements TenantStore {
  readonly tenants = new Map<string, Tenant>();
  readonly events: OutboxEvent[] = [];
  readonly dedupes = new Map<string, Dedupe>();

  async get(tenantId: string): Promise<Tenant | undefined> {
    return copy(this.tenants.get(tenantId));
  }

  async write({ before, after, lease, events = [], dedupe }: Parameters<TenantStore["write"]>[0]): Promise<void> {
    const stored = this.tenants.get(after.tenantId);
    const moved =
      before === undefined
        ? stored !== undefined
        : stored === undefined ||
          stored.generation !== before.generation ||
          stored.sequence !== before.sequence ||
          !same(stored.desiredAt, before.desiredAt) ||
          (lease !== "ignore" && stored.lease?.owner !== before.lease?.owner);
    const written = events.some(({ tenantId, sequence }) =>
      this.events.some((event) => event.tenantId === tenantId && event.sequence === sequence),
    );
    if (moved || written || (dedupe !== undefined && this.dedupes.has(dedupe.key))) throw new WriteConflict("The record moved.");
    const changes = Object.fromEntries(
      [...new Set([...Object.keys(before ?? {}), ...Object.keys(after)])]
        .filter((name) => before === undefined || !same(before[name as keyof Tenant], after[name as keyof Tenant]))
        .map((name) => [name, after[name as keyof Tenant]]),
    );
    if (lease === "ignore" && before !== undefined) delete changes["lease"];
    this.tenants.set(after.tenantId, JSON.parse(JSON.stringify({ ...stored, ...changes })) as Tenant);
    this.events.push(...copy(events));
    if (dedupe !== undefined) this.dedupes.set(dedupe.key, copy(dedupe));
  }

  async begin(
    tenantId: string,
    { dueAt, owner, leaseUntil, nextDueAt, now }: Parameters<TenantStore["begin"]>[1],
  ): Promise<Tenant | undefined> {
    const tenant = this.tenants.get(tenantId);
    if (tenant === undefined || tenant.dueAt !== dueAt || (tenant.lease !== undefined && tenant.lease.until >= now)) return undefined;
    tenant.lease = { owner, until: leaseUntil };
    tenant.dueAt = nextDueAt;
    return copy(tenant);
  }

  async release(tenantId: string, owner: string, dueAt: string): Promise<boolean> {
    const tenant = this.tenants.get(tenantId);
    if (tenant?.lease?.owner !== owner) return false;
    tenant.lease = undefined;
    tenant.dueAt = dueAt;
    return true;
  }

  async findDedupe(key: string): Promise<Dedupe | undefined> {
    return copy(this.dedupes.get(key));
  }
}

export class MemoryRegistry implements ClusterRegistry {
  readonly clusters: Map<string, Cluster>;
  readonly dedupes = new Map<string, DedupeItem>();
  constructor(clusters: Cluster[]) {
    this.clusters = new Map(clusters.map((cluster) => [cluster.name, cluster]));
  }
  get = async (name: string): Promise<Cluster | undefined> => this.clusters.get(name);
  list = async (): Promise<Cluster[]> => [...this.clusters.values()];
  put: ClusterRegistry["put"] = async (cluster, dedupe) => {
    this.#remember(dedupe);
    this.clusters.set(cluster.name, cluster);
  };
  delete: ClusterRegistry["delete"] = async (name, dedupe) => {
    this.#remember(dedupe);
    this.clusters.delete(name);
  };
  #remember(dedupe: DedupeItem | undefined): void {
    if (dedupe === undefined) return;
    if (this.dedupes.has(dedupe.key)) throw new WriteConflict("The key came before.");
    this.dedupes.set(dedupe.key, dedupe);
  }
}

/** Slots without a bound, or none. */
export const freeSlots: ClusterSlots = { acquire: async () => 0, release: async () => {} };
export const noSlots: ClusterSlots = { acquire: async () => undefined, release: async () => {} };

/** Keeps what was sent. */
export class MemoryQueue implements ReconcileQueue {
  readonly sent: { message: ReconcileMessage; delaySeconds: number }[] = [];
  async send(messages: ReconcileMessage[], { delaySeconds = 0 } = {}): Promise<void> {
    this.sent.push(...messages.map((message) => ({ message, delaySeconds })));
  }
}
