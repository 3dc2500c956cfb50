import { describe, expect, jest, test } from "@jest/globals";
import type { Context, SQSEvent } from "aws-lambda";
import fc from "fast-check";
import type { IncomingType } from "../../events/in/index.ts";
import { platform } from "../support/builders.ts";
import { report } from "./support/report.ts";
import { longRuns, thorough } from "./support/runs.ts";

// A pause before another try ends at once.
jest.unstable_mockModule("node:timers/promises", () => ({ setTimeout: () => Promise.resolve() }));
const { activateTenant } = await import("../../shared/usecases/activate-tenant.ts");
const { changeTenant } = await import("../../shared/usecases/change-tenant.ts");
const { onboardTenant } = await import("../../shared/usecases/onboard-tenant.ts");
const { suspendTenant } = await import("../../shared/usecases/suspend-tenant.ts");
const { tearDownTenant } = await import("../../shared/usecases/tear-down-tenant.ts");
const { commandQueue } = await import("../../shared/queues/commands.ts");
const { breaches } = await import("./support/invariants/index.ts");
const { World } = await import("./support/world.ts");

const kinds = {
  onboard: { type: "TenantOnboardingRequested", data: { name: "Acme Inc.", tier: "basic" } },
  again: { type: "TenantOnboardingRequested", data: { name: "Acme Inc.", tier: "basic" } },
  tier: { type: "TenantTierChangeRequested", data: { tier: "premium" } },
  offboard: { type: "TenantOffboardingRequested", data: {} },
  suspend: { type: "TenantSuspendRequested", data: {} },
  activate: { type: "TenantActivateRequested", data: {} },
} satisfies Record<string, { type: IncomingType; data: object }>;
type Kind = keyof typeof kinds;

/** Each kind with the second in which it was asked for. */
type Asked = Partial<Record<Kind, number>>;

/** Receives of an event before it is set aside, as functions/reconcile/deps.ts has it. */
const RECEIVES = 4;

/**
 * Where a history ends, whatever the order in which it is delivered:
 * - the state is what the latest of onboarding and offboarding says. A command for a tenant that is not there yet comes
 *   back until the onboarding has come, and then counts as of when it was asked for: one asked for before the onboarding
 *   changes nothing;
 * - of a tenant that stays, tier and sleep are what the latest request for each says, the (first) onboarding's own
 *   values among them;
 * - of a tenant that goes, nothing else counts.
 */
function expected(asked: Asked): { state: string; tier?: string; suspended?: boolean } {
  const { onboard = 0, again = 0, tier = 0, offboard = 0, suspend = 0, activate = 0 } = asked;
  if (offboard > Math.max(onboard, again)) return { state: "Deleted" };
  return {
    state: "Active",
    tier: tier > onboard ? "premium" : "basic",
    suspended: suspend > Math.max(onboard, activate),
  };
}

/** Delivers events in an order, as an SQS queue does: what fails comes back last, until it is accepted or set aside. */
async function deliver(order: Kind[], asked: Asked, settleBetween: boolean) {
  const world = new World({ slots: 3 });
  world.pass(60_000);
  const start = world.nowMs;
  const dead: string[] = [];
  const ports = world.ports();
  const handle = commandQueue(
    {
      TenantOnboardingRequested: (command, { data: { tenantId: _id, ...body } }) => onboardTenant(command, body, ports),
      TenantTierChangeRequested: (command, { data: { tier } }) => changeTenant(command, { tier }, ports),
      TenantOffboardingRequested: (command) => tearDownTenant(command, ports),
      TenantSuspendRequested: (command) => suspendTenant(command, ports),
      TenantActivateRequested: (command) => activateTenant(command, ports),
    },
    {
      ...ports,
      deadLetters: { add: async (_body, { code }) => void dead.push(code) },
      visibility: { postpone: async () => {} },
      retry: platform.retry,
      maxReceiveCount: RECEIVES,
      requestTimeoutMs: platform.cluster.requestTimeoutMs,
    },
  );
  const queue = order.map((kind) => ({ kind, receives: 0 }));
  for (let message = queue.shift(); message !== undefined; message = queue.shift()) {
    message.receives += 1;
    const { type, data } = kinds[message.kind];
    const occurredAt = new Date(start - 50_000 + (asked[message.kind] ?? 0) * 1_000).toISOString();
    const body = {
      id: `bus-${message.kind}`,
      source: "signup",
      "detail-type": type,
      time: occurredAt,
      detail: { metadata: { eventId: `evt-${message.kind}`, occurredAt }, data: { ...data, tenantId: "acme" } },
    };
    const record = { messageId: "m", body: JSON.stringify(body), attributes: { ApproximateReceiveCount: String(message.receives) } };
    const answer = await handle({ Records: [record] } as unknown as SQSEvent, { getRemainingTimeInMillis: () => 29_000 } as Context);
    if (answer.batchItemFailures.length > 0) queue.push(message);
    // What fails is hidden for a while, in which the platform works; between others it may or may not come to it.
    if (settleBetween || answer.batchItemFailures.length > 0) await world.settle();
    else world.pass(10);
  }
  await world.settle();
  world.cluster.finishDeletes();
  return { world, dead };
}

async function wrongAfter(order: Kind[], asked: Asked, settleBetween: boolean): Promise<string[]> {
  const { world, dead } = await deliver(order, asked, settleBetween);
  const tenant = world.table.tenants.get("acme");
  const want = expected(asked);
  const wrong = breaches(world);
  const is = { state: tenant?.desired.state, tier: tenant?.desired.tier, suspended: tenant?.desired.suspended === true };
  for (const [field, value] of Object.entries(want))
    if (is[field as "tier"] !== value) wrong.push(`${field} is ${is[field as "tier"]}, not ${value}`);
  if (want.state === "Deleted" && tenant?.status.deletedAt === undefined) wrong.push("the tenant is not Deleted");
  // Only what can never take effect any more may be set aside.
  for (const code of dead) if (code !== "TenantDeleting" && code !== "TenantDeleted") wrong.push(`dead letter ${code}`);
  return wrong;
}

/** Every order of a list, equal ones once. */
function permutations(list: Kind[]): Kind[][] {
  if (list.length === 0) return [[]];
  return [...new Set(list)].flatMap((first) => {
    const rest = list.toSpliced(list.indexOf(first), 1);
    return permutations(rest).map((order) => [first, ...order]);
  });
}

const histories = (kindsOf: Kind[]): Asked[] =>
  permutations(kindsOf).map((order) => Object.fromEntries(order.map((kind, index) => [kind, index + 1])));

describe("Events of one tenant, each delivered twice, in any order", () => {
  test.each<{ of: Kind[] }>([
    { of: ["onboard", "tier", "offboard"] },
    { of: ["onboard", "suspend", "activate"] },
    { of: ["onboard", "again", "offboard"] },
  ])(
    "$of: every delivery of every history ends where the highest occurredAt says",
    async ({ of }) => {
      let runs = 0;
      const broken: unknown[] = [];
      for (const asked of histories(of).filter(({ onboard = 0, again = Number.POSITIVE_INFINITY }) => onboard < again))
        for (const order of permutations([...of, ...of]))
          for (const settleBetween of thorough ? [false, true] : [runs % 2 === 0]) {
            runs += 1;
            const wrong = await wrongAfter(order, asked, settleBetween);
            if (wrong.length > 0) broken.push({ asked: JSON.stringify(asked), order: order.join(" "), settleBetween, wrong });
          }
      report(`order: ${of.join(", ")}`, [
        `${runs} deliveries, each event twice: ${broken.length === 0 ? "held" : `${broken.length} BROKEN`}`,
      ]);
      expect(broken.slice(0, 5)).toEqual([]);
    },
    600_000,
  );

  test("all five together end so too, in orders drawn at random", async () => {
    const all: Kind[] = ["onboard", "tier", "suspend", "activate", "offboard"];
    const shuffled = (list: Kind[]) => fc.shuffledSubarray(list, { minLength: list.length });
    const settings = longRuns<[Kind[], Kind[], boolean]>(300);
    await fc.assert(
      fc.asyncProperty(shuffled(all), shuffled([...all, ...all]), fc.boolean(), async (history, order, settleBetween) => {
        const asked: Asked = Object.fromEntries(history.map((kind, index) => [kind, index + 1]));
        expect(await wrongAfter(order, asked, settleBetween)).toEqual([]);
      }),
      settings,
    );
    report("order: all five", [`${settings.numRuns} deliveries, seed ${settings.seed}: held`]);
  }, 600_000);
});
