import { type Grant, type GrantKey, grantId, parseGrantId } from "../../shared/domain/access.ts";
import type { Cluster } from "../../shared/domain/cluster.ts";
import type { SleepingWorkload, Tenant } from "../../shared/domain/tenant.ts";
import {
  type ClusterRegistry,
  type ClusterSlots,
  type ClusterTenants,
  type Dedupe,
  type DueIndex,
  type DueItem,
  type DueKind,
  type GrantIndex,
  type Outbox,
  type OutboxEvent,
  type ReconcileMessage,
  type ReconcileQueue,
  type SlotPool,
  type TenantStore,
  WriteConflict,
} from "../../shared/ports.ts";
import { eventItem } from "../../shared/adapters/dynamodb/event-item.ts";
import { grantItem } from "../../shared/adapters/dynamodb/grant-item.ts";
import { keys } from "../../shared/adapters/dynamodb/table.ts";
import { tenantItem } from "../../shared/adapters/dynamodb/tenant-item.ts";
import type { DedupeItem } from "../../shared/usecases/once.ts";
import { deepCopy as copy } from "./deep-copy.ts";
import { TableLimits } from "./table-limits.ts";

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Time that the stream has to publish an event before the sweep takes it, milliseconds. */
const STREAM_HEAD_START_MS = 60_000;

/** The table in memory: the same contracts as DynamoDB's (test/contract), for crash tests and benchmarks. */
export class MemoryTable implements TenantStore, ClusterTenants, GrantIndex {
  /** By `<tenantId>#<grantId>`. */
  readonly grants = new Map<string, Grant>();
  readonly tenants = new Map<string, Tenant>();
  /** What is kept as sleeping, by `<tenantId>#<kind>#<name>`. */
  readonly sleepers = new Map<string, SleepingWorkload>();
  readonly events: OutboxEvent[] = [];
  /** Every event that was said of a tenant that is, or whose tombstone is there, also what its `ttl` has taken. */
  readonly history: OutboxEvent[] = [];
  /** Ids of the events of tenants whose tombstone its `ttl` has taken. */
  readonly forgotten = new Set<string>();
  /** Due times of the events that are not published, by `<tenantId>/<sequence>`. */
  readonly unpublished = new Map<string, string>();
  readonly dedupes = new Map<string, Dedupe>();
  /** Sizes are held to what DynamoDB takes. */
  readonly limits = new TableLimits();
  /** Ids a page. */
  idsPage = 1_000;

  /** The table as it stands, for what reads it later as it was. */
  snapshot(): MemoryTable {
    const past = new MemoryTable();
    for (const [key, tenant] of this.tenants) past.tenants.set(key, copy(tenant));
    for (const [key, grant] of this.grants) past.grants.set(key, copy(grant));
    for (const [key, dueAt] of this.unpublished) past.unpublished.set(key, dueAt);
    past.events.push(...this.events);
    return past;
  }

  /** Takes away the items whose `ttl` is past, each where `goes` says so: DynamoDB does it at some time after. */
  expire(nowMs: number, goes: () => boolean): void {
    const isPast = hasExpired(nowMs, goes);
    for (const items of [this.tenants, this.grants, this.dedupes]) for (const [key, item] of items) if (isPast(item)) items.delete(key);
    for (const { tenantId, eventId } of this.history) if (!this.tenants.has(tenantId)) this.forgotten.add(eventId);
    const remembered = this.history.filter(({ tenantId }) => this.tenants.has(tenantId));
    this.history.splice(0, this.history.length, ...remembered);
    const kept = this.events.filter((event) => !isPast(event));
    for (const event of this.events) if (!kept.includes(event)) this.unpublished.delete(eventKey(event));
    this.events.splice(0, this.events.length, ...kept);
  }

  async get(tenantId: string): Promise<Tenant | undefined> {
    return copy(this.tenants.get(tenantId));
  }

  async write({
    before,
    after,
    lease,
    events = [],
    dedupe,
    grants = [],
    sleepers = [],
  }: Parameters<TenantStore["write"]>[0]): Promise<void> {
    const stored = this.tenants.get(after.tenantId);
    const moved =
      same(before, after) && lease === "ignore"
        ? false
        : before === undefined
          ? stored !== undefined
          : stored === undefined ||
            stored.generation !== before.generation ||
            stored.sequence !== before.sequence ||
            !same(stored.desiredAt, before.desiredAt) ||
            (lease !== "ignore" && stored.lease?.owner !== before.lease?.owner);
    const written = events.some(({ tenantId, sequence }) =>
      this.events.some((event) => event.tenantId === tenantId && event.sequence === sequence),
    );
    const regranted = grants.some(({ before: grant, after: next }) => {
      const key = grant ?? next;
      return key !== undefined && this.grants.get(grantKey(key))?.version !== grant?.version;
    });
    if (moved || written || regranted || (dedupe !== undefined && this.dedupes.has(dedupe.key)))
      throw new WriteConflict("The record moved.");
    const changes = Object.fromEntries(
      [...new Set([...Object.keys(before ?? {}), ...Object.keys(after)])]
        .filter((name) => before === undefined || !same(before[name as keyof Tenant], after[name as keyof Tenant]))
        .map((name) => [name, after[name as keyof Tenant]]),
    );
    if (lease === "ignore" && before !== undefined) delete changes["lease"];
    if (lease === "hold" && "dueAt" in changes) changes["dueSince"] = after.dueSince;
    if (after.generation !== before?.generation) Object.assign(changes, { dueAt: after.dueAt, timers: after.timers });
    const next = JSON.parse(JSON.stringify({ ...stored, ...changes })) as Tenant;
    const own = before !== undefined && Object.keys(changes).length === 0 ? [] : [tenantItem(next)];
    const regranting = grants.flatMap(({ after: grant }) => (grant === undefined ? [] : [grantItem(grant)]));
    const remembered = dedupe === undefined ? [] : [{ ...keys.dedupe(dedupe.key), ...dedupe }];
    const kept = sleepers.flatMap(({ after: one }) => one ?? []);
    const keeping = kept.map((one) => ({ ...keys.sleeper(after.tenantId, one.kind, one.name), ...one }));
    this.limits.check(
      [...own, ...events.map(eventItem), ...regranting, ...keeping, ...remembered],
      grants.length - regranting.length + (sleepers.length - keeping.length),
    );
    this.tenants.set(after.tenantId, next);
    this.events.push(...copy(events));
    this.history.push(...copy(events));
    for (const event of events)
      this.unpublished.set(eventKey(event), new Date(Date.parse(event.occurredAt) + STREAM_HEAD_START_MS).toISOString());
    if (dedupe !== undefined) this.dedupes.set(dedupe.key, copy(dedupe));
    for (const { before: former, after: next } of sleepers) {
      if (next !== undefined) this.sleepers.set(sleeperKey(after.tenantId, next), JSON.parse(JSON.stringify(next)) as SleepingWorkload);
      else if (former !== undefined) this.sleepers.delete(sleeperKey(after.tenantId, former));
    }
    for (const { before: grant, after: next } of grants) {
      if (next !== undefined) this.grants.set(grantKey(next), JSON.parse(JSON.stringify(next)) as Grant);
      else if (grant !== undefined) this.grants.delete(grantKey(grant));
    }
  }

  async getSleepers(tenantId: string, kind: string, { from, to }: { from: string; to: string }): Promise<Map<string, SleepingWorkload>> {
    const found = this.#sleepersOf(tenantId).filter((one) => one.kind === kind && one.name >= from && one.name <= to);
    return new Map(found.map((one) => [one.name, one]));
  }

  async pageSleepers(tenantId: string, limit: number): Promise<SleepingWorkload[]> {
    return this.#sleepersOf(tenantId).slice(0, limit);
  }

  #sleepersOf(tenantId: string): SleepingWorkload[] {
    const mine = [...this.sleepers.entries()].filter(([key]) => key.startsWith(`${tenantId}#`));
    return mine.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => copy(one));
  }

  async getGrants(tenantId: string, ids: readonly string[]): Promise<Map<string, Grant>> {
    return new Map(
      ids.flatMap((id) => {
        const grant = this.grants.get(`${tenantId}#${id}`);
        return grant === undefined ? [] : [[id, copy(grant)] as const];
      }),
    );
  }

  async pageGrants(tenantId: string, { limit, after = "" }: { limit: number; after?: string | undefined }) {
    const all = [...this.grants.values()].filter((grant) => grant.tenantId === tenantId && grantId(grant) > after);
    const sorted = all.sort((a, b) => (grantId(a) < grantId(b) ? -1 : 1));
    const grants = copy(sorted.slice(0, limit));
    const last = grants.at(-1);
    return { grants, ...(sorted.length > limit && last !== undefined && { next: grantId(last) }) };
  }

  async ofUser(userId: string): Promise<{ keys: GrantKey[] }> {
    const mine = [...this.grants.values()].filter((grant) => grant.userId === userId);
    return { keys: mine.map(({ tenantId, role }) => ({ tenantId, userId, role })) };
  }

  async begin(
    tenantId: string,
    { dueAt, owner, leaseUntil, nextDueAt, now }: Parameters<TenantStore["begin"]>[1],
  ): Promise<Tenant | undefined> {
    const tenant = this.tenants.get(tenantId);
    if (tenant === undefined || tenant.dueAt !== dueAt || (tenant.lease !== undefined && tenant.lease.until >= now)) return undefined;
    tenant.lease = { owner, until: leaseUntil };
    tenant.dueSince ??= dueAt;
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

  async ids(cluster: string, next: string | undefined): Promise<{ ids: string[]; next?: string | undefined }> {
    const all = [...this.tenants.values()].filter((tenant) => tenant.cluster === cluster).map(({ tenantId }) => tenantId);
    const ids = all.filter((id) => id > (next ?? "")).sort();
    return ids.length > this.idsPage ? { ids: ids.slice(0, this.idsPage), next: ids[this.idsPage - 1] } : { ids };
  }

  async getMany(tenantIds: string[]): Promise<Map<string, Tenant>> {
    return new Map(tenantIds.flatMap((id) => (this.tenants.has(id) ? [[id, copy(this.tenants.get(id) as Tenant)]] : [])));
  }

  async findDedupe(key: string): Promise<Dedupe | undefined> {
    return copy(this.dedupes.get(key));
  }
}

const sleeperKey = (tenantId: string, { kind, name }: SleepingWorkload): string => `${tenantId}#${kind}#${name}`;
/** Longest that DynamoDB leaves an item past its `ttl`, milliseconds. */
const EXPIRY_MS = 2 * 86_400_000;

/** Whether an item is gone by its `ttl`: at some time after it, where `goes` says so, and at the latest two days after. */
export const hasExpired =
  (nowMs: number, goes: () => boolean) =>
  ({ ttl }: { ttl?: number | undefined }): boolean =>
    ttl !== undefined && ttl * 1_000 <= nowMs && (ttl * 1_000 + EXPIRY_MS <= nowMs || goes());

const grantKey = (grant: GrantKey): string => `${grant.tenantId}#${grantId(grant)}`;
const eventKey = ({ tenantId, sequence }: Pick<OutboxEvent, "tenantId" | "sequence">): string => `${tenantId}/${sequence}`;

/** Due items of the kind `access` that something else in memory holds: a directory, an inbox. */
export interface MemoryDueSource {
  dueItems(): DueItem[];
  /** As `DueIndex.claim`, for its own items; without a time, they are not due any more. */
  claim(item: DueItem, next: string | undefined): boolean;
  /** As `DueIndex.revive`, for its own items. */
  revive(key: Pick<DueItem, "pk" | "sk">, dueAt: string): boolean;
}

/** What is due in a table in memory, and in what stands beside it. */
export class MemoryDueIndex implements DueIndex {
  readonly shards: number;
  readonly #table: MemoryTable;
  readonly #sources: readonly MemoryDueSource[];
  /** The last claim of each item. */
  readonly #claims = new Map<string, { since: string; next: string; tries: number }>();
  readonly #setAside = new Set<string>();
  constructor(table: MemoryTable, shards = 8, sources: readonly MemoryDueSource[] = []) {
    this.#table = table;
    this.shards = shards;
    this.#sources = sources;
  }

  async due(kind: DueKind, shard: number, now: string, limit: number): Promise<DueItem[]> {
    const all = kind === "tenant" ? this.#tenants() : kind === "event" ? this.#events() : this.#access();
    return all
      .filter(({ pk, dueAt }) => dueAt <= now && this.#shardOf(pk) === shard)
      .sort((a, b) => (a.dueAt < b.dueAt ? -1 : 1))
      .slice(0, limit);
  }

  async claim(item: DueItem, next: string): Promise<string | undefined> {
    return this.#claim(item, next, 0)?.since;
  }

  async take(item: DueItem, now: string, next: string): Promise<{ since: string; tries: number } | undefined> {
    const standing = [...this.#tenants(), ...this.#events(), ...this.#access()].find(({ pk, sk }) => pk === item.pk && sk === item.sk);
    if (standing === undefined || (standing.dueAt !== item.dueAt && standing.dueAt > now)) return undefined;
    const claim = this.#claim(standing, next, 1);
    return claim && { since: claim.since, tries: claim.tries };
  }

  #claim(item: DueItem, next: string, tries: number): { since: string; tries: number } | undefined {
    if (!this.#move(item, next)) return undefined;
    const key = `${item.pk} ${item.sk}`;
    const earlier = this.#claims.get(key);
    // Another due time than the last claim's was set by who wrote the item anew.
    const kept = earlier?.next === item.dueAt ? earlier : { since: item.dueAt, tries: 0 };
    const claim = { since: kept.since, tries: kept.tries + tries, next };
    const tenant = this.#tenantOf(item);
    if (tenant !== undefined) claim.since = tenant.dueSince ??= item.dueAt;
    this.#claims.set(key, claim);
    return claim;
  }

  async defer(item: DueItem, next: string): Promise<boolean> {
    return this.#end(item, next);
  }

  async setAside(item: DueItem): Promise<boolean> {
    if (!this.#end(item, undefined)) return false;
    this.#setAside.add(`${item.pk} ${item.sk}`);
    return true;
  }

  #end(item: DueItem, next: string | undefined): boolean {
    if (!this.#move(item, next)) return false;
    const tenant = this.#tenantOf(item);
    if (tenant !== undefined) tenant.dueSince = undefined;
    this.#claims.delete(`${item.pk} ${item.sk}`);
    return true;
  }

  async revive(key: Pick<DueItem, "pk" | "sk">, dueAt: string): Promise<boolean> {
    if (!this.#setAside.delete(`${key.pk} ${key.sk}`)) return false;
    if (!key.pk.startsWith("TENANT#")) return this.#sources.some((source) => source.revive(key, dueAt));
    const grant = this.#grantOf(key);
    if (grant === undefined || grant.dueAt !== undefined) return false;
    grant.dueAt = dueAt;
    return true;
  }

  #grantOf = ({ pk, sk }: Pick<DueItem, "pk" | "sk">): Grant | undefined =>
    this.#table.grants.get(grantKey({ tenantId: pk.slice("TENANT#".length), ...parseGrantId(sk.slice("GRANT#".length)) }));

  #tenantOf = ({ pk, sk }: DueItem): Tenant | undefined =>
    sk === "TENANT" ? this.#table.tenants.get(pk.slice("TENANT#".length)) : undefined;

  #move(item: DueItem, next: string | undefined): boolean {
    const { pk, sk, dueAt } = item;
    if (!pk.startsWith("TENANT#")) return this.#sources.some((source) => source.claim(item, next));
    const tenantId = pk.slice("TENANT#".length);
    if (sk === "TENANT") {
      const tenant = this.#table.tenants.get(tenantId);
      if (tenant?.dueAt !== dueAt) return false;
      tenant.dueAt = next;
      return true;
    }
    if (sk.startsWith("GRANT#")) {
      const grant = this.#grantOf(item);
      if (grant?.dueAt !== dueAt) return false;
      grant.dueAt = next;
      return true;
    }
    const key = eventKey({ tenantId, sequence: sequenceOf(sk) });
    if (this.#table.unpublished.get(key) !== dueAt) return false;
    if (next === undefined) this.#table.unpublished.delete(key);
    else this.#table.unpublished.set(key, next);
    return true;
  }

  #tenants(): DueItem[] {
    return [...this.#table.tenants.values()].flatMap(({ tenantId, dueAt }) =>
      dueAt === undefined ? [] : [{ pk: `TENANT#${tenantId}`, sk: "TENANT", dueAt }],
    );
  }

  #access(): DueItem[] {
    return [...this.#grants(), ...this.#sources.flatMap((source) => source.dueItems())];
  }

  #grants(): DueItem[] {
    return [...this.#table.grants.values()].flatMap((grant) =>
      grant.dueAt === undefined ? [] : [{ pk: `TENANT#${grant.tenantId}`, sk: `GRANT#${grantId(grant)}`, dueAt: grant.dueAt }],
    );
  }

  #events(): DueItem[] {
    return this.#table.events.flatMap(({ tenantId, sequence }) => {
      const dueAt = this.#table.unpublished.get(eventKey({ tenantId, sequence }));
      return dueAt === undefined ? [] : [{ pk: `TENANT#${tenantId}`, sk: `EVENT#${String(sequence).padStart(12, "0")}`, dueAt }];
    });
  }

  #shardOf(pk: string): number {
    return [...pk].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_521, 7) % this.shards;
  }
}

const sequenceOf = (sk: string): number => Number(sk.slice("EVENT#".length));

/** The outbox of a table in memory. */
export class MemoryOutbox implements Outbox {
  readonly #table: MemoryTable;
  constructor(table: MemoryTable) {
    this.#table = table;
  }

  async get({ pk, sk }: DueItem): Promise<OutboxEvent | undefined> {
    return copy(
      this.#table.events.find(({ tenantId, sequence }) => tenantId === pk.slice("TENANT#".length) && sequence === sequenceOf(sk)),
    );
  }

  async remove(event: Pick<OutboxEvent, "tenantId" | "sequence">): Promise<void> {
    this.#table.unpublished.delete(eventKey(event));
  }
}

export class MemoryRegistry implements ClusterRegistry {
  readonly clusters: Map<string, Cluster>;
  readonly dedupes = new Map<string, DedupeItem>();
  constructor(clusters: Cluster[]) {
    this.clusters = new Map(clusters.map((cluster) => [cluster.name, cluster]));
  }
  get = async (name: string): Promise<Cluster | undefined> => copy(this.clusters.get(name));
  list = async (): Promise<Cluster[]> => copy([...this.clusters.values()]);
  write: ClusterRegistry["write"] = async (before, after, dedupe) => {
    this.#hold(after.name, before, dedupe);
    const cluster = copy({ ...after, version: (before?.version ?? 0) + 1 });
    this.clusters.set(after.name, cluster);
    return copy(cluster);
  };
  remove: ClusterRegistry["remove"] = async (cluster, dedupe) => {
    this.#hold(cluster.name, cluster, dedupe);
    this.clusters.delete(cluster.name);
  };
  /** Puts a cluster there, whatever there was: what a test starts from. */
  set(cluster: Cluster): void {
    this.clusters.set(cluster.name, cluster);
  }
  #hold(name: string, before: Cluster | undefined, dedupe: DedupeItem | undefined): void {
    const stored = this.clusters.get(name);
    if (stored?.version !== before?.version || stored?.createdAt !== before?.createdAt) throw new WriteConflict("The cluster was changed.");
    if (dedupe === undefined) return;
    if (this.dedupes.has(dedupe.key)) throw new WriteConflict("The key came before.");
    this.dedupes.set(dedupe.key, dedupe);
  }
}

/** The slots of each pool, or fewer, each held until it is given back or its time is past. */
export class MemorySlots implements ClusterSlots {
  readonly held = new Map<string, { owner: string; until: string }>();
  readonly #most: number;
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  async acquire(pool: SlotPool, owner: string, until: string, now: string): Promise<number | undefined> {
    const all = Array.from({ length: Math.min(pool.size, this.#most) }, (_, slot) => slot);
    const own = all.find((slot) => this.held.get(slotKey(pool, slot))?.owner === owner);
    for (const slot of own === undefined ? all : [own]) {
      const holder = this.held.get(slotKey(pool, slot));
      if (holder !== undefined && holder.owner !== owner && holder.until >= now) continue;
      this.held.set(slotKey(pool, slot), { owner, until });
      return slot;
    }
    return undefined;
  }

  async release(pool: SlotPool, slot: number, owner: string): Promise<void> {
    if (this.held.get(slotKey(pool, slot))?.owner === owner) this.held.delete(slotKey(pool, slot));
  }
}

const slotKey = ({ name }: SlotPool, slot: number): string => `${name}/${slot}`;

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
