import { sweepDue } from "../../shared/usecases/sweep-due.ts";
import { scheduled } from "../schedule.ts";
import { sweepDeps } from "./deps.ts";

const deps = sweepDeps();

/** Every minute: enqueues the tenants that are due. */
export const handler = scheduled((signal) => sweepDue(deps, signal), "OldestDueAgeSeconds");
