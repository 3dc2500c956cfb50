import { enqueueDriftChecks } from "../../shared/usecases/enqueue-drift-checks.ts";
import { driftScheduleDeps } from "./deps.ts";

const deps = driftScheduleDeps();

/** Asks for a check of each cluster. */
export async function handler(): Promise<{ clusters: number }> {
  return { clusters: await enqueueDriftChecks(deps) };
}
