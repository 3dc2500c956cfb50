import type { Tenant } from "../../shared/domain/tenant.ts";
import { aDesired, aTenant } from "../../test/support/builders.ts";
import type { Contestant } from "./contestants.ts";

export interface Lap {
  tenantsPerSecond: number;
  /** Median time of one tenant, milliseconds. */
  p50: number;
}

let made = 0;
const freshTenant = (): Tenant => {
  made += 1;
  return aTenant({ tenantId: `bench-${made}`, desired: aDesired({ tier: "standard" }) });
};

/** The middle one, or of two the lower. */
export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? Number.NaN;

/** Onboards `tenants` new tenants, `concurrency` at a time. */
export async function lap<P>(contestant: Contestant<P>, tenants: number, concurrency: number): Promise<Lap> {
  const waiting = Array.from({ length: tenants }, () => contestant.prepare(freshTenant()));
  const times: number[] = [];
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const start = performance.now();
      await contestant.onboard(next);
      times.push(performance.now() - start);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { tenantsPerSecond: (tenants / (performance.now() - start)) * 1000, p50: median(times) };
}

/**
 * Rounds in which every contestant has its lap, in an order that turns, so that what the machine does meanwhile
 * (and what the cluster has grown to) falls on all alike.
 */
export async function rounds(
  contestants: Contestant[],
  count: number,
  tenantsOf: (contestant: Contestant) => number,
  concurrency: number,
): Promise<Map<Contestant, Lap[]>> {
  const laps = new Map<Contestant, Lap[]>(contestants.map((contestant) => [contestant, []]));
  for (let round = 0; round < count; round += 1) {
    const turn = round % contestants.length;
    for (const contestant of [...contestants.slice(turn), ...contestants.slice(0, turn)]) {
      laps.get(contestant)?.push(await lap(contestant, tenantsOf(contestant), concurrency));
    }
  }
  return laps;
}
