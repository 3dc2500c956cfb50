import { commandOf, doneAll, type Operation } from "./operations.ts";
import { breaches } from "./invariants/index.ts";
import { finalState, type FinalState } from "./state.ts";
import { type Gate, never, type Ports, World } from "./world.ts";

/** Where to stop: right before or right after the call of that number takes effect. */
export interface Stop {
  at: number;
  when: "before" | "after";
}

/** What a run of an operation came to. */
export interface Ran {
  /** Every call, in order. */
  calls: string[];
  state: FinalState;
  faults: string[];
  /** How many of the stops were met. */
  stopped: number;
}

/**
 * Runs an operation and all that follows from it, each invocation on its own, stopping those that make a call of
 * `stops`: a stopped invocation makes no further call, and no answer reaches it, so no `finally` of it runs either.
 *
 *     command ──✗                  (its message comes back at once, and again later)
 *              └─ lease past ─> sweep, queue, outbox ──✗ ─> sweep, queue, outbox ─> quiet
 *
 * A message of the reconcile queue that died with its reader is lost: only the due time brings the tenant back.
 */
export async function runWithStops(operation: Operation, stops: Stop[], { stream }: { stream: boolean }): Promise<Ran> {
  const world = new World();
  await doneAll(world, operation.after);
  const calls: string[] = [];
  let stopped = 0;

  const invoke = async (work: (ports: Ports) => Promise<unknown>): Promise<"ended" | "died"> => {
    let dead = false;
    let die: () => void = () => {};
    const death = new Promise<"died">((resolve) => {
      die = () => {
        dead = true;
        stopped += 1;
        resolve("died");
      };
    });
    const gate: Gate = async (call, effect) => {
      if (dead) return never();
      const number = calls.push(call);
      const stop = stops.find(({ at }) => at === number);
      if (stop?.when === "before") {
        die();
        return never();
      }
      const answer = effect();
      await answer.catch(() => {});
      if (stop?.when === "after") die();
      return dead ? never() : answer;
    };
    const ended = work(world.ports(gate)).then(
      () => "ended" as const,
      () => "ended" as const,
    );
    return Promise.race([ended, death]);
  };
  const platform = async (): Promise<void> => {
    world.finishDeletes();
    for (let round = 0; round < 2; round++) for (const { work } of world.invocations({ stream })) await invoke(work);
    world.look();
  };

  const given = commandOf(world, operation.after.length + 1, operation.queued === true ? { eager: undefined } : {});
  const command = (ports: Ports): Promise<unknown> => operation.act(given(ports), ports);
  let accepted = (await invoke(command)) === "ended";
  if (!accepted) accepted = (await invoke(command)) === "ended"; // The message comes back while the lease stands.
  await platform();
  for (let minute = 0; minute < 60 && !(accepted && world.quiet()); minute++) {
    world.pass(60_000); // Past every lease.
    if (!accepted) accepted = (await invoke(command)) === "ended";
    await platform();
  }
  return { calls, state: finalState(world, operation.generations), faults: breaches(world), stopped };
}
