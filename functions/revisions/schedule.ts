import type { Context } from "aws-lambda";
import { type Revised, reviseTenants } from "../../shared/usecases/revise-tenants.ts";
import { log } from "../runtime.ts";
import { reviseDeps } from "./deps.ts";

/** Kept from a tick's time for making due whom it found, milliseconds. */
const RESERVE_MS = 20_000;

const deps = reviseDeps();

/** Every minute: a tick of the wave that brings tenants to the present revision. */
export async function handler(_event: unknown, context: Context): Promise<Revised> {
  const revised = await reviseTenants(deps, AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS)));
  if (revised.asked > 0 || revised.status === "stopped") log.info("A tick of the wave of revisions.", { ...revised });
  return revised;
}
