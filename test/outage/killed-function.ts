import type { Stack } from "../../local/stack.ts";
import { aFaultyCluster } from "../support/faulty-cluster.ts";
import { anId, api, kubectl, until } from "../support/stack.ts";
import type { Heard } from "./bus.ts";
import { prove, untilReady } from "./tenants.ts";

/** The API's function is killed after it recorded the intent and before its first apply; the sweep finishes the tenant. */
export async function functionKilledBeforeApply({
  stack,
  heard,
}: {
  stack: Stack;
  heard: Heard;
}): Promise<{ injected: string; held: string }> {
  const cluster = await aFaultyCluster();
  await cluster.register();
  const tenantId = anId("cut-off");
  try {
    cluster.proxy.seen.length = 0;
    cluster.proxy.on(({ method }) => (method === "PATCH" ? { kind: "hang" } : undefined));
    const asked = api("POST", "/tenants", { tenantId, name: "Acme", tier: "basic", requirements: cluster.requirements });
    await until("the first apply", async () => cluster.proxy.seen.find(({ method }) => method === "PATCH"), 60);
    const workers = await stack.aws.functionWorkers("onboarding-api");
    for (const pid of workers) process.kill(pid, "SIGKILL");
    cluster.proxy.on(() => undefined);
    const { status } = await asked;
    if (workers.length === 0 || status < 500) throw new Error(`${workers.length} workers were killed, and the call answered ${status}`);
    const { body } = await api("GET", `/tenants/${tenantId}`);
    if (body.generation !== 1 || body.observedGeneration !== 0) throw new Error(`the record is at ${JSON.stringify(body)}`);
    const namespace = await kubectl("get", "namespace", `tenant-${tenantId}`, "--ignore-not-found");
    if (namespace !== "") throw new Error(`the namespace is there: ${namespace}`);
    await untilReady([tenantId], 180);
    return {
      injected: "the function of POST /tenants SIGKILLed between its intent and its first apply",
      held: await prove([tenantId], heard),
    };
  } finally {
    await cluster.proxy.close();
  }
}
