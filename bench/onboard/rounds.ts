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

/** The value below which that share of the values lies. */
export const quantile = (values: number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.round((values.length - 1) * share)] ?? Number.NaN;
export const median = (values: number[]): number => quantile(values, 0.5);

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
 * Rounds in which every contestant has one lap, in an order that turns round each time: what the machine does
 * meanwhile, and what the cluster has grown to, falls on all alike. Many short rounds tell more than few long ones.
 */
export async function rounds(
  contestants: Contestant[],
  shape: { rounds: number; tenants: number; concurrency: number },
): Promise<Map<Contestant, Lap[]>> {
  const laps = new Map<Contestant, Lap[]>(contestants.map((contestant) => [contestant, []]));
  for (let round = 0; round < shape.rounds; round += 1) {
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
      laps.get(contestant)?.push(await lap(contestant, shape.tenants, shape.concurrency));
    }
  }
  return laps;
}
