import * as z from "zod";
import { workQueue } from "../../shared/queues/batch.ts";
import { runDriftCheck, type RunCheckPorts } from "../../shared/usecases/run-drift-check.ts";
import { driftDeps } from "./deps.ts";

const message = z.strictObject({ cluster: z.string(), dueAt: z.iso.datetime() });

/** Kept from the invocation for the batch that a check is at, and for what then is on the wire; milliseconds. */
const BATCH_RESERVE_MS = 15_000;
const WIRE_RESERVE_MS = 3_000;
/** Clocks differ by less, milliseconds. */
const SKEW_MS = 5_000;

/** Checks the cluster that a message names, as far as the time suffices. */
export const createHandler = (ports: RunCheckPorts) =>
  workQueue(
    message,
    async (asked, context) => {
      const left = context.getRemainingTimeInMillis();
      const within = (reserve: number) => AbortSignal.timeout(Math.max(0, left - reserve));
      const until = new Date(ports.clock.now().getTime() + left + SKEW_MS).toISOString();
      await runDriftCheck(asked, ports, { enough: within(BATCH_RESERVE_MS), signal: within(WIRE_RESERVE_MS), until });
    },
    ports.log,
  );

export const handler = createHandler(driftDeps());
