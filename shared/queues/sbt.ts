import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { parseSbtRequest, sbtCauseOf, type SbtIncoming } from "../../events/sbt/in.ts";
import { TenantryError } from "../domain/errors.ts";
import { type SbtCause, type SbtRequest, sbtFailure, sbtSuccess } from "../domain/sbt.ts";
import type { Tenant } from "../domain/tenant.ts";
import type { ForeignPublisher } from "../ports.ts";
import type { Command, Recorded } from "../usecases/record-intent.ts";
import { runOf } from "./batch.ts";
import { bodyOf, type CommandQueuePorts, commandOf, reasonOf, settingAside } from "./commands.ts";

/** One use case for each request of SBT's. */
export type SbtHandlers = { [K in SbtRequest]: (command: Command, incoming: SbtIncoming) => Promise<Recorded> };

/**
 * Handles what a SaaS Builder Toolkit control plane asks, and sees to it that each request is answered, at least once:
 *
 *     taken       with the event that says it is done, from the outbox (shared/domain/sbt.ts)
 *     so already  here, as nothing will change and so no event will come
 *     refused     here, before the message is set aside as a dead letter
 */
export function sbtQueue(
  handlers: SbtHandlers,
  ports: CommandQueuePorts & { tell: ForeignPublisher },
): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const handle = async (record: SQSRecord, context: Context): Promise<void> => {
    const now = ports.clock.now();
    const incoming = parseSbtRequest(bodyOf(record), now);
    const { sbt, data } = incoming;
    const run = runOf(context, { now, requestTimeoutMs: ports.requestTimeoutMs, owner: ports.newId() });
    const command = commandOf(incoming, run);
    const { tenant, changed } = await handlers[sbt.request]({ ...command, cause: { ...command.cause, sbt } }, incoming);
    if (changed) return;
    if (stands(sbt.request, tenant)) return ports.tell(sbtSuccess(sbt, tenant));
    if (waits(sbt, tenant)) return;
    throw new TenantryError("WriteContention", `Tenant "${data.tenantId}" is not yet as asked, for what others asked of it.`);
  };
  const refused = async (record: SQSRecord, error: TenantryError): Promise<void> => {
    const sbt = sbtCauseOf(readable(record));
    if (sbt !== undefined) await ports.tell(sbtFailure(sbt, { reason: error.code, message: reasonOf(error) }));
  };
  return settingAside(handle, ports, refused);
}

/** Whether a tenant is as a request wants it. */
function stands(request: SbtRequest, { desired, status, generation }: Tenant): boolean {
  if (request === "offboarding") return status.deletedAt !== undefined;
  if (desired.state !== "Active" || status.observedGeneration !== generation || status.failure !== undefined) return false;
  return request === "onboarding" || (desired.suspended === true) === (request === "deactivate");
}

/** Whether an event is to come that answers this very registration. */
const waits = (sbt: SbtCause, { announcements }: Tenant): boolean =>
  announcements.some(({ cause }) => cause.sbt?.tenantRegistrationId === sbt.tenantRegistrationId && cause.sbt.request === sbt.request);

function readable(record: SQSRecord): unknown {
  try {
    return bodyOf(record);
  } catch {
    // Nobody can be told; the dead letter says why.
    return undefined;
  }
}
