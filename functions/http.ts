import { canonicalHash } from "../shared/domain/canonical.ts";
import { phaseOf } from "../shared/domain/phase.ts";
import type { Tenant } from "../shared/domain/tenant.ts";
import { etagOf, renderTenant } from "../shared/http/render.ts";
import type { HttpAnswer, HttpRequest } from "../shared/http/request.ts";
import type { ReconcilePorts } from "../shared/reconcile/ports.ts";
import { startRun } from "../shared/reconcile/run.ts";
import type { CommandKey } from "../shared/usecases/once.ts";
import type { Command, Recorded } from "../shared/usecases/record-intent.ts";

/** A request as a command: eager for as long as its caller waits. */
export function commandOf(request: HttpRequest, operation: string, tenantId: string, { clock, newId, platform }: ReconcilePorts): Command {
  const { cause, receivedAt: occurredAt, ifMatch, waitSeconds } = request;
  const { requestTimeoutMs } = platform.cluster;
  return {
    tenantId,
    cause,
    occurredAt,
    newest: true,
    ifMatch,
    key: keyOf(request, operation),
    eager:
      waitSeconds <= 0
        ? undefined
        : startRun({ owner: newId(), now: clock.now(), remainingMs: request.remainingMs(), requestTimeoutMs, workMs: waitSeconds * 1_000 }),
  };
}

/** What dedupes a request: its `Idempotency-Key` with the principal, and the hash of all that it asks. */
export function keyOf({ idempotencyKey, principal, params, query, body }: HttpRequest, operation: string): CommandKey | undefined {
  return idempotencyKey === undefined
    ? undefined
    : { id: `http#${principal}#${idempotencyKey}`, hash: canonicalHash({ operation, params, query, body }) };
}

/** 201 or 200 where the tenant stands (a tombstone, too), 202 where it is on the way or needs help. */
export function answerOf({ tenant, created }: Recorded): HttpAnswer {
  const stands = ["Ready", "Suspended", "Deleted"].includes(phaseOf(tenant));
  const status = stands ? (created ? 201 : 200) : 202;
  return { ...tenantAnswer(status, tenant), location: `/tenants/${tenant.tenantId}` };
}

export const tenantAnswer = (status: number, tenant: Tenant): HttpAnswer => ({ status, body: renderTenant(tenant), etag: etagOf(tenant) });
