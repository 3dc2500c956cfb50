import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import pLimit from "p-limit";
import type { Tenant } from "../../shared/domain/tenant.ts";
import { anId, dynamodb, kubectl, putEvent, tableName, until } from "../support/stack.ts";
import type { Heard } from "./bus.ts";

const KINDS = "namespaces,networkpolicies,serviceaccounts,roles,rolebindings,resourcequotas,limitranges,servicemonitors";
const OBJECTS = 8;
const limit = pLimit(8);

interface EventItem {
  type: string;
  sequence: number;
  occurredAt: string;
  dueAt?: string;
}

interface Collection {
  tenantId: string;
  record: (Tenant & { phase: string }) | undefined;
  events: EventItem[];
}

export const someIds = (prefix: string, count: number): string[] => Array.from({ length: count }, () => anId(prefix));

/** Asks for a tenant as a signup system does: until the bus took it. */
export async function ask(tenantId: string, requirements: Record<string, string> = {}): Promise<void> {
  const data = { tenantId, name: `Tenant ${tenantId}`, tier: "basic", requirements };
  await limit(() =>
    until(
      `the bus to take the onboarding of ${tenantId}`,
      async () => {
        await putEvent("TenantOnboardingRequested", data);
        return true;
      },
      120,
    ),
  );
}

async function collectionOf(tenantId: string): Promise<Collection> {
  const query = new QueryCommand({
    TableName: tableName(),
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": { S: `TENANT#${tenantId}` } },
    ConsistentRead: true,
  });
  const { Items = [] } = await limit(() => dynamodb.send(query));
  const items = Items.map((item) => unmarshall(item));
  return {
    tenantId,
    record: items.find(({ sk }) => sk === "TENANT") as Collection["record"],
    events: items.filter(({ sk }) => String(sk).startsWith("EVENT#")) as unknown as EventItem[],
  };
}

export const collections = (ids: string[]): Promise<Collection[]> => Promise.all(ids.map(collectionOf));

export async function readyAmong(ids: string[]): Promise<number> {
  return (await collections(ids)).filter(({ record }) => record?.phase === "Ready").length;
}

/** Waits until all are Ready; fails with what the others say of themselves. */
export async function untilReady(ids: string[], seconds: number): Promise<void> {
  let open = ids;
  try {
    await until(
      `${ids.length} tenants to be Ready`,
      async () => {
        const seen = await collections(open);
        open = seen.filter(({ record }) => record?.phase !== "Ready").map(({ tenantId }) => tenantId);
        return open.length === 0 ? true : undefined;
      },
      seconds,
    );
  } catch (error) {
    const left = await collections(open.slice(0, 3));
    const words = left.map(
      ({ tenantId, record, events }) =>
        `${tenantId}: ${record?.phase ?? "no record"}, due ${record?.dueAt}, lease ${record?.lease?.until}, ${events.map(({ type }) => type)}`,
    );
    throw new Error(`${open.length} of ${ids.length} are not Ready after ${seconds} s; ${words.join("; ")}`, { cause: error });
  }
}

/** What is wrong with a tenant's trail, if anything: onboarded once, first; ready once, last; told of failures between; no gap. */
function faultsOfTrail({ tenantId, events }: Collection, heard: Heard): string[] {
  const types = events.map(({ type }) => type);
  const faults: string[] = [];
  const between = types.slice(1, -1).filter((type) => type !== "TenantFailed");
  if (types[0] !== "TenantOnboarded" || types.at(-1) !== "TenantReady" || between.length > 0) faults.push(types.join(" "));
  if (events.some(({ sequence }, index) => sequence !== index + 1)) faults.push(`gap: ${events.map(({ sequence }) => sequence)}`);
  for (const { sequence, dueAt } of events) {
    const ids = heard.idsOf(tenantId, sequence);
    if (dueAt !== undefined || ids.size !== 1) faults.push(`event ${sequence} was heard under ${ids.size} ids, due ${dueAt}`);
  }
  return faults.map((fault) => `${tenantId}: ${fault}`);
}

/** What is wrong in the cluster: each tenant has each of its objects once, in the very namespace that its record knows. */
async function faultsOfCluster(all: Collection[]): Promise<string[]> {
  const columns = "N:.metadata.namespace,K:.kind,U:.metadata.uid,T:.metadata.labels.tenant-id";
  const selector = "app.kubernetes.io/managed-by=tenantry";
  const table = await kubectl("get", KINDS, "-A", "-l", selector, "--no-headers", "-o", `custom-columns=${columns}`);
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/));
  return all.flatMap(({ tenantId, record }) => {
    const own = rows.filter(([, , , tenant]) => tenant === tenantId);
    const kinds = new Set(own.map(([, kind]) => kind));
    const uid = own.find(([, kind]) => kind === "Namespace")?.[2];
    const faults: string[] = [];
    if (own.length !== OBJECTS || kinds.size !== OBJECTS) faults.push(`${tenantId}: ${own.length} objects of ${kinds.size} kinds`);
    if (uid !== record?.status.namespaceUid)
      faults.push(`${tenantId}: namespace ${uid}, and the record says ${record?.status.namespaceUid}`);
    return faults;
  });
}

/**
 * What must hold after an outage, for tenants that are all Ready: none twice, nothing missing, every event said.
 * The sweep of events has its time. Answers what held, in words.
 */
export async function prove(ids: string[], heard: Heard): Promise<string> {
  let faults: string[] = [];
  const all = await until(
    "every event to be said once",
    async () => {
      const seen = await collections(ids);
      faults = seen.flatMap((one) => faultsOfTrail(one, heard));
      return faults.length === 0 ? seen : undefined;
    },
    180,
  ).catch((error: unknown) => {
    throw new Error(`${faults.length} faults: ${faults.slice(0, 5).join("; ")}`, { cause: error });
  });
  const missing = await faultsOfCluster(all);
  if (missing.length > 0) throw new Error(`${missing.length} faults in the cluster: ${missing.slice(0, 5).join("; ")}`);
  const late = all.filter(
    ({ record, events }) => Date.parse(record?.status.readyAt ?? "") - Date.parse(events[0]?.occurredAt ?? "") > 10_000,
  );
  const told = all.flatMap(({ events }) => events.filter(({ type }) => type === "TenantFailed"));
  return (
    `${ids.length} of ${ids.length} Ready, each with one TenantOnboarded, one TenantReady, no gap, one id an event on the bus, ` +
    `${OBJECTS} objects once (${late.length} took more than 10 s, ${told.length} told of TenantFailed)`
  );
}
