import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../local/log.ts";
import { projectDir } from "../../local/paths.ts";
import { pythonEnvironment } from "../../local/python.ts";

/** What a client is run with. */
export interface ClientRun {
  /** The interpreter that has the clients installed. */
  python: string;
  /** For reports. */
  dir: string;
  /** What the stack tells (`.local/stack.env`). */
  env: Record<string, string>;
  signal: AbortSignal;
}

/** The interpreter with the packages of `requirements.txt`, each at its version. */
export function clientsPython(log: Log): Promise<string> {
  const text = readFileSync(join(projectDir, "test/clients/requirements.txt"), "utf8");
  const packages = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const version = createHash("sha256").update(packages.join("\n")).digest("hex").slice(0, 12);
  return pythonEnvironment({ name: `clients-${version}`, title: "Schemathesis and scim2-tester", packages, minimum: [3, 11] }, log);
}
