import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { grantItem } from "../../../shared/adapters/dynamodb/grant-item.ts";
import { eventItem } from "../../../shared/adapters/dynamodb/event-item.ts";
import { tenantItem } from "../../../shared/adapters/dynamodb/tenant-item.ts";
import { DIRECT, type Grant, grantId } from "../../../shared/domain/access.ts";
import { TenantryError } from "../../../shared/domain/errors.ts";
import { changeGrants } from "../../../shared/domain/grant-intent.ts";
import { change, type Intent, onboard, tearDown } from "../../../shared/domain/intent.ts";
import { say } from "../../../shared/domain/outbox.ts";
import { afterRepair, repair } from "../../../shared/domain/repair.ts";
import type { Cause, Desired, Tenant } from "../../../shared/domain/tenant.ts";
import { objectKey, tenantObjects } from "../../../shared/manifests/index.ts";
import { ClusterError, GRANTS_AT_ONCE } from "../../../shared/ports.ts";
import { GRANTS_A_ROUND } from "../../../shared/reconcile/grants.ts";
import { type Round, settle } from "../../../shared/reconcile/settle.ts";
import { aCluster, platform } from "../../support/builders.ts";
import { LARGE_ITEM_BYTES, MOST, sizeOfItem } from "../../support/table-limits.ts";

/** The longest text of so many UTF-16 units that UTF-8 makes of it. */
const long = (units: number): string => "長".repeat(units);
const ascii = (units: number, n: number): string => `${"x".repeat(units - 6)}${String(n).padStart(6, "0")}`;
const many = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

/** All that a caller may ask for, as long as the contract allows. */
const labels = Object.fromEntries(many(32, (n) => [`${ascii(253, n)}/${ascii(63, n)}`, ascii(63, n)]));
const desired: Omit<Desired, "state" | "quota"> = {
  name: long(200),
  tier: "premium",
  isolation: "namespace",
  labels,
  requirements: labels,
  owner: long(256),
  expiresAt: "9999-12-31T00:00:00.000Z",
};
const causeOf = (n: number, sbt?: Cause["sbt"]): Cause => ({
  actor: long(256),
  correlationId: ascii(255, n),
  causationId: ascii(255, n),
  ...(sbt && { sbt }),
});

/** What a table holds of one tenant, and the largest that it was. */
interface Model {
  tenant: Tenant | undefined;
  grants: Map<string, Grant>;
  users: number;
  steps: number;
  largest: number;
}
type Step = (model: Model, now: string) => void;

const write = (model: Model, { after, event, grants = [] }: Intent, now: string): void => {
  const said = event === undefined ? [] : [{ ...event, cause: causeOf(1) }];
  store(model, after, said, grants, now);
};

/** One transaction, held to what DynamoDB takes. */
function store(model: Model, tenant: Tenant, said: Parameters<typeof say>[1], grants: NonNullable<Intent["grants"]>, now: string): void {
  const { after, events } = say(tenant, said, { now, newId: () => ascii(36, 1), auditDays: 400 });
  const items = [tenantItem(after), ...events.map(eventItem), ...grants.flatMap(({ after: grant }) => (grant ? [grantItem(grant)] : []))];
  // With the command's dedupe item.
  expect(items.length + 1).toBeLessThanOrEqual(MOST.transactionItems);
  for (const item of items) {
    const size = sizeOfItem(JSON.parse(JSON.stringify(item)));
    if (item["sk"] === "TENANT") model.largest = Math.max(model.largest, size);
    if (size > LARGE_ITEM_BYTES) throw new Error(`${item["sk"]} has ${size} bytes`);
  }
  model.tenant = JSON.parse(JSON.stringify(after)) as Tenant;
  for (const { after: grant } of grants) if (grant !== undefined) model.grants.set(grantId(grant), grant);
}

/** An intent; what is refused, to be tried again, changes nothing. */
const intent =
  (make: (model: Model & { tenant: Tenant }, now: string) => Intent): Step =>
  (model, now) => {
    if (model.tenant === undefined) return;
    try {
      write(model, make(model as Model & { tenant: Tenant }, now), now);
    } catch (error) {
      if (!(error instanceof TenantryError)) throw error;
    }
  };

const changes = (what: (n: number) => Partial<Desired>, sbt?: "activate" | "deactivate"): Step =>
  intent(({ tenant, steps }, now) => {
    const cause = causeOf(steps, sbt && { request: sbt, tenantRegistrationId: ascii(255, steps) });
    return change("acme", tenant, { command: "change", cause, occurredAt: now, now, changes: () => what(steps) });
  });

const userOf = (n: number): string => `${long(250)}${String(n).padStart(6, "0")}`;
const says = (granted: boolean): Step =>
  intent((model, now) => {
    const standing = [...model.grants.values()].filter((grant) => grant.granted).slice(0, GRANTS_AT_ONCE);
    const users = granted ? many(GRANTS_AT_ONCE, () => userOf(model.users++)) : standing.map(({ userId }) => userId);
    const asked = users.map((userId) => ({ userId, role: "tenant-viewer", source: DIRECT, granted, at: now }));
    return changeGrants("acme", model.tenant, model.grants, { asked, cause: causeOf(model.steps), now, rememberDays: 30 });
  });

const drift: Step = intent(({ tenant, steps }, now) => {
  const by = many(50, (n) => ({ manager: ascii(128, n), operation: "Update" as const, time: now }));
  // Only the Namespace has fields whose names the caller chooses.
  const fieldsOf = (object: string) => many(100, (n) => `/metadata/labels/${object.startsWith("Namespace/") ? ascii(380, n) : n}`);
  const keys = [...Object.keys(tenant.status.applied), ...many(200, (n) => `RoleBinding/user-${ascii(253, n)}`)];
  const foreign = many(50, (n) => ({ object: `RoleBinding/${ascii(253, n)}`, uid: ascii(36, n), removed: false, by }));
  return repair(
    tenant,
    {
      generation: tenant.generation,
      updatedAt: tenant.updatedAt,
      objects: keys.map((object) => ({ object, change: "changed", fields: fieldsOf(object), by })),
      foreign,
      standing: foreign.map(({ object, uid }) => ({ object, uid })),
      namespaceLost: false,
      grants: many(40, (n) => `${userOf(n)}\ntenant-viewer`),
      more: 1_000,
    },
    { cause: causeOf(steps), now },
  );
});

/** A round of a reconcile; one that failed did so with the longest words that anybody could have for it. */
const round =
  (ends: "done" | "failed"): Step =>
  (model, now) => {
    const before = model.tenant;
    if (before === undefined || before.status.deletedAt !== undefined) return;
    const tenant: Tenant = { ...before, status: afterRepair(before), repair: undefined, cluster: ascii(63, 1) };
    const cluster = aCluster({ name: ascii(63, 1) });
    const keys = tenantObjects(tenant, platform, cluster, "i").map(objectKey);
    const bindings = many(130, (n) => `RoleBinding/user-${ascii(1_000, n)}`);
    const words = long(20_000);
    const pending = [...model.grants.values()].filter((grant) => grant.pending !== undefined).slice(0, GRANTS_A_ROUND);
    const left = (tenant.pendingGrants ?? []).filter((id) => !pending.some((grant) => grantId(grant) === id));
    const isDone = ends === "done" && left.length === 0;
    const of = (value: string): Record<string, string> => Object.fromEntries([...keys, ...bindings].map((key) => [key, value]));
    const made: Round = {
      cluster,
      namespace: "unread",
      wanted: [...keys, ...bindings].map((key) => ({ key, kind: key.split("/")[0] ?? "" })),
      performed: {
        applied: of(ascii(64, 1)),
        versions: of(ascii(20, 1)),
        namespaceUid: ascii(36, 1),
        errors: ends === "done" ? {} : Object.fromEntries(keys.map((key) => [key, new ClusterError(500, words, words)])),
      },
      grants: { pending, left, status: { pass: ascii(64, 1), after: long(300) } },
      leftovers: { found: [], kindsChecked: 9, kindsUnchecked: many(5_000, (n) => ascii(300, n)) },
      outcome: isDone ? { kind: "done" } : { kind: "failed", reason: words, message: words, blocked: false },
    };
    const { after, said, grants } = settle(tenant, made, { now, random: 0.5, platform });
    store(model, after, said, grants, now);
  };

const steps: Record<string, Step> = {
  premium: changes((n) => ({ tier: n % 2 === 0 ? "premium" : "basic", quota: { cpu: ascii(32, n), memory: ascii(32, n) } })),
  rename: changes((n) => ({ name: `${long(194)}${String(n).padStart(6, "0")}` })),
  suspend: changes(() => ({ suspended: true })),
  activate: changes(() => ({ suspended: undefined })),
  deactivateForAnother: changes(() => ({ suspended: true }), "deactivate"),
  activateForAnother: changes(() => ({ suspended: undefined }), "activate"),
  grant: says(true),
  revoke: says(false),
  drift,
  fail: round("failed"),
  done: round("done"),
  tearDown: intent(({ tenant, steps: n }, now) =>
    tearDown("acme", tenant, { cause: causeOf(n, { request: "offboarding", tenantRegistrationId: ascii(255, n) }), occurredAt: now, now }),
  ),
  again: (model, now) => {
    try {
      const cause = causeOf(model.steps, { request: "onboarding", tenantRegistrationId: ascii(255, model.steps) });
      write(model, onboard(model.tenant, { tenantId: "acme", desired, hash: `${model.steps}`, cause, occurredAt: now, now }), now);
    } catch (error) {
      if (!(error instanceof TenantryError)) throw error;
    }
  },
};

function walk(names: readonly string[]): number {
  const model: Model = { tenant: undefined, grants: new Map(), users: 0, steps: 0, largest: 0 };
  for (const name of ["again", ...names]) {
    model.steps += 1;
    steps[name]?.(model, new Date(Date.UTC(2030, 0, 1, 0, 0, model.steps)).toISOString());
  }
  return model.largest;
}

describe("A tenant's record", () => {
  test(`stays below ${LARGE_ITEM_BYTES} bytes, whatever is asked and however rounds end, and each of its transactions fits`, () => {
    const names = fc.array(fc.constantFrom(...Object.keys(steps)), { minLength: 20, maxLength: 80 });
    fc.assert(
      fc.property(names, (list) => {
        expect(walk(list)).toBeLessThan(LARGE_ITEM_BYTES);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  test("stays below that where all that may be in it meets", () => {
    const given = many(60, (n) => (n % 3 === 0 ? "grant" : "done"));
    const waits = many(200, (n) => (n % 2 === 0 ? "deactivateForAnother" : "activateForAnother"));
    const taken = many(20, () => "revoke");
    const largest = walk([...given, "done", "drift", ...waits, "premium", ...taken, "fail", "fail", "premium", "suspend", "done"]);
    expect(largest).toBeLessThan(LARGE_ITEM_BYTES);
    // The model reaches the limits that it is about.
    expect(largest).toBeGreaterThan(150_000);
  });
});
