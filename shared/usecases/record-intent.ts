import type { ReconcilePorts } from "../reconcile/ports.ts";
import { reconcile } from "../reconcile/reconcile.ts";
import { type Command, type Decide, type Recorded, writeIntent } from "./write-intent.ts";

export type { Command, Recorded } from "./write-intent.ts";

/** Records intent, and reconciles in this invocation where the command is eager. Throws as `writeIntent` does. */
export const recordIntent = (command: Command, decide: Decide, ports: ReconcilePorts): Promise<Recorded> =>
  writeIntent(command, decide, ports, (tenant, run) => reconcile(tenant, run, ports));
