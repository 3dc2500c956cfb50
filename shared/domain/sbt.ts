/**
 * The SaaS Builder Toolkit's words: what its control plane asks, and what it is answered.
 * Shapes: github.com/awslabs/sbt-aws, `EventManager` (detail types with the prefix `sbt_aws_`) and `TenantRegistrationService`
 * (which patches the registration `tenantRegistrationId` with the answer's `jobOutput`).
 */
import { namespaceOf } from "./tenant.ts";

export type SbtRequest = "onboarding" | "offboarding" | "activate" | "deactivate";

/** The registration that a command of SBT's came for: part of the command's cause, until it is answered. */
export interface SbtCause {
  tenantRegistrationId: string;
  request: SbtRequest;
}

/** An event in another system's words, published beside one of ours. */
export interface ForeignEvent {
  source: string;
  type: string;
  detail: Record<string, unknown>;
}

export const SBT_REQUEST_SOURCE = "sbt.control.plane";
export const SBT_ANSWER_SOURCE = "sbt.application.plane";

interface Answering {
  /** Our event that means success. */
  by: string;
  /** The answers' names, without prefix and ending: the first is what SBT's control plane itself listens to. */
  names: readonly string[];
  /** `registrationStatus` on success. */
  status: string;
}

export const sbtAnswering: Record<SbtRequest, Answering> = {
  onboarding: { by: "TenantReady", names: ["provision", "onboarding"], status: "created" },
  offboarding: { by: "TenantDecommissioned", names: ["deprovision", "offboarding"], status: "deleted" },
  activate: { by: "TenantActivated", names: ["activate"], status: "active" },
  deactivate: { by: "TenantSuspended", names: ["deactivate"], status: "inactive" },
};

/** The answers to a request that is done. `tenantData` goes into SBT's record of the tenant: all text, as its table wants. */
export function sbtSuccess(
  { tenantRegistrationId, request }: SbtCause,
  tenant: { tenantId: string; cluster?: string | undefined },
): ForeignEvent[] {
  const { names, status } = sbtAnswering[request];
  const tenantData = request === "onboarding" ? { namespace: namespaceOf(tenant.tenantId), cluster: tenant.cluster ?? "" } : {};
  const jobOutput = { tenantData, tenantRegistrationData: { registrationStatus: status } };
  return names.map((name) => ({ source: SBT_ANSWER_SOURCE, type: `sbt_aws_${name}Success`, detail: { tenantRegistrationId, jobOutput } }));
}

/** The answers to a request that cannot be met, or not without a person. */
export function sbtFailure({ tenantRegistrationId, request }: SbtCause, why: { reason: string; message: string }): ForeignEvent[] {
  const tenantRegistrationData = { registrationStatus: "failed", registrationError: `${why.reason}: ${why.message}` };
  const detail = { tenantRegistrationId, jobOutput: { tenantData: {}, tenantRegistrationData } };
  return sbtAnswering[request].names.map((name) => ({ source: SBT_ANSWER_SOURCE, type: `sbt_aws_${name}Failure`, detail }));
}

interface Speaking {
  tenantId: string;
  cluster?: string | undefined;
  announcements: { cause: { sbt?: SbtCause | undefined } }[];
}

/**
 * What SBT hears beside one of our events: success where it is the one that a request waits for; failure of every request
 * that still waits where the tenant is blocked. What is retried by itself is no failure.
 */
export function sbtAnswers(
  tenant: Speaking,
  said: { type: string; data: Record<string, unknown>; cause: { sbt?: SbtCause | undefined } },
): ForeignEvent[] {
  const { type, data, cause } = said;
  if (type === "TenantBlocked") {
    const why = { reason: String(data["reason"]), message: String(data["message"]) };
    return tenant.announcements.flatMap((waiting) => (waiting.cause.sbt === undefined ? [] : sbtFailure(waiting.cause.sbt, why)));
  }
  if (cause.sbt === undefined || sbtAnswering[cause.sbt.request].by !== type) return [];
  return sbtSuccess(cause.sbt, tenant);
}
