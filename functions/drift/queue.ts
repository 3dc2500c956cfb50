import * as z from "zod";
import { workQueue } from "../../shared/queues/batch.ts";
import { checkDrift, type DriftPorts } from "../../shared/usecases/check-drift.ts";
import type { DriftQueue } from "../../shared/usecases/enqueue-drift-checks.ts";
import { reconcileDeps } from "../reconcile/deps.ts";
import { driftDeps } from "./deps.ts";

const count = z.int().min(0);
const message = z.strictObject({
  cluster: z.string(),
  from: z
    .strictObject({
      after: z.string(),
      pages: z.record(z.string(), z.string()),
      counts: z.strictObject({
        namespaces: count,
        judged: count,
        underWay: count,
        drifted: count,
        more: count,
        failed: count,
        orphans: count,
        removed: count,
      }),
      failures: z.array(z.strictObject({ namespace: z.string(), reason: z.string() })),
      unknown: z.array(z.strictObject({ name: z.string(), uid: z.string(), resourceVersion: z.string() })),
    })
    .optional(),
});

/** Kept from the invocation for the batch that a check is at, and for what then is on the wire; milliseconds. */
const BATCH_RESERVE_MS = 15_000;
const WIRE_RESERVE_MS = 3_000;

/** Checks the cluster that a message names; where the time does not suffice, another message goes on. */
export const createHandler = (ports: DriftPorts, checks: DriftQueue) =>
  workQueue(
    message,
    async (wish, context) => {
      const within = (reserve: number) => AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - reserve));
      const checked = await checkDrift(wish, ports, { enough: within(BATCH_RESERVE_MS), signal: within(WIRE_RESERVE_MS) });
      if (checked?.next !== undefined) await checks.send([{ cluster: wish.cluster, from: checked.next }]);
      ports.log.info("Checked for drift.", { cluster: wish.cluster, done: checked?.next === undefined, ...checked?.counts });
    },
    ports.log,
  );

const { tenants, checks } = driftDeps();
export const handler = createHandler({ ...reconcileDeps(), tenants }, checks);
