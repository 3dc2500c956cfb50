/**
 * Writes what is generated from the schemas and the route table: JSON Schemas, EventBridge patterns, AsyncAPI, OpenAPI.
 * `npm run generate` writes; a test compares, so that what is committed is never stale.
 */
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { openApiDocument } from "../shared/http/openapi/document.ts";
import { asyncApiDocument, jsonSchemaOf } from "./asyncapi.ts";
import { incomingEvents } from "./in/registry.ts";
import { outgoingEvents } from "./out/registry.ts";
import { sbtRequests } from "./sbt/in.ts";
import { sbtAnswerEvents } from "./sbt/out.ts";

const root = new URL("../", import.meta.url);

/** Path in the repository -> content. */
export function generatedFiles(): Map<string, string> {
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };
  const openApi = openApiDocument(version);
  const files: [string, unknown][] = [
    ...Object.entries({ ...incomingEvents, ...outgoingEvents, ...sbtRequests, ...sbtAnswerEvents }).map(
      ([type, contract]): [string, unknown] => [`events/generated/${type}.schema.json`, jsonSchemaOf(type, contract)],
    ),
    ["events/generated/patterns.json", patterns()],
    ["docs/asyncapi.json", asyncApiDocument(version)],
    ["docs/openapi.json", openApi],
    ["shared/http/openapi.json", openApi],
  ];
  return new Map(files.map(([path, content]) => [path, `${JSON.stringify(content, null, 2)}\n`]));
}

/** Area -> EventBridge pattern. The sources that may command it are the deployment's parameter and not in it. */
function patterns(): Record<string, { "detail-type": string[] }> {
  const areas = Map.groupBy(Object.entries(incomingEvents), ([, { area }]) => area);
  const ours = [...areas].map(([area, events]) => [area, { "detail-type": events.map(([type]) => type) }] as const);
  return Object.fromEntries([...ours, ["sbt", { "detail-type": Object.keys(sbtRequests) }]]);
}

if (import.meta.main) {
  for (const [path, content] of generatedFiles()) {
    const target = new URL(path, root);
    await mkdir(dirname(target.pathname), { recursive: true });
    await writeFile(target, content);
  }
}
