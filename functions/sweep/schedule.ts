import { type SweepPorts, sweepDue } from "../../shared/usecases/sweep-due.ts";
import { scheduled } from "../schedule.ts";
import { sweepDeps } from "./deps.ts";

/** Every minute: enqueues the tenants that are due. */
export const createHandler = (ports: SweepPorts) => scheduled((signal) => sweepDue(ports, signal), "OldestDueAgeSeconds");

export const handler = createHandler(sweepDeps());
