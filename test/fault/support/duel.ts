import type { Scheduler } from "fast-check";
import { TenantryError } from "../../../shared/domain/errors.ts";
import { CLOCK_SKEW_MS } from "../../../shared/reconcile/run.ts";
import { breaches } from "./invariants/index.ts";
import { type Act, type Before, commandOf, doneAll } from "./operations.ts";
import { FUNCTION_MS, type Gate, never, type Ports, REQUEST_TIMEOUT_MS, World } from "./world.ts";

/** Commands that meet on one tenant; the later in the list, the later it was asked for. */
export interface Duel {
  name: string;
  after: Before[];
  actors: Act[];
  /** What must hold once it is over: what is wrong, in words. */
  meanwhile?: (world: World) => string[];
  /** What is done afterwards, one after the other. */
  afterwards?: Act[];
  /** Only records; the reconcilers that meet are the queue's. */
  queued?: boolean;
}

/** What becomes of an actor at one of its calls: held there, and then gone for good, or coming back late. */
export interface Fate {
  /** The call at which it is held up; beyond its last one it never is. */
  at: number;
  /** Its clock against the true one, milliseconds. */
  skewMs: number;
  /** Killed there, its calls under way arrive all the same, as late as they can. */
  wire: boolean;
}

export interface Setting {
  /** What is held up may come back after its lease, at any time. Otherwise the platform has killed it by then, as Lambda does. */
  zombies: boolean;
  fence: boolean;
  /** Writes by which each read of an index is behind. */
  lag: number;
}

/**
 * The boundary of the fence. A process that comes back after its lease can still do these, and nothing else; the drift
 * check finds them. `first apply`: a Namespace made for a tenant that is Deleted by then, by an apply with no uid yet to
 * be pinned to. `patch`: a workload put to sleep or woken.
 */
export type Hole = "first apply" | "patch";

export interface Fought {
  world: World;
  wrong: string[];
  /** What came late, and what no fence holds: see `Hole`. */
  holes: Hole[];
}

/**
 * Lets the actors of a duel loose on one tenant, each port call at the scheduler's pleasure.
 *
 *     t0: the actors, interleaved ── one is held up ─────────────────────────┐
 *     t0 + 34 s: what it sent can arrive this late; nobody can have its lease ┤ killed: nothing more of it
 *     then: refused commands again, sweeps and queue, two by two ─> quiet     │
 *     zombies: what is held up goes on, beside them ──────────────────────────┘ ─> quiet
 */
export async function fight(duel: Duel, fates: Fate[], scheduler: Scheduler, { zombies, fence, lag }: Setting): Promise<Fought> {
  const world = new World({ fence, slots: 3 });
  await doneAll(world, duel.after);
  world.indexes.behind = () => lag;
  const holes: Hole[] = [];
  world.cluster.after = ({ verb, object }) => {
    if (verb !== "apply" || object?.kind !== "Namespace" || object.metadata?.uid !== undefined) return;
    if (world.table.tenants.get("acme")?.status.deletedAt !== undefined) holes.push("first apply");
  };

  let held: { goOn: (how: "alive" | "gone") => void; wire: boolean }[] = [];
  let thawed = false;
  const gateOf = ({ at, wire }: Fate, onHold: () => void): Gate => {
    let calls = 0;
    return async (call, effect) => {
      // The questions of a registration, hundreds of them, are not worth an order each.
      if (call === "cluster.allows") return effect();
      if (++calls >= at && !thawed) {
        onHold();
        const how = await new Promise<"alive" | "gone">((goOn) => held.push({ goOn, wire }));
        if (how === "gone") {
          await effect().catch(() => {});
          return never();
        }
      }
      await scheduler.schedule(Promise.resolve(), call);
      if (thawed && call.startsWith("cluster.patch")) holes.push("patch");
      return effect();
    };
  };
  const interleaved: Gate = async (call, effect) => {
    if (call !== "cluster.allows") await scheduler.schedule(Promise.resolve(), call);
    return effect();
  };

  // Every actor's command, asked for in the list's order.
  const commands = duel.actors.map((act, index) => {
    const of = commandOf(world, duel.after.length + index + 1, duel.queued === true ? { eager: undefined } : {});
    world.pass(1);
    return { act, of, open: true, lost: false };
  });
  const deliver = async (command: (typeof commands)[number], ports: Ports): Promise<void> => {
    try {
      await command.act(command.of(ports), ports);
      command.open = false;
    } catch (error) {
      if (!(error instanceof TenantryError)) throw error;
      if (!error.retryable) command.open = false;
    }
  };
  const late: Promise<unknown>[] = [];
  const contest = async (works: ((ports: Ports) => Promise<unknown>)[]): Promise<void> => {
    await scheduler.waitFor(
      Promise.all(
        works.map((work, index) => {
          const fate = fates[index] ?? { at: Number.POSITIVE_INFINITY, skewMs: 0, wire: false };
          return new Promise<void>((resolve, reject) => {
            const ports = world.ports(gateOf(fate, resolve), fate.skewMs);
            const done = work(ports);
            late.push(done.catch(() => {}));
            done.then(() => resolve(), reject);
          });
        }),
      ),
    );
  };
  const quiet = (): boolean => world.quiet() && commands.every(({ open }) => !open);
  const platformRound = async (): Promise<void> => {
    world.finishDeletes();
    for (let round = 0; round < 2; round++) {
      const works = world.invocations().map(({ work }) => work(world.ports(interleaved)).catch(() => {}));
      const again = commands.filter(({ open }) => open).map((command) => deliver(command, world.ports(interleaved)));
      await scheduler.waitFor(Promise.all([...works, ...again]));
    }
  };

  if (duel.queued === true) {
    for (const command of commands) await deliver(command, world.ports());
    const doubled = [...world.queue, ...world.queue].map(({ message }) => message); // At least once: twice.
    world.queue = [];
    await contest(doubled.map((message) => world.invocationOf(message)));
  } else {
    await contest(commands.map((command) => (ports) => deliver(command, ports)));
  }

  // What was under way is done, or held up too.
  while (!zombies && scheduler.count() > 0) await scheduler.waitOne();
  // Within the bounds: the last moment at which something of a killed function can still arrive. No lease is free before.
  world.pass(FUNCTION_MS + REQUEST_TIMEOUT_MS);
  const leased = world.table.tenants.get("acme");
  const wrong: string[] = [];
  if (leased?.lease !== undefined && leased.dueAt !== undefined) {
    const fast = world.ports(undefined, CLOCK_SKEW_MS / 2);
    const now = fast.clock.now().toISOString();
    const taken = await fast.store.begin("acme", { dueAt: leased.dueAt, owner: "thief", leaseUntil: now, nextDueAt: leased.dueAt, now });
    if (taken !== undefined) wrong.push("the lease was free while a request of its owner could still arrive");
  }
  if (!zombies) {
    for (const { goOn } of held.filter(({ wire }) => wire)) goOn("gone");
    await new Promise((resolve) => setImmediate(resolve));
    held = [];
  }
  for (let minute = 0; minute < 30 && !quiet(); minute++) {
    world.pass(60_000);
    await platformRound();
  }
  if (zombies) {
    thawed = true;
    for (const { goOn } of held) goOn("alive");
    await scheduler.waitFor(Promise.all([...late, platformRound()]));
    for (let minute = 0; minute < 30 && !quiet(); minute++) {
      world.pass(60_000);
      await platformRound();
    }
  }
  if (duel.meanwhile !== undefined) wrong.push(...duel.meanwhile(world));
  await doneAll(world, duel.afterwards ?? []);
  world.finishDeletes();
  return { world, wrong: [...wrong, ...breaches(world)], holes };
}
