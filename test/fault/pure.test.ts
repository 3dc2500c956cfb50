import { describe, expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import fc from "fast-check";
import type { Cluster } from "../../shared/domain/cluster.ts";
import { change, onboard } from "../../shared/domain/intent.ts";
import { place } from "../../shared/domain/placement.ts";
import type { Desired, Status, Tenant } from "../../shared/domain/tenant.ts";
import { absentObjects, objectKey, tenantObjects } from "../../shared/manifests/index.ts";
import { ClusterError, type ObjectRef } from "../../shared/ports.ts";
import { ABSENT, decide, type Outcome, type Plan } from "../../shared/reconcile/decide.ts";
import { evenly } from "../../shared/reconcile/evenly.ts";
import type { NamespaceSeen } from "../../shared/reconcile/observe.ts";
import type { Performed } from "../../shared/reconcile/perform.ts";
import { type Round, settle } from "../../shared/reconcile/settle.ts";
import { aCause, aCluster, aDesired, aTenant, platform } from "../support/builders.ts";
import { longRuns } from "./support/runs.ts";

const at = (second: number): string => new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toISOString();
const tiers = Object.keys(platform.tiers);

const desired: fc.Arbitrary<Desired> = fc.record({
  state: fc.constantFrom<Desired["state"]>("Active", "Deleted"),
  name: fc.string(),
  tier: fc.constantFrom(...tiers),
  isolation: fc.constant<Desired["isolation"]>("namespace"),
  labels: fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("1", "2")),
  requirements: fc.constant({}),
  suspended: fc.boolean(),
});
const namespaceSeen: fc.Arbitrary<NamespaceSeen> = fc.oneof(
  fc.constantFrom<NamespaceSeen>("unread", "absent"),
  fc.record({
    uid: fc.constantFrom("u-1", "u-2"),
    ours: fc.boolean(),
    terminating: fc.boolean(),
    bindings: fc.constant<{ ref: ObjectRef; uid: string | undefined }[]>([]),
  }),
);
const tenant: fc.Arbitrary<Tenant> = fc
  .record({ desired, generation: fc.integer({ min: 1, max: 5 }), behind: fc.integer({ min: 0, max: 3 }), uid: fc.boolean() })
  .map(({ desired: wish, generation, behind, uid }) =>
    aTenant({
      desired: wish,
      generation,
      status: {
        observedGeneration: Math.max(0, generation - behind),
        conditions: [],
        applied: {},
        ...(uid && { namespaceUid: "u-1" }),
      },
    }),
  );

const wantedOf = (of: Tenant) => {
  const active = of.desired.state === "Active";
  return {
    objects: active ? tenantObjects(of, platform, aCluster(), "tenantry-test") : ([] as KubernetesObject[]),
    absent: active ? absentObjects(of) : [],
  };
};

/** What performing a plan without an error leaves in hand. */
function performed({ waves }: Plan): Performed {
  const applied: Record<string, string> = {};
  for (const action of waves.flat()) applied[action.key] = action.kind === "apply" ? action.hash : ABSENT;
  return {
    applied,
    versions: {},
    errors: {},
    ...(Object.keys(applied).some((key) => key.startsWith("Namespace/")) && { namespaceUid: "u-1" }),
  };
}

describe("decide", () => {
  test("twice is once: on what its own plan came to, it decides nothing more", () => {
    fc.assert(
      fc.property(tenant, namespaceSeen, (of, namespace) => {
        const plan = decide(of, namespace, wantedOf(of));
        if (plan.outcome.kind !== "done" || of.desired.state !== "Active") return;
        const round: Round = { cluster: aCluster(), namespace, wanted: [], performed: performed(plan), outcome: plan.outcome };
        const { after } = settle(of, round, { now: at(9), random: 0, platform });
        expect(decide(after, "unread", wantedOf(after))).toEqual({ waves: [], outcome: { kind: "done" } });
      }),
      longRuns(200),
    );
  });

  test("takes nothing from what it is given, and answers the same again", () => {
    fc.assert(
      fc.property(tenant, namespaceSeen, (of, namespace) => {
        const given = structuredClone({ of, namespace });
        expect(decide(of, namespace, wantedOf(of))).toEqual(decide(of, namespace, wantedOf(of)));
        expect({ of, namespace }).toEqual(given);
      }),
      longRuns(100),
    );
  });

  test("names no other tenant in any action, and makes no namespace without its uid where one is recorded", () => {
    fc.assert(
      fc.property(tenant, namespaceSeen, (of, namespace) => {
        for (const action of decide(of, namespace, wantedOf(of)).waves.flat()) {
          const place = action.kind === "apply" ? action.object.metadata : action.ref;
          expect(place?.namespace ?? place?.name).toBe("tenant-acme");
          if (
            action.kind === "apply" &&
            action.object.kind === "Namespace" &&
            of.status.namespaceUid !== undefined &&
            namespace === "unread"
          )
            expect(action.object.metadata?.uid).toBe("u-1");
        }
      }),
      longRuns(100),
    );
  });

  test("trusts no applied object where a generation in between may have been at work", () => {
    const one = aTenant({ generation: 3 });
    const applied = performed(decide(one, "unread", wantedOf(one))).applied;
    const known: Status = { observedGeneration: 2, conditions: [], applied, namespaceUid: "u-1" };
    const applies = (status: Status): string[] =>
      decide({ ...one, status }, "unread", wantedOf(one))
        .waves.flat()
        .map(({ key }) => key);
    expect(applies(known)).toEqual([]);
    expect(applies({ ...known, observedGeneration: 1 }).sort()).toEqual(wantedOf(one).objects.map(objectKey).sort());
  });
});

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constant<Outcome>({ kind: "done" }),
  fc.constant<Outcome>({ kind: "requeue", afterMs: 4_000, reason: "DeletionPaced", message: "in its turn" }),
  fc.constant<Outcome>({ kind: "waiting", afterMs: 4_000, reason: "NamespaceTerminating", message: "going" }),
  fc.constant<Outcome>({ kind: "failed", reason: "Unreachable", message: "no answer", blocked: false }),
);
const round: fc.Arbitrary<Round> = fc.record({ namespace: namespaceSeen, outcome, broken: fc.boolean() }).map(({ broken, ...rest }) => ({
  cluster: aCluster(),
  wanted: [
    { key: "Namespace/tenant-acme", kind: "Namespace" },
    { key: "ResourceQuota/tenant-quota", kind: "ResourceQuota" },
  ],
  performed: {
    applied: { "Namespace/tenant-acme": "h" },
    versions: { "Namespace/tenant-acme": "7" },
    errors: broken ? { "ResourceQuota/tenant-quota": new ClusterError(500, "InternalError", "boom") } : {},
  },
  ...rest,
}));

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !(value instanceof Error)) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

describe("settle", () => {
  test("is pure: it changes nothing that it is given, and answers the same again", () => {
    fc.assert(
      fc.property(tenant, round, (of, came) => {
        const when = { now: at(9), random: 0.3, platform };
        const again = settle(structuredClone(of), came, when);
        expect(settle(frozen(of), frozen(came), when)).toEqual(again);
      }),
      longRuns(200),
    );
  });

  test("keeps the time of a condition that does not turn, and moves that of one that does", () => {
    fc.assert(
      fc.property(tenant, round, round, (of, first, second) => {
        const before = settle(of, first, { now: at(5), random: 0, platform }).after;
        const after = settle(before, second, { now: at(9), random: 0, platform }).after;
        expect(after.status.conditions.length).toBeGreaterThan(0);
        for (const condition of after.status.conditions) {
          const was = before.status.conditions.find(({ type }) => type === condition.type);
          expect(condition.lastTransitionTime).toBe(was?.status === condition.status ? was.lastTransitionTime : at(9));
        }
      }),
      longRuns(200),
    );
  });
});

describe("place", () => {
  const clusters = (capacities: number[]): Cluster[] => capacities.map((capacity, index) => aCluster({ name: `c-${index}`, capacity }));
  const capacities = fc.array(fc.integer({ min: 100, max: 1_000 }), { minLength: 2, maxLength: 8 });
  const tenants = Array.from({ length: 4_000 }, (_, number) => aTenant({ tenantId: `t-${number}` }));
  const on = (of: Tenant, among: Cluster[]): string => {
    const placed = place(of, among, platform, evenly);
    return "cluster" in placed ? placed.cluster.name : placed.reason;
  };

  test("chooses the same cluster again, in whatever order the registry lists them", () => {
    fc.assert(
      fc.property(capacities, fc.integer({ min: 0, max: 3_999 }), (sizes, number) => {
        const all = clusters(sizes);
        const of = tenants[number] as Tenant;
        expect(on(of, [...all].reverse())).toBe(on(of, all));
      }),
      longRuns(200),
    );
  });

  test("spreads tenants within 20 % of each cluster's share of the capacity", () => {
    const sizes = [100, 200, 300, 400];
    const all = clusters(sizes);
    const names = tenants.map((of) => on(of, all));
    for (const { name, capacity } of all) {
      const share = (capacity / 1_000) * tenants.length;
      const got = names.filter((other) => other === name).length;
      expect(Math.abs(got - share) / share).toBeLessThan(0.2);
    }
  });

  test("moves only its own tenants when a cluster goes, and takes only for itself when one comes", () => {
    fc.assert(
      fc.property(capacities, fc.nat(), (sizes, which) => {
        const all = clusters(sizes);
        const gone = all[which % all.length]?.name;
        const left = all.filter(({ name }) => name !== gone);
        for (const of of tenants.slice(0, 500)) {
          const before = on(of, all);
          if (before !== gone) expect(on(of, left)).toBe(before);
        }
      }),
      longRuns(20),
    );
  });
});

describe("Commands on one record", () => {
  type Field = "name" | "tier" | "owner" | "suspended" | "expiresAt";
  const values: Record<Field, unknown[]> = {
    name: ["A", "B", "C"],
    tier: tiers,
    owner: ["x@example.com", "y@example.com", undefined],
    suspended: [true, false],
    expiresAt: ["2031-01-01T00:00:00.000Z", "2032-01-01T00:00:00.000Z", undefined],
  };
  const field = fc.constantFrom<Field>("name", "tier", "owner", "suspended", "expiresAt");
  const command = field.chain((name) => fc.record({ name: fc.constant(name), value: fc.constantFrom(...values[name]) }));

  test("come to the same in any order, for fields that are asked for as a whole at distinct times", () => {
    const commands = fc.array(command, { minLength: 1, maxLength: 8 });
    const both = commands.chain((list) =>
      fc.tuple(
        fc.constant(list.map((asked, index) => ({ ...asked, occurredAt: at(index + 1) }))),
        fc.shuffledSubarray(
          list.map((asked, index) => ({ ...asked, occurredAt: at(index + 1) })),
          { minLength: list.length },
        ),
      ),
    );
    const { state: _state, ...wish } = aDesired();
    const start = onboard(undefined, { tenantId: "acme", desired: wish, hash: "h", cause: aCause(), occurredAt: at(0), now: at(0) }).after;
    const recordAfter = (list: { name: Field; value: unknown; occurredAt: string }[]): unknown => {
      const end = list.reduce(
        (record, { name, value, occurredAt }) =>
          change("acme", record, { command: "change", cause: aCause(), occurredAt, now: at(30), changes: () => ({ [name]: value }) }).after,
        start,
      );
      return { desired: end.desired, desiredAt: end.desiredAt };
    };
    fc.assert(
      fc.property(both, ([inOrder, shuffled]) => {
        expect(recordAfter(shuffled)).toEqual(recordAfter(inOrder));
      }),
      longRuns(300),
    );
  });
});
