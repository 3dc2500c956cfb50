/** Holds the arrows of ARCHITECTURE.md; fails where it looked at nothing, or at less than there is. */
import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";

const rooms = ["shared", "functions", "events", "config"];
const command = [
  "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs",
  "--config",
  ".dependency-cruiser.cjs",
  "--output-type",
  "json",
  ...rooms,
];

function cruise(): string {
  try {
    return execFileSync(process.execPath, command, { encoding: "utf8", maxBuffer: 64 << 20 });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

const { summary, modules } = JSON.parse(cruise()) as {
  summary: { violations: { rule: { name: string }; from: string; to: string }[] };
  modules: { source: string }[];
};
const files = rooms.flatMap((room) => globSync(`${room}/**/*.ts`));
const seen = new Set(modules.map(({ source }) => source));
const unseen = files.filter((file) => !seen.has(file));
for (const { rule, from, to } of summary.violations) console.log(`  ${rule.name}: ${from} -> ${to}`);
for (const file of unseen) console.log(`  not looked at: ${file}`);
console.log(`  ${seen.size} modules, ${summary.violations.length} arrows against the rules`);
process.exitCode = files.length > 0 && unseen.length === 0 && summary.violations.length === 0 ? 0 : 1;
