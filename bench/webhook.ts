/**
 * A webhook, on a running stack: how long its provider waits for the answer (recorded by then), and what it costs in calls.
 * The time of the answer is held to a tenth of what Okta waits. (From there to the cluster: `npm run bench:access`.)
 *
 *   npm run bench:webhook     on the stack of `npm start` where one runs, else on one of its own
 */
import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "./onboard/rounds.ts";
import { asked, callsBetween, useStack } from "./stack.ts";

const MESSAGES = 300;
const PACE_MS = 200;
/** Okta waits for 3 s. */
const BOUND_MS = 300;
const missed: string[] = [];

const log = (line: string): void => console.log(line);
function hold(what: string, value: number, bound: number, unit = ""): void {
  log(`  ${value <= bound ? "held  " : "MISSED"} ${what}: ${value.toFixed(unit === "" ? 2 : 0)}${unit}, bound <= ${bound}${unit}`);
  if (value > bound) missed.push(what);
}

async function main(): Promise<void> {
  const stack = await useStack("webhook", log);
  try {
    // Its clients read the environment when they are loaded.
    const { anId, api } = await import("../test/support/stack.ts");
    const { deliveries, webhookSecret } = await import("../test/support/webhooks.ts");
    const secret = await webhookSecret("okta");
    const target = [
      { id: "00u1", type: "User", alternateId: "bench@example.com", displayName: "Bench" },
      { id: "00g1", type: "UserGroup", alternateId: "unknown", displayName: "Everyone" },
    ];

    /** One delivery of a membership that is none of ours, from the request to the answer, milliseconds. */
    const deliver = async (): Promise<number> => {
      const at = new Date();
      const event = {
        uuid: anId("e"),
        published: at.toISOString(),
        eventType: "group.user_membership.add",
        outcome: { result: "SUCCESS" },
        target,
      };
      const { headers, body } = deliveries.okta(secret, { id: anId("hook"), event });
      const start = performance.now();
      const { status } = await api("POST", "/webhooks/okta", body, { token: null, headers });
      if (status !== 204) throw new Error(`POST /webhooks/okta: ${status}`);
      return performance.now() - start;
    };
    /** One after another, as many a second as a provider sends on a busy day: the work that follows has its time, too. */
    const paced = async (call: () => Promise<number>): Promise<number[]> => {
      const times: number[] = [];
      for (let message = 0; message < MESSAGES; message++) {
        const spent = await call();
        times.push(spent);
        await sleep(Math.max(0, PACE_MS - spent));
      }
      return times;
    };
    const show = (what: string, times: number[]): number => {
      const [p50 = Number.NaN, p99 = Number.NaN, most = Number.NaN] = [0.5, 0.99, 1].map((share) => quantile(times, share));
      log(`  ${what}: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, the slowest ${most.toFixed(0)} ms`);
      return p99;
    };
    const health = async (): Promise<number> => {
      const start = performance.now();
      await api("GET", "/healthz", undefined, { token: null });
      return performance.now() - start;
    };

    for (let warm = 0; warm < 10; warm++) await deliver();
    log(`\n${MESSAGES} webhooks of Okta, ${1_000 / PACE_MS} a second, each recorded when it was answered`);
    show("GET /healthz the same way, to compare", await paced(health));
    const before = await asked("webhooks-api");
    const p99 = show("POST /webhooks/okta", await paced(deliver));
    hold("p99, a tenth of the provider's timeout", p99, BOUND_MS, " ms");
    await sleep(1_000);
    const after = await asked("webhooks-api");
    log(`  calls a webhook: ${callsBetween(before, after, MESSAGES)}`);
    const calls = (counts: Map<string, number>): number => [...counts.values()].reduce((sum, count) => sum + count, 0);
    hold("calls a webhook", (calls(after) - calls(before)) / MESSAGES, 2.1);
  } finally {
    await stack.stop();
  }
  if (missed.length > 0) log(`\n${missed.length} bound(s) missed: ${missed.join("; ")}`);
  process.exit(missed.length > 0 ? 1 : 0);
}

await main();
