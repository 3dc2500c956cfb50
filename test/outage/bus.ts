import { setTimeout as sleep } from "node:timers/promises";
import { listen } from "../../local/first-tenant.ts";
import type { Stack } from "../../local/stack.ts";
import { anId } from "../support/stack.ts";

/** All that the service said on the bus: the ids of the events of each (tenant, sequence), and how many copies came. */
export interface Heard {
  idsOf(tenantId: string, sequence: number): Set<string>;
  copies(): number;
  stop(): Promise<void>;
}

/** Hears from now until `stop`, also past outages of the embedded AWS. */
export async function hear(stack: Stack): Promise<Heard> {
  const heard = await listen(stack, anId("outage"));
  const ids = new Map<string, Set<string>>();
  let copies = 0;
  let stopped = false;
  const loop = (async () => {
    while (!stopped) {
      const events = await heard.receive().catch(async () => {
        await sleep(500);
        return [];
      });
      for (const { detail } of events) {
        const { tenantId, sequence, eventId } = detail.metadata as { tenantId: string; sequence: number; eventId: string };
        const key = `${tenantId}/${sequence}`;
        ids.set(key, (ids.get(key) ?? new Set()).add(eventId));
        copies += 1;
      }
    }
  })();
  return {
    idsOf: (tenantId, sequence) => ids.get(`${tenantId}/${sequence}`) ?? new Set(),
    copies: () => copies,
    async stop() {
      stopped = true;
      await loop;
      await heard.close();
    },
  };
}
