import { setImmediate } from "node:timers/promises";
import pLimit from "p-limit";
import platform from "../../config/tenantry.ts";
import { KubernetesClient } from "../../shared/adapters/kubernetes/client.ts";
import { Connections } from "../../shared/adapters/kubernetes/dispatcher.ts";
import { pathOfList } from "../../shared/adapters/kubernetes/path.ts";
import { Requests } from "../../shared/adapters/kubernetes/request.ts";
import { TokenBucket } from "../../shared/adapters/kubernetes/token-bucket.ts";
import type { Tenant } from "../../shared/domain/tenant.ts";
import { listedKinds } from "../../shared/manifests/drift.ts";
import { refOf, tenantObjects } from "../../shared/manifests/index.ts";
import type { ClusterApi } from "../../shared/ports.ts";
import { decide } from "../../shared/reconcile/decide.ts";
import { perform } from "../../shared/reconcile/perform.ts";
import { progress } from "../../shared/reconcile/settle.ts";
import type { DriftPorts } from "../../shared/usecases/check-drift.ts";
import { PAGE } from "../../shared/usecases/drift/namespaces.ts";
import { aCluster, aDesired, aTenant } from "../../test/support/builders.ts";
import { freeSlots, MemoryQueue, MemoryRegistry, MemoryTable } from "../../test/support/memory-table.ts";
import { fixedToken } from "../../test/support/real-cluster.ts";

export interface Target {
  server: string;
  caData: string;
  token: string;
}

const installation = "bench";
const cluster = aCluster({ name: "bench" });
const never = new AbortController().signal;

/** Counts what is written to the table. */
class CountedTable extends MemoryTable {
  writes = 0;
  override async write(write: Parameters<MemoryTable["write"]>[0]): Promise<void> {
    this.writes += 1;
    await super.write(write);
  }
  /** Answers by the event loop, as a table does, and without a copy: what the table itself costs is not measured here. */
  override async getMany(tenantIds: string[]): Promise<Map<string, Tenant>> {
    await setImmediate();
    return new Map(tenantIds.map((id) => [id, this.tenants.get(id) as Tenant]));
  }
  /** The same records, none of which remembers a version: every object is compared. */
  withoutVersions(): DriftPorts["tenants"] {
    const table = new CountedTable();
    for (const [id, tenant] of this.tenants) table.tenants.set(id, { ...tenant, status: { ...tenant.status, versions: undefined } });
    return table;
  }
}

/** Our client and the bare loop on one and the same dispatcher. */
export function open({ server, caData, token }: Target) {
  const { connections: most, requestTimeoutMs } = platform.cluster;
  const connections = new Connections({ name: "bench", server, caData }, { connections: most, connectTimeoutMs: requestTimeoutMs });
  const sent: string[] = [];
  const requests = new Requests({
    connections,
    tokens: fixedToken(token),
    bucket: new TokenBucket({ qps: 1e6, burst: 1e6 }),
    settings: { requestTimeoutMs: 30_000, onRequest: ({ method, path }) => void sent.push(`${method} ${path.split("?")[0]}`) },
  });
  return {
    api: new KubernetesClient(requests) as ClusterApi,
    dispatcher: () => connections.current(),
    sent,
    close: () => connections.close(),
  };
}

/** Tenants at rest: in the cluster, by our own applies, and in a table in memory. */
export async function aFleet(tenants: number, api: ClusterApi): Promise<{ ports: DriftPorts; table: CountedTable; ids: string[] }> {
  const table = new CountedTable();
  const limit = pLimit(16);
  const ids = Array.from({ length: tenants }, (_, index) => `drift-${String(index).padStart(6, "0")}`);
  await Promise.all(ids.map((tenantId) => limit(async () => void table.tenants.set(tenantId, await aTenantAtRest(tenantId, api)))));
  const ports: DriftPorts = {
    store: table,
    tenants: table,
    registry: new MemoryRegistry([cluster]),
    clusters: { connect: () => api },
    slots: freeSlots,
    queue: new MemoryQueue(),
    clock: { now: () => new Date() },
    newId: () => crypto.randomUUID(),
    random: Math.random,
    log: { info: () => {}, warn: () => {}, error: (message) => console.log(`  ${message}`) },
    platform,
    installation,
  };
  return { ports, table, ids };
}

async function aTenantAtRest(tenantId: string, api: ClusterApi): Promise<Tenant> {
  const tenant = aTenant({ tenantId, desired: aDesired({ tier: "standard" }), cluster: cluster.name });
  const objects = tenantObjects(tenant, platform, cluster, installation);
  const performed = await perform(decide(tenant, "absent", { objects, absent: [] }), api, never);
  if (Object.keys(performed.errors).length > 0) throw new Error(`${tenantId}: ${JSON.stringify(performed.errors)}`);
  for (const object of objects) if (object.kind === "NetworkPolicy") await api.patch(refOf(object), touched, {}, never);
  return { ...tenant, status: { ...progress(tenant, { namespace: "absent", performed }), observedGeneration: 1 } };
}

/**
 * The VPC CNI's controller puts a finalizer on every NetworkPolicy, so its version is never the one that our apply left. Nor is a
 * quota's, of which none is remembered. So these two are compared here, as in a cluster on EKS.
 */
const touched = { metadata: { finalizers: ["networking.k8s.aws/resources"] } };

/** Reads every page of every kind, kinds side by side, and does nothing with them. Answers the lists that it took. */
export async function bareLoop({ dispatcher }: ReturnType<typeof open>, { token }: Target): Promise<number> {
  const lists = await Promise.all(
    listedKinds(cluster).map(async ({ labelSelector, ...kind }) => {
      let pages = 0;
      let next: string | undefined;
      do {
        const search = new URLSearchParams({
          limit: String(PAGE),
          ...(labelSelector && { labelSelector }),
          ...(next && { continue: next }),
        });
        const { body } = await (dispatcher() as import("undici").Pool).request({
          method: "GET",
          path: `${pathOfList(kind)}?${search}`,
          headers: { authorization: `Bearer ${token}`, accept: "application/json" },
        });
        const page = (await body.json()) as { metadata: { continue?: string }; items: unknown[] };
        next = page.metadata.continue || undefined;
        pages += 1;
      } while (next !== undefined);
      return pages;
    }),
  );
  return lists.reduce((sum, pages) => sum + pages, 0);
}
