import { TenantryError } from "../../../shared/domain/errors.ts";
import { breaches } from "./invariants/index.ts";
import { type Act, commandOf, doneAll, type Operation } from "./operations.ts";
import type { PortFault } from "./port-faults.ts";
import { finalState } from "./state.ts";
import { type Gate, openGate, type Ports, World } from "./world.ts";

/** What a run is of. */
export interface Course {
  operation: Operation;
  /** What the caller goes on with. */
  next: Act | undefined;
  /** Without a failure: the operation's command comes after the next one, as it may where it fails at first. */
  late?: boolean;
  failing?: Failing;
}

/** A call that fails once, by its number, or every call of a name for the next minutes. */
export interface Failing {
  at: number | string;
  fault: PortFault;
}

/** What a run came to. */
export interface Failed {
  calls: string[];
  breaches: string[];
  /** What must not depend on what failed on the way. */
  outcome: Record<string, unknown>;
  /** Calls that failed. */
  injected: number;
}

/** Minutes for which all calls of a name fail. */
const LASTING_MINUTES = 3;
/** Minutes after the last failure within which the world is at rest: the longest pause between tries, a few times. */
const SETTLE_MINUTES = 30;
/** The same where EKS refused an identity: it is tried again hourly. */
const REFUSED_MINUTES = 90;

/**
 * Runs an operation with a failing call, and the next command before anything is tried again:
 *
 *     command ──✗    next command    what was refused, again ──> sweeps, queue ──> quiet
 *                 1 s              1 min
 */
export async function runFailing({ operation, next, late = false, failing }: Course): Promise<Failed> {
  const world = new World();
  await doneAll(world, operation.after);
  const calls: string[] = [];
  let endMs: number | undefined;
  let injected = 0;
  const gate: Gate = async (call, effect, args) => {
    const number = calls.push(call);
    const fails = typeof failing?.at === "string" ? failing.at === call && world.nowMs < (endMs ?? Infinity) : failing?.at === number;
    if (failing === undefined || !fails) return effect();
    injected += 1;
    endMs ??= world.nowMs + LASTING_MINUTES * 60_000;
    return failing.fault.inject(effect, args) as ReturnType<typeof effect>;
  };

  const acts = next === undefined ? [operation.act] : [operation.act, next];
  const open: ((ports: Ports) => Promise<unknown>)[] = [];
  for (const [index, act] of acts.entries()) {
    const over = operation.queued === true ? { eager: undefined } : {};
    const of = commandOf(world, operation.after.length + index + 1, over);
    const command = (ports: Ports): Promise<unknown> => act(of(ports), ports);
    if ((late && index === 0) || !(await accepted(command, world.ports(gate)))) open.push(command);
    world.look();
    world.pass(1_000);
  }
  await calm(world, gate, open, () => failing === undefined || injected > 0);
  if (operation.hourly === true) await calm(world, openGate, [(ports) => operation.act(commandOf(world, 99)(ports), ports)], () => true);
  await world.tick(openGate); // Namespaces that are terminating go.
  const left = open.length > 0 ? ["a command was not accepted"] : [];
  return { calls, breaches: [...left, ...breaches(world)], outcome: outcomeOf(world, operation, next), injected };
}

/** Minute by minute, until all commands are accepted and the world is quiet, and `isOver` says so, or the time is up. */
async function calm(world: World, gate: Gate, open: ((ports: Ports) => Promise<unknown>)[], isOver: () => boolean): Promise<void> {
  let most = SETTLE_MINUTES;
  for (let minute = 0; minute < most; minute++) {
    const refused = world.refusedMappings().length > 0;
    if (refused) most = REFUSED_MINUTES;
    if (open.length === 0 && world.quiet() && !refused && isOver()) return;
    world.pass(60_000);
    for (const command of open.splice(0)) if (!(await accepted(command, world.ports(gate)))) open.push(command);
    await world.tick(gate);
  }
}

/** Whether a command was answered for good: what fails comes again, as its caller or its queue sends it again. */
async function accepted(command: (ports: Ports) => Promise<unknown>, ports: Ports): Promise<boolean> {
  return command(ports).then(
    () => true,
    (error: unknown) => error instanceof TenantryError && !error.retryable,
  );
}

/** What is said of failures, which the run without any has not. */
const ofFailures = new Set(["TenantFailed", "TenantBlocked"]);

function outcomeOf(world: World, operation: Operation, next: Act | undefined): Record<string, unknown> {
  const { grants, objects, entries } = finalState(world, "open");
  const { desired, status } = world.table.tenants.get("acme") ?? {};
  const said = world.table.history
    .map(({ type }) => type)
    .filter((type) => !ofFailures.has(type))
    .sort();
  return {
    // A command that comes again after a decommission changes nothing any more.
    ...(desired?.state === "Active" && { desired }),
    deleted: status?.deletedAt !== undefined,
    grants: status?.deletedAt === undefined ? grants.map(standing).sort() : [],
    // Before a pause, and where an adoption came too late, what there is depends on what came first.
    ...(desired?.state === "Active" && desired.paused !== true && { objects }),
    entries,
    // What a next command makes void is not said; several workers say what each of them did.
    ...(next === undefined && operation.generations === undefined && { said }),
  };
}

const standing = (grant: unknown): string => {
  const { userId, role, granted } = grant as { userId: string; role: string; granted: boolean };
  return `${userId} ${role} ${granted ? "granted" : "revoked"}`;
};
