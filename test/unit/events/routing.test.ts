import { createRequire } from "node:module";
import { expect, test } from "@jest/globals";
import { incomingEvents } from "../../../events/in/index.ts";
import { sbtRequests } from "../../../events/sbt/in.ts";
import { SBT_ANSWER_SOURCE, SBT_REQUEST_SOURCE } from "../../../shared/domain/sbt.ts";

interface Rule {
  Type: string;
  Properties: { EventPattern?: { source: unknown[]; "detail-type"?: unknown[] } };
}
const settings: Record<string, string> = {
  "self:service": "tenantry",
  "sls:stage": "test",
  "param:queueVisibilitySeconds": "360",
  "param:commandReceives": "10",
  "param:eventSources": "signup, billing",
};
const queues = createRequire(import.meta.url)("../../../infra/queues.cjs") as (sls: {
  resolveVariable: (name: string) => Promise<string>;
}) => Promise<{ Resources: Record<string, Rule> }>;

test("the bus brings every event to the area that its registry names, from the sources that the deployment lists", async () => {
  const { Resources } = await queues({ resolveVariable: async (name) => settings[name] ?? "60" });
  const routed = Object.entries(Resources).flatMap(([name, { Type, Properties }]) => {
    if (Type !== "AWS::Events::Rule" || name.startsWith("Unrouted")) return [];
    expect(Properties.EventPattern?.source).toEqual(name === "SbtRule" ? [SBT_REQUEST_SOURCE] : ["signup", "billing"]);
    return (Properties.EventPattern?.["detail-type"] ?? []).map((type) => `${type} -> ${name}`);
  });
  const registered = Object.entries(incomingEvents).map(([type, { area }]) => `${type} -> ${area[0]?.toUpperCase()}${area.slice(1)}Rule`);
  const sbt = Object.keys(sbtRequests).map((type) => `${type} -> SbtRule`);
  expect(routed.sort()).toEqual([...registered, ...sbt].sort());
});

test("what SBT's planes say to each other is not set aside as unrouted", async () => {
  const { Resources } = await queues({ resolveVariable: async (name) => settings[name] ?? "60" });
  const source = JSON.stringify(Resources["UnroutedSourceRule"]?.Properties.EventPattern?.source);
  for (const known of ["signup", "billing", "tenantry", SBT_REQUEST_SOURCE, SBT_ANSWER_SOURCE]) expect(source).toContain(`"${known}"`);
});
