/**
 * What each function carries: its bundle's size, made as serverless-esbuild makes it, and the time to import it in a new
 * process. Exits 1 where a bundle carries what its function does not use.
 *
 *   npm run bench:cold [-- --inputs]      with the largest inputs of each bundle
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle, importTime } from "./cold/bundle.ts";
import { readDeployment } from "./cold/functions.ts";

/** Largest bundle of a function that reaches no cluster, bytes; and of one with more clients of AWS, for secrets or EKS: some 90 kB, 10 ms. */
const LIMIT = 500_000;
const LIMIT_MORE = 550_000;
const PROCESSES = 5;
const missed: string[] = [];

const packageOf = (file: string): string => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? "our own";
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** The heaviest packages of a bundle. */
function heaviest(inputs: Record<string, number>): string {
  const sizes = new Map<string, number>();
  for (const [file, bytes] of Object.entries(inputs)) sizes.set(packageOf(file), (sizes.get(packageOf(file)) ?? 0) + bytes);
  const top = [...sizes].sort(([, a], [, b]) => b - a).slice(0, 8);
  return top.map(([name, bytes]) => `${name} ${(bytes / 1000).toFixed(0)}`).join(", ");
}

const dir = await mkdtemp(join(tmpdir(), "tenantry-cold-"));
try {
  const { functions, esbuild } = await readDeployment();
  console.log(
    `${"function".padEnd(18)} ${"bundle".padStart(8)} ${"import".padStart(9)}   (median of ${PROCESSES} new processes, Node ${process.version})`,
  );
  for (const { key, entry, env, reachesClusters, usesMore } of functions) {
    const { path, bytes, inputs } = await bundle(entry, esbuild, dir);
    const times: number[] = [];
    for (let i = 0; i < PROCESSES; i += 1) times.push(await importTime(path, env));
    const carries = Object.keys(inputs).some((file) => file.startsWith("shared/adapters/kubernetes/"));
    const wrong: string[] = [];
    if (Object.keys(inputs).some((file) => packageOf(file) === "@kubernetes/client-node")) wrong.push("contains @kubernetes/client-node");
    if (carries && !reachesClusters) wrong.push("carries the cluster client, but may not assume a cluster's role");
    const limit = usesMore ? LIMIT_MORE : LIMIT;
    if (!carries && bytes > limit) wrong.push(`more than ${limit / 1000} kB`);
    const role = carries ? "cluster client" : "";
    console.log(
      `${key.padEnd(18)} ${(bytes / 1000).toFixed(0).padStart(5)} kB ${median(times).toFixed(0).padStart(6)} ms   ${[role, ...wrong.map((what) => `MISSED: ${what}`)].filter(Boolean).join("; ")}`,
    );
    if (process.argv.includes("--inputs")) console.log(`    ${heaviest(inputs)} (kB)`);
    missed.push(...wrong.map((what) => `${key} ${what}`));
  }
} finally {
  await rm(dir, { recursive: true, force: true });
}
if (missed.length > 0) {
  console.log(`\n${missed.length} bound(s) missed: ${missed.join("; ")}`);
  process.exitCode = 1;
}
