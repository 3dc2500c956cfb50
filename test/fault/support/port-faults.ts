import { isConflict } from "../../../shared/adapters/dynamodb/table.ts";
import { ClusterError, MappingError, type OutboxEvent, WriteConflict } from "../../../shared/ports.ts";

/** A way in which a call of a port fails: what becomes of the call, and what its caller meets. */
export interface PortFault {
  name: string;
  inject: (effect: () => Promise<unknown>, args: readonly unknown[]) => Promise<unknown>;
}

const refused = (name: string, error: () => Error): PortFault => ({ name, inject: () => Promise.reject(error()) });
/** The call takes effect, and its answer is lost. */
const lost = (name: string, error: () => Error): PortFault => ({
  name: `${name}, after it took effect`,
  inject: async (effect) => {
    await effect().catch(() => {});
    throw error();
  },
});

const clusterError = (status: number | undefined, reason: string) => (): ClusterError =>
  new ClusterError(status, reason, `${reason} (injected${status === undefined ? "" : `: ${status}`})`);
const anyClusterCall = [
  refused("403", clusterError(403, "Forbidden")),
  refused("429", clusterError(429, "TooManyRequests")),
  refused("500", clusterError(500, "InternalError")),
  refused("Unreachable", clusterError(undefined, "Unreachable")),
  refused("Timeout", clusterError(undefined, "Timeout")),
  refused("no token", clusterError(undefined, "TokenUnavailable")),
];
const clusterWrite = [
  refused("409", clusterError(409, "Conflict")),
  refused("422", clusterError(422, "Invalid")),
  lost("Unreachable", clusterError(undefined, "Unreachable")),
  lost("Timeout", clusterError(undefined, "Timeout")),
];
const clusterApply = [
  refused("404", () => new ClusterError(404, "NotFound", 'namespaces "tenant-acme" not found (injected: 404)')),
  ...clusterWrite,
];

const awsError =
  (name: string, more: object = {}) =>
  (): Error =>
    Object.assign(new Error(`${name} (injected)`), { name, ...more });
const canceled = (code: string): (() => Error) =>
  awsError("TransactionCanceledException", { CancellationReasons: [{ Code: "None" }, { Code: code }] });

const anyTableCall = [
  refused("throttled", awsError("ThrottlingException")),
  refused("over its throughput", awsError("ProvisionedThroughputExceededException")),
  refused("InternalServerError", awsError("InternalServerError")),
  refused("no answer", awsError("TimeoutError")),
];
const lostTableWrite = lost("no answer", awsError("TimeoutError"));

/** What an adapter makes of an error of DynamoDB: a conflict is told in the words of the port, anything else is thrown. */
const asAdapterTells = (name: string, error: () => Error, conflict: () => unknown): PortFault => ({
  name,
  inject: async () => {
    if (!isConflict(error())) throw error();
    return conflict();
  },
});

const conflicted = (): never => {
  throw new WriteConflict("The record moved (injected).");
};
const tableWrite = (conflict: () => unknown): PortFault[] => [
  ...anyTableCall,
  asAdapterTells("another transaction", awsError("TransactionConflictException"), conflict),
  lostTableWrite,
];
const transaction = (conflict: () => unknown): PortFault[] => [
  ...tableWrite(conflict),
  asAdapterTells("transaction throttled", canceled("ThrottlingError"), conflict),
  asAdapterTells("transaction over its throughput", canceled("ProvisionedThroughputExceeded"), conflict),
  asAdapterTells("transaction beside another", canceled("TransactionConflict"), conflict),
];

const half = (args: readonly unknown[]): unknown[] => {
  const all = args[0] as unknown[];
  return all.splice(Math.ceil(all.length / 2));
};
const queueFaults = [
  refused("not taken", awsError("ServiceUnavailable")),
  {
    name: "taken in part",
    inject: async (effect: () => Promise<unknown>, args: readonly unknown[]) => {
      half(args);
      await effect();
      throw new Error("SQS did not take all messages (injected)");
    },
  },
  lost("no answer", awsError("TimeoutError")),
];

/** The publisher does not throw: it answers what was taken. */
const publisherFaults: PortFault[] = [
  { name: "nothing taken", inject: async (_effect, [events]) => ({ published: [], failed: failedEvents(events as OutboxEvent[]) }) },
  {
    name: "taken in part",
    inject: async (effect, args) => {
      const rest = half(args) as OutboxEvent[];
      return { ...((await effect()) as object), failed: failedEvents(rest) };
    },
  },
  {
    name: "no answer, after it took effect",
    inject: async (effect, [events]) => {
      await effect();
      return { published: [], failed: failedEvents(events as OutboxEvent[]) };
    },
  },
];
const failedEvents = (events: OutboxEvent[]) => events.map((event) => ({ event, reason: "InternalFailure (injected)" }));

const mappingError = (retryable: boolean) => (): MappingError => new MappingError("EKS did not do it (injected).", { retryable });
const mappingFaults = [
  refused("refused by EKS", mappingError(false)),
  refused("not answered by EKS", mappingError(true)),
  lost("not answered by EKS", mappingError(true)),
];

/** The ways in which a call may fail, by its name. The first row that fits counts. */
const faults: [calls: RegExp, PortFault[]][] = [
  [/^cluster\.apply/, [...anyClusterCall, ...clusterApply]],
  [/^cluster\.(delete|patch|finalize)/, [...anyClusterCall, ...clusterWrite]],
  [/^cluster\./, anyClusterCall],
  [/^(queue|accessQueue)\./, queueFaults],
  [/^publisher\./, publisherFaults],
  [/^mappings\./, mappingFaults],
  [/^(store|registry)\.write|^registry\.remove|^directory\.(writeUser|deleteUser)|^revisionLog\.write/, transaction(conflicted)],
  [/^(index\.(defer|setAside|revive)|store\.release)/, tableWrite(() => false)],
  [/^(store\.begin|index\.(claim|take)|outbox\.(remove|markPublished))/, tableWrite(() => undefined)],
  // Items of no transaction.
  [/^(slots|directory)\.(acquire|release|touch|put|mark|note|deleteGroup|deleteMembership)/, [...anyTableCall, lostTableWrite]],
  [/^(store|registry|directory|index|outbox|grants|tenants|revisionIndex|revisionLog)\./, anyTableCall],
];

/** The ways in which a call of that name may fail. */
export const faultsOf = (call: string): PortFault[] => faults.find(([calls]) => calls.test(call))?.[1] ?? [];
