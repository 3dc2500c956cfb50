import type { KubernetesObject } from "@kubernetes/client-node";
import type { DeadLetters, DueItem, OutboxEvent, Pause, ReconcileMessage } from "../../../shared/ports.ts";
import type { ReconcilePorts } from "../../../shared/reconcile/ports.ts";
import { type Run, startRun } from "../../../shared/reconcile/run.ts";
import { type AccessPorts, DONE } from "../../../shared/usecases/identity/ports.ts";
import { workAccess } from "../../../shared/usecases/identity/work-access.ts";
import type { Cluster } from "../../../shared/domain/cluster.ts";
import type { Grant } from "../../../shared/domain/access.ts";
import { targetRevision } from "../../../shared/manifests/index.ts";
import { hasMappingWork } from "../../../shared/domain/identity-mapping.ts";
import type { ClusterTenants, DueIndex, RevisionIndex, TenantDirectory } from "../../../shared/ports.ts";
import { publishEvents, sweepOutbox } from "../../../shared/usecases/publish-events.ts";
import { reconcileTenant } from "../../../shared/usecases/reconcile-tenant.ts";
import { reviseTenants } from "../../../shared/usecases/revise-tenants.ts";
import { sweepDue } from "../../../shared/usecases/sweep-due.ts";
import { aCluster, platform } from "../../support/builders.ts";
import { aBootstrappedCluster, type MemoryCluster } from "../../support/memory-cluster.ts";
import { MemoryDirectory } from "../../support/memory-directory.ts";
import { MemoryDriftChecks } from "../../support/memory-drift-checks.ts";
import { MemoryMappings } from "../../support/memory-mappings.ts";
import { MemoryRevisionLog } from "../../support/memory-revisions.ts";
import { MemoryDueIndex, MemoryOutbox, MemoryRegistry, MemorySlots, MemoryTable } from "../../support/memory-table.ts";
import { breachesOnTheWay } from "./invariants/index.ts";
import { MOST_ROUNDS, Pace } from "./pace.ts";
import { StaleIndexes } from "./stale-indexes.ts";

/** Stands between an invocation and the world: every call of a port goes through it. */
export type Gate = <T>(call: string, effect: () => Promise<T>, args: readonly unknown[]) => Promise<T>;
export const openGate: Gate = (_call, effect) => effect();

/** A promise that never settles: what a process that is gone waits for. */
export const never = <T>(): Promise<T> => new Promise<T>(() => {});

/** Time that a function has, milliseconds. */
export const FUNCTION_MS = 29_000;
export const REQUEST_TIMEOUT_MS = platform.cluster.requestTimeoutMs;

/** What an invocation works with. */
export interface Ports extends AccessPorts, ReconcilePorts {
  registry: MemoryRegistry;
  index: DueIndex;
  outbox: MemoryOutbox;
  tenants: ClusterTenants;
  revisions: { index: RevisionIndex; log: MemoryRevisionLog };
  deadLetters: DeadLetters;
  pause: Pause;
  publisher: {
    publish(
      events: OutboxEvent[],
    ): Promise<{ published: OutboxEvent[]; failed: { event: OutboxEvent; reason: string; final?: boolean }[] }>;
  };
  list: Pick<TenantDirectory, "list">;
  driftChecks: MemoryDriftChecks;
  sleep: (ms: number) => Promise<void>;
}

export interface WorldOptions {
  /** The generation fence of the cluster's admission. */
  fence?: boolean;
  /** Slots of the cluster: with few, one that leaks shows. */
  slots?: number;
}

/** Everything outside of an invocation: table, cluster, queue, bus and time. It outlives whoever crashes. */
export class World {
  readonly table = new MemoryTable();
  readonly directory = new MemoryDirectory();
  readonly index = new MemoryDueIndex(this.table, 2, [this.directory]);
  /** Reads of indexes lag behind, where a schedule says so. */
  readonly indexes = new StaleIndexes({ table: this.table, directory: this.directory }, () => this.#nowMs);
  /** What is done at one moment. */
  readonly pace = new Pace(() => this.#nowMs);
  readonly outbox = new MemoryOutbox(this.table);
  readonly registry = new MemoryRegistry([aCluster({ access: { mode: "iam", usernamePrefix: "" } })]);
  readonly mappings = new MemoryMappings();
  readonly driftChecks = new MemoryDriftChecks();
  readonly revisionLog = new MemoryRevisionLog(this.registry);
  /** The cluster `local`. */
  readonly cluster: MemoryCluster;
  /** The other clusters, by name, once somebody has connected to them. */
  readonly otherClusters = new Map<string, MemoryCluster>();
  /** The deployed configuration. */
  platform = platform;
  /** Whether the waves of revisions are on. */
  waves = false;
  /** Breaches of the invariants that were seen on the way. */
  readonly seen = new Set<string>();
  readonly slots: MemorySlots;
  /** What waits in the queue, with the time from which it is delivered. */
  queue: { message: ReconcileMessage; from: number }[] = [];
  /** The same of access work. */
  accessQueue: { item: DueItem; from: number }[] = [];
  /** What was set aside. */
  readonly deadLetters: { body: string; code: string; reason: string }[] = [];
  /** What the bus took, in order. */
  readonly bus: OutboxEvent[] = [];
  #nowMs = Date.parse("2030-01-01T00:00:00.000Z");
  #ids = 0;
  #streamed = 0;
  readonly #newCluster: () => MemoryCluster;

  constructor({ fence = true, slots = 1 }: WorldOptions = {}) {
    this.#newCluster = () => aBootstrappedCluster(platform, { served: ["monitoring.coreos.com/v1"], fence });
    this.cluster = this.#newCluster();
    this.slots = new MemorySlots(slots);
  }

  /** The cluster of that name; `local` for a tenant that is on none. */
  clusterOf(name = "local"): MemoryCluster {
    if (name === "local") return this.cluster;
    const cluster = this.otherClusters.get(name) ?? this.#newCluster();
    this.otherClusters.set(name, cluster);
    return cluster;
  }
  /** The objects of all clusters. */
  allObjects(): KubernetesObject[] {
    return [this.cluster, ...this.otherClusters.values()].flatMap((cluster) => cluster.objects());
  }
  /** Terminating namespaces go, in every cluster. */
  finishDeletes(): void {
    for (const cluster of [this.cluster, ...this.otherClusters.values()]) cluster.finishDeletes();
  }
  /** What is past its `ttl` goes where `goes` says so, and two days later in any case. */
  expire(goes: () => boolean = () => true): void {
    this.table.expire(this.#nowMs, goes);
    this.directory.expire(this.#nowMs, goes);
  }
  /** Notes what does not hold at this moment, between two invocations. */
  look(): void {
    for (const breach of breachesOnTheWay(this)) this.seen.add(`at ${this.now()}: ${breach}`);
  }

  get nowMs(): number {
    return this.#nowMs;
  }
  now(): string {
    return new Date(this.#nowMs).toISOString();
  }
  pass(ms: number): void {
    this.#nowMs += ms;
  }

  /** The ports of one invocation, all of whose calls go through `gate`, and whose clock is `skewMs` off. */
  ports(through: Gate = openGate, skewMs = 0): Ports {
    const gate: Gate = (call, effect, args) => {
      const noted: typeof effect = () => {
        const loop = this.pace.note(call, args);
        if (loop !== undefined) return Promise.reject(loop);
        this.indexes.note(call);
        return effect();
      };
      return through(call, noted, args);
    };
    const behind = <T extends object>(name: string, port: T): T => behindGate(name, port, gate);
    const queue = {
      send: async (messages: ReconcileMessage[], { delaySeconds = 0 } = {}) =>
        void this.queue.push(...messages.map((message) => ({ message, from: this.#nowMs + delaySeconds * 1_000 }))),
    };
    const accessQueue = {
      send: async (items: DueItem[], { delaySeconds = 0 } = {}) =>
        void this.accessQueue.push(...items.map((item) => ({ item, from: this.#nowMs + delaySeconds * 1_000 }))),
    };
    const publisher = {
      publish: async (events: OutboxEvent[]) => {
        this.bus.push(...structuredClone(events));
        return { published: events, failed: [] };
      },
    };
    const connect = ({ name }: Pick<Cluster, "name">): MemoryCluster => behind("cluster", this.clusterOf(name));
    return {
      store: behind("store", this.table),
      registry: behind("registry", this.registry),
      slots: behind("slots", this.slots),
      queue: behind("queue", queue),
      accessQueue: behind("accessQueue", accessQueue),
      directory: behind("directory", this.indexes.directory(this.directory)),
      grants: behind("grants", this.indexes.grants),
      mappings: behind("mappings", this.mappings),
      index: behind("index", this.indexes.due(this.index)),
      outbox: behind("outbox", this.outbox),
      deadLetters: behind("deadLetters", {
        add: async (body: string, why: { code: string; reason: string }) => void this.deadLetters.push({ body, ...why }),
      }),
      publisher: behind("publisher", publisher),
      clusters: { connect },
      tenants: behind("tenants", this.indexes.tenants),
      revisions: { index: behind("revisionIndex", this.indexes.revisions), log: behind("revisionLog", this.revisionLog) },
      list: behind("list", this.indexes.list),
      driftChecks: behind("driftChecks", this.driftChecks),
      sleep: behind("clock", { sleep: async (ms: number) => this.indexes.catchUp(ms) }).sleep,
      clock: { now: () => new Date(this.#nowMs + skewMs) },
      pause: async () => {},
      newId: () => `id-${++this.#ids}`,
      random: () => 0,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      platform: this.platform,
      installation: "tenantry-test",
    };
  }

  /** The run of an invocation that starts now, by a clock that is `skewMs` off. */
  run(ports: Pick<Ports, "clock" | "newId">, over: Partial<Run> = {}): Run {
    const run = startRun({
      owner: ports.newId(),
      now: ports.clock.now(),
      remainingMs: FUNCTION_MS,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
    });
    return { ...run, signal: new AbortController().signal, ...over };
  }

  /** The invocation that a message of the queue makes. */
  invocationOf(message: ReconcileMessage): (ports: Ports) => Promise<unknown> {
    return (ports) => reconcileTenant(message, this.run(ports, { handBacks: message.handBacks }), ports);
  }

  /** The work that is to be done now, each as an invocation of its own: the sweeps, the messages, and the stream where it is on. */
  invocations({ stream = false } = {}): { name: string; work: (ports: Ports) => Promise<unknown> }[] {
    const messages = this.queue.filter(({ from }) => from <= this.#nowMs);
    this.queue = this.queue.filter(({ from }) => from > this.#nowMs);
    const signal = new AbortController().signal;
    const events = stream ? this.table.events.slice(this.#streamed) : [];
    if (stream) this.#streamed = this.table.events.length;
    const access = this.accessQueue.filter(({ from }) => from <= this.#nowMs);
    this.accessQueue = this.accessQueue.filter(({ from }) => from > this.#nowMs);
    return [
      ...access.map(({ item }) => ({
        name: "access",
        work: (ports: Ports) =>
          workAccess(
            item,
            () => true,
            ports,
            async () => DONE,
          ),
      })),
      ...messages.map(({ message }) => ({ name: "reconcile", work: this.invocationOf(message) })),
      ...(events.length > 0 ? [{ name: "stream", work: (ports: Ports) => publishEvents(events, ports) }] : []),
      { name: "sweep", work: (ports: Ports) => sweepDue(ports, signal) },
      { name: "outbox", work: (ports: Ports) => sweepOutbox(ports, signal) },
      ...(this.waves ? [{ name: "revisions", work: (ports: Ports) => reviseTenants({ ...ports, ...ports.revisions }, signal) }] : []),
    ];
  }

  /** Whether nothing is under way: no message, no event unpublished, no identity mapping to be made or removed, every tenant as its record asks, and no lease. */
  quiet(): boolean {
    return (
      this.queue.length === 0 &&
      this.accessQueue.length === 0 &&
      this.directory.dueItems().length === 0 &&
      this.table.unpublished.size === 0 &&
      this.unmapped().length === 0 &&
      this.#waveIsOver() &&
      [...this.table.tenants.values()].every(
        ({ lease, dueAt, generation, status, desired }) =>
          lease === undefined &&
          status.failure === undefined &&
          (desired.paused === true && dueAt === undefined
            ? true
            : status.deletedAt !== undefined || status.observedGeneration === generation),
      )
    );
  }

  #waveIsOver(): boolean {
    const { wave } = this.revisionLog;
    const { target } = targetRevision(this.platform, [...this.registry.clusters.values()]);
    return !this.waves || (wave?.target === target && wave.status === "done");
  }

  /** Grants whose identity mapping has work to be done, but for those that wait for a person. */
  unmapped(): Grant[] {
    return [...this.table.grants.values()].filter((grant) => grant.mapping?.state !== "Refused" && hasMappingWork(grant, this.now()));
  }

  /** Identity mappings that wait for a person, and are tried again hourly. */
  refusedMappings(): Grant[] {
    return [...this.table.grants.values()].filter(({ mapping }) => mapping?.state === "Refused");
  }

  /** Minute by minute, all that the platform does by itself, until the world is quiet. Whatever an invocation throws is its end. */
  async settle({ minutes = 60, gate = openGate, stream = false } = {}): Promise<void> {
    for (let minute = 0; minute < minutes && !this.quiet(); minute++) {
      this.pass(60_000);
      await this.tick(gate, stream);
    }
  }

  /** What the platform does at one moment: what is due, then what that put into the queues, until they bring nothing more at once. */
  async tick(gate: Gate = openGate, stream = false): Promise<void> {
    this.finishDeletes();
    let rounds = 0;
    do {
      if (++rounds > MOST_ROUNDS)
        this.seen.add(`messages come again without a pause: ${JSON.stringify([...this.queue, ...this.accessQueue])}`);
      for (const { work } of this.invocations({ stream })) await work(this.ports(gate)).catch(() => {});
    } while (rounds < 2 || (rounds <= MOST_ROUNDS && [...this.queue, ...this.accessQueue].some(({ from }) => from <= this.#nowMs)));
    this.look();
  }
}

/** A port whose every method goes through the gate. */
export function behindGate<T extends object>(name: string, port: T, gate: Gate): T {
  return new Proxy(port, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== "function" || typeof property !== "string") return member;
      return (...args: unknown[]) =>
        gate(`${name}.${property}${subject(args[0])}`, () => member.apply(target, args) as Promise<unknown>, args);
    },
  });
}

/** The object that a call of the cluster's API is about. */
function subject(arg: unknown): string {
  if (typeof arg !== "object" || arg === null || !("kind" in arg)) return "";
  return ` ${String(arg.kind)}`;
}
