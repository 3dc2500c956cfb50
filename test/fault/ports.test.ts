import { expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { phaseOf } from "../../shared/domain/phase.ts";
import { TenantryError } from "../../shared/domain/errors.ts";
import { ClusterError, WriteConflict } from "../../shared/ports.ts";
import type { Gate } from "./support/world.ts";
import { report } from "./support/report.ts";
import { longRuns } from "./support/runs.ts";

// A pause before another try ends at once.
jest.unstable_mockModule("node:timers/promises", () => ({ setTimeout: () => Promise.resolve() }));
const { acts, commandOf } = await import("./support/operations.ts");
const { breaches } = await import("./support/invariants/index.ts");
const { World } = await import("./support/world.ts");

/** A fault: what the caller gets, and whether the call took effect all the same (a lost answer). */
interface Fault {
  name: string;
  error: () => Error;
  lostAnswer: boolean;
}

const throttled = (): Error => Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" });
const clusterFaults: [share: number, Fault][] = [
  [0.2, { name: "429", error: () => new ClusterError(429, "TooManyRequests", "try again later"), lostAnswer: false }],
  [0.05, { name: "500", error: () => new ClusterError(500, "InternalError", "etcd is changing its leader"), lostAnswer: false }],
  [0.02, { name: "reset after effect", error: () => new ClusterError(undefined, "Unreachable", "ECONNRESET"), lostAnswer: true }],
];
const storeFaults: [share: number, Fault][] = [
  [0.05, { name: "throttle", error: throttled, lostAnswer: false }],
  [0.05, { name: "lost answer", error: throttled, lostAnswer: true }],
];
const conflict: [share: number, Fault] = [
  0.1,
  { name: "transaction conflict", error: () => new WriteConflict("TransactionConflict"), lostAnswer: false },
];

/** Numbers in [0, 1), evenly spread: fast-check's own lean to the edges, where every call would fail. */
function evenDraws(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Which faults a port's calls may meet. */
function faultsOf(call: string): [share: number, Fault][] {
  if (call.startsWith("cluster.")) return clusterFaults;
  if (call.startsWith("store.write")) return [...storeFaults, conflict];
  // A lost answer of PutEvents or SendMessage is a copy; one of a claim is a wait.
  if (/^(store|index|outbox|slots|registry|queue|publisher)\./.test(call)) return storeFaults;
  return [];
}

const TENANTS = 100;

test(`${TENANTS} onboardings all end Ready, and none twice, with throttles, conflicts, 429, 500 and resets at every port`, async () => {
  const settings = longRuns<[number]>(1);
  await fc.assert(
    fc.asyncProperty(fc.noBias(fc.integer()), async (seed) => {
      const draw = evenDraws(seed);
      const met = new Map<string, number>();
      const gate: Gate = async (call, effect) => {
        let drawn = draw();
        for (const [share, { name, error, lostAnswer }] of faultsOf(call)) {
          drawn -= share;
          if (drawn >= 0) continue;
          if (lostAnswer) await effect().catch(() => {});
          const port = call.slice(0, call.indexOf("."));
          met.set(`${port}: ${name}`, (met.get(`${port}: ${name}`) ?? 0) + 1);
          throw error();
        }
        return effect();
      };
      const world = new World({ slots: 32 });
      const pending = Array.from({ length: TENANTS }, (_, number) => ({
        number,
        of: commandOf(world, number, { tenantId: `t-${number}` }),
        receives: 0,
      }));
      let redelivered = 0;
      let calls = 0;
      const counted: Gate = (call, effect, args) => {
        calls += 1;
        return gate(call, effect, args);
      };
      for (let minute = 0; minute < 240 && (pending.length > 0 || !world.quiet()); minute++) {
        for (const command of pending.splice(0)) {
          const ports = world.ports(counted);
          await acts.onboard(command.of(ports), ports).catch((error: unknown) => {
            if (error instanceof TenantryError && !error.retryable) throw error;
            redelivered += 1;
            pending.push(command);
          });
          world.pass(50);
        }
        world.pass(60_000);
        await world.tick(counted);
      }
      const tenants = [...world.table.tenants.values()];
      expect(tenants).toHaveLength(TENANTS);
      expect(tenants.filter((tenant) => phaseOf(tenant) !== "Ready").map(({ tenantId }) => tenantId)).toEqual([]);
      // None twice: one generation, one set of events, one namespace that was made once, and eight objects.
      expect(tenants.filter(({ generation }) => generation !== 1)).toEqual([]);
      for (const type of ["TenantOnboarded", "TenantReady"])
        expect(world.table.events.filter((event) => event.type === type)).toHaveLength(TENANTS);
      expect(breaches(world)).toEqual([]);
      const uids = tenants.map(({ tenantId, status }) => [`tenant-${tenantId}`, status.namespaceUid]);
      const there = world.cluster.tenantObjects();
      expect(there).toHaveLength(8 * TENANTS);
      expect(there.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => [metadata?.name, metadata?.uid])).toEqual(uids.sort());
      const injected = [...met].sort().map(([fault, times]) => `${fault} ${times}`);
      report(`faults at the ports: ${TENANTS} onboardings, ${calls} calls`, [
        ...injected,
        `commands delivered again ${redelivered}; all Ready, none twice: held`,
      ]);
    }),
    settings,
  );
}, 600_000);
