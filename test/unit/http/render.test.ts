import { describe, expect, test } from "@jest/globals";
import type { Cluster } from "../../../shared/domain/cluster.ts";
import { begun, type DriftCheck, failed, finished, firstCheck, noCounts, requested } from "../../../shared/domain/drift-check.ts";
import { say } from "../../../shared/domain/outbox.ts";
import type { Tenant } from "../../../shared/domain/tenant.ts";
import { answers, eventRow } from "../../../shared/http/openapi/schemas.ts";
import { renderCluster } from "../../../shared/http/render-cluster.ts";
import { etagOf, locationOf, renderEvent, renderTenant } from "../../../shared/http/render.ts";

const at = "2030-01-31T12:00:00.000Z";
const cause = { actor: "ada", correlationId: "c", causationId: "r" };
function tenant(over: Partial<Tenant> = {}): Tenant {
  return {
    tenantId: "acme",
    desired: { state: "Active", name: "Acme Inc.", tier: "basic", isolation: "namespace", labels: { a: "b" }, requirements: {} },
    desiredAt: { name: at },
    onboardedAs: "secret-hash",
    cause,
    generation: 3,
    sequence: 4,
    status: {
      observedGeneration: 2,
      conditions: [{ type: "Ready", status: "False", reason: "Applying", message: "m", lastTransitionTime: at, observedGeneration: 2 }],
      applied: { "Namespace/tenant-acme": "h" },
    },
    announcements: [],
    timers: { work: at },
    dueAt: at,
    lease: { owner: "function-1", until: at },
    createdAt: at,
    updatedAt: at,
    ...over,
  };
}

describe("a tenant", () => {
  test("is rendered as the contract has it", () => {
    expect(renderTenant(tenant())).toEqual({
      tenantId: "acme",
      name: "Acme Inc.",
      tier: "basic",
      phase: "Provisioning",
      generation: 3,
      observedGeneration: 2,
      namespace: "tenant-acme",
      cluster: null,
      isolation: "namespace",
      labels: { a: "b" },
      requirements: {},
      conditions: [{ type: "Ready", status: "False", reason: "Applying", message: "m", lastTransitionTime: at, observedGeneration: 2 }],
      createdAt: at,
      updatedAt: at,
    });
  });
  test("shows nothing of the machinery: leases, timers, hashes", () => {
    expect(JSON.stringify(renderTenant(tenant()))).not.toMatch(/secret-hash|function-1|lease|timers|dueAt|applied"/);
  });
  test.each<[string, Partial<Tenant>]>([
    ["new", {}],
    [
      "with every optional field",
      { cluster: "eu-1", desired: { ...tenant().desired, owner: "o", expiresAt: at, quota: { cpu: "2", pods: undefined } } },
    ],
    [
      "decommissioned",
      {
        status: {
          ...tenant().status,
          deletedAt: at,
          proof: {
            cluster: "eu-1",
            namespace: "tenant-acme",
            namespaceUid: "u",
            namespaceAbsentAt: at,
            clusterScoped: { found: 0, kindsChecked: 3, kindsUnchecked: [] },
            identityMappings: 0,
          },
        },
        desired: { ...tenant().desired, state: "Deleted" },
      },
    ],
  ])("%s fits the published schema", (_title, over) => {
    const body = JSON.parse(JSON.stringify(renderTenant(tenant(over))));
    expect(answers.Tenant.safeParse(body).error).toBeUndefined();
  });
  test("has its generation as strong entity tag, and its place", () => {
    expect([etagOf(tenant()), locationOf(tenant())]).toEqual(['"3"', "/tenants/acme"]);
  });
});

test("a cluster fits the published schema", () => {
  const cluster: Cluster = {
    name: "eu-1",
    version: 1,
    endpoint: "https://eks.example",
    certificateAuthority: "UEVN",
    region: "eu-central-1",
    eksClusterName: "shared",
    roleArn: "arn:aws:iam::111122223333:role/tenantry-cluster-eu",
    labels: {},
    capacity: 10,
    state: "Active",
    capabilities: { networkPolicy: false, serviceMonitor: true },
    createdAt: at,
    updatedAt: at,
  };
  const check = firstCheck(cluster, 60_000);
  const running = begun(check, check.dueAt, at, at);
  const asked = requested(failed(running as DriftCheck, at, "no answer", at, 60_000) as DriftCheck, at);
  const ended = finished(running as DriftCheck, at, { counts: noCounts(), failures: [{ namespace: "tenant-a", reason: "?" }] }, at, 60_000);
  for (const one of [check, running, asked, ended])
    expect(answers.Cluster.safeParse(renderCluster(cluster, one as DriftCheck)).error).toBeUndefined();
});

test("a row of the audit trail fits the published schema", () => {
  const { events } = say(tenant(), [{ type: "TenantReady", data: { namespace: "tenant-acme", cluster: "eu-1", tier: "basic" }, cause }], {
    now: at,
    newId: () => "e-1",
    auditDays: 1,
  });
  const [row] = events.map(renderEvent);
  expect(eventRow.safeParse(row).error).toBeUndefined();
  expect(row).toMatchObject({ eventId: "e-1", sequence: 5, actor: "ada" });
});
