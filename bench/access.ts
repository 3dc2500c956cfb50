/**
 * Access on a running stack: from a provider's webhook to the API server's yes, and from a person's deactivation to the end of
 * the last of their grants. Reported: times, what it costs in requests to the cluster and in calls to AWS. The requests are held.
 *
 *   npm run bench:access [-- --grants 500]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import pLimit from "p-limit";
import { quantile } from "./onboard/rounds.ts";
import { asked, callsBetween, useStack } from "./stack.ts";

const GRANTS = Number(parseArgs({ options: { grants: { type: "string", default: "500" } } }).values.grants);
const PEOPLE = 30;
/** Requests to the cluster: a grant is one apply; a revoke the Namespace's generation, one look and the deletion. */
const REQUESTS = { grant: 1, revoke: 3 };
const FUNCTIONS = ["webhooks-api", "access", "reconcile"];
const missed: string[] = [];

const log = (line: string): void => console.log(line);
function hold(what: string, value: number, bound: number): void {
  log(`  ${value <= bound ? "held  " : "MISSED"} ${what}: ${value}, bound <= ${bound}`);
  if (value > bound) missed.push(what);
}

async function main(): Promise<void> {
  const stack = await useStack("access", log);
  try {
    // Their clients read the environment when they are loaded.
    const { anId, api, until, untilPhase } = await import("../test/support/stack.ts");
    const { aFaultyCluster } = await import("../test/support/faulty-cluster.ts");
    const { AsUser } = await import("../test/integration/as-user.ts");
    const { deliveries, webhookSecret } = await import("../test/support/webhooks.ts");
    const secret = await webhookSecret("standard");
    const say = async (type: string, data: object): Promise<void> => {
      const event = { type, timestamp: new Date().toISOString(), data };
      const { headers, body } = deliveries.standard(secret, { id: anId("msg"), event });
      const { status } = await api("POST", "/webhooks/standard", body, { token: null, headers });
      if (status !== 204) throw new Error(`POST /webhooks/standard: ${status}`);
    };
    const cluster = await aFaultyCluster();
    await cluster.register();
    const onboard = async (tenantId: string): Promise<void> => {
      const { status } = await api("POST", "/tenants", { tenantId, name: tenantId, tier: "basic", requirements: cluster.requirements });
      if (status !== 201) await untilPhase(tenantId, "Ready", 120);
    };
    /** Whether the API server lets a person list pods, by a SubjectAccessReview. */
    const allowed = async (tenantId: string, user: string): Promise<boolean> => {
      const spec = { user, resourceAttributes: { namespace: `tenant-${tenantId}`, verb: "list", resource: "pods" } };
      const review = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
      const { body } = await new AsUser().send("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review);
      return (body["status"] as { allowed?: boolean }).allowed === true;
    };

    const tenantId = anId("access");
    await onboard(tenantId);
    const group = { id: anId("g"), displayName: `tenant:${tenantId}:viewer` };
    const join = async (): Promise<number> => {
      const userName = `${anId("ada")}@example.com`;
      const start = performance.now();
      await say("membership.added", { user: { id: userName, userName }, group });
      for (const end = Date.now() + 60_000; !(await allowed(tenantId, userName)); await sleep(20))
        if (Date.now() > end) throw new Error(`${userName} has no access after a minute`);
      return performance.now() - start;
    };
    for (let warm = 0; warm < 3; warm++) await join();
    cluster.proxy.seen.length = 0;
    const before = await asked(...FUNCTIONS);
    const times: number[] = [];
    for (let person = 0; person < PEOPLE; person++) times.push(await join());
    await sleep(2_000);
    log(`\n${PEOPLE} people join a group, one after another: from the webhook to the API server's yes`);
    log(
      `  p50 ${quantile(times, 0.5).toFixed(0)} ms, p95 ${quantile(times, 0.95).toFixed(0)} ms, longest ${Math.max(...times).toFixed(0)} ms`,
    );
    log(`  calls to AWS a person: ${callsBetween(before, await asked(...FUNCTIONS), PEOPLE)}`);
    hold("requests to the cluster a person", cluster.proxy.seen.length / PEOPLE, REQUESTS.grant);

    log(`\na person with ${GRANTS} grants, in as many tenants, is deactivated`);
    const person = `${anId("eve")}@example.com`;
    const tenants = Array.from({ length: GRANTS }, () => anId("many"));
    const limit = pLimit(8);
    await Promise.all(
      tenants.map((id) =>
        limit(async () => {
          await onboard(id);
          const { status } = await api("PUT", `/tenants/${id}/grants/${person}/tenant-viewer`);
          if (status !== 201) await until("the grant", async () => ((await allowed(id, person)) ? true : undefined), 60);
        }),
      ),
    );
    await say("membership.added", { user: { id: person, userName: person }, group: { id: anId("g"), displayName: "no-tenant" } });
    await sleep(2_000);
    cluster.proxy.seen.length = 0;
    const calls = await asked(...FUNCTIONS);
    const start = performance.now();
    await say("user.deactivated", { user: { id: person, userName: person } });
    const first = await until(
      "the first to go",
      async () => ((await allowed(tenants[0] ?? "", person)) ? undefined : performance.now()),
      120,
    );
    let left = tenants;
    for (const end = Date.now() + 10 * 60_000; left.length > 0 && Date.now() < end; await sleep(200)) {
      const still = await Promise.all(left.map((id) => limit(() => allowed(id, person))));
      left = left.filter((_, index) => still[index]);
    }
    const seconds = (performance.now() - start) / 1_000;
    await sleep(3_000);
    log(
      `  one of the grants is gone after ${((first - start) / 1_000).toFixed(1)} s, the last after ${seconds.toFixed(1)} s: ${(GRANTS / seconds).toFixed(0)} a second`,
    );
    log(`  calls to AWS a grant: ${callsBetween(calls, await asked(...FUNCTIONS), GRANTS)}`);
    if (left.length > 0) missed.push(`${left.length} grants are left`);
    hold("requests to the cluster a revoked grant", Math.round((cluster.proxy.seen.length / GRANTS) * 100) / 100, REQUESTS.revoke);
    await cluster.proxy.close();
  } finally {
    await stack.stop();
  }
  if (missed.length > 0) log(`\n${missed.length} bound(s) missed: ${missed.join("; ")}`);
  process.exit(missed.length > 0 ? 1 : 0);
}

await main();
