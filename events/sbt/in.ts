import * as z from "zod";
import { toIssues } from "../../shared/domain/issues.ts";
import { SBT_REQUEST_SOURCE, type SbtCause, type SbtRequest } from "../../shared/domain/sbt.ts";
import { tenantIdSchema } from "../../shared/domain/tenant-id.ts";
import type { Timestamp } from "../../shared/domain/tenant.ts";
import { name, owner, tier } from "../bodies/fields.ts";
import type { OnboardBody } from "../bodies/onboard.ts";
import { busTime, invalid, parseEnvelope } from "../in/index.ts";
import { token } from "../in/envelope.ts";

/**
 * The requests of a SaaS Builder Toolkit control plane: `detail` is flat, and holds besides these fields whatever the
 * registration held.
 */
const address = {
  tenantRegistrationId: token.meta({ description: "The registration that the answer is for." }),
  tenantId: tenantIdSchema.meta({ description: "SBT gives its tenants UUIDs." }),
};

const onboarding = z.looseObject({
  ...address,
  tenantName: name.optional(),
  name: name.optional(),
  tier: z
    .string()
    .trim()
    .toLowerCase()
    .pipe(tier)
    .optional()
    .meta({ description: "A tier of the platform's configuration, in any case; `default` where absent." }),
  email: owner.optional().meta({ description: "Becomes the tenant's owner." }),
});
const plain = z.looseObject(address);

const ids = { tenantRegistrationId: "8a1b52c4-6f0e-4f7e-9d3c-0b8a7f6e5d4c", tenantId: "3f2c8f0e-54a1-4a7e-bb1f-6a9d1d0c7e55" };
const registered = {
  ...ids,
  tenantName: "Acme Inc.",
  email: "ops@acme.example",
  tier: "basic",
  prices: [],
  registrationStatus: "In progress",
};

/** By EventBridge `detail-type`. */
export const sbtRequests = {
  sbt_aws_onboardingRequest: { request: "onboarding", schema: onboarding, example: registered },
  sbt_aws_offboardingRequest: { request: "offboarding", schema: plain, example: registered },
  sbt_aws_activateRequest: { request: "activate", schema: plain, example: ids },
  sbt_aws_deactivateRequest: { request: "deactivate", schema: plain, example: ids },
} as const satisfies Record<string, { request: SbtRequest; schema: z.ZodType; example: unknown }>;
type SbtType = keyof typeof sbtRequests;

/** A request of SBT's in our words. */
export interface SbtIncoming {
  type: SbtType;
  eventId: string;
  source: string;
  occurredAt: Timestamp;
  correlationId: string;
  actor: string;
  sbt: SbtCause;
  data: { tenantId: string } & OnboardBody;
}

const isSbtType = (type: string): type is SbtType => Object.hasOwn(sbtRequests, type);

/**
 * Reads a request of SBT's as EventBridge delivers it.
 * @throws TenantryError `InvalidInput` with the mistakes: pointers are into the EventBridge event
 */
export function parseSbtRequest(event: unknown, now: Date): SbtIncoming {
  const { id, source, time, detail, "detail-type": type } = parseEnvelope(event);
  if (!isSbtType(type) || source !== SBT_REQUEST_SOURCE)
    throw invalid(`Events of type ${JSON.stringify(type.slice(0, 100))} from ${source} are not handled here.`, [
      { pointer: "/detail-type", detail: "unknown type" },
    ]);
  const { request, schema } = sbtRequests[type];
  const parsed = schema.safeParse(detail);
  if (!parsed.success) throw invalid(`The ${type} event does not fit its schema.`, toIssues(parsed.error, ["detail"]));
  const { tenantRegistrationId, tenantId } = parsed.data;
  return {
    type,
    eventId: id,
    source,
    occurredAt: busTime(time, now),
    correlationId: tenantRegistrationId,
    actor: source,
    sbt: { tenantRegistrationId, request },
    data: request === "onboarding" ? onboardingOf(parsed.data as z.infer<typeof onboarding>) : ({ tenantId } as SbtIncoming["data"]),
  };
}

function onboardingOf({ tenantId, tenantName, name: plainName, tier: asked, email }: z.infer<typeof onboarding>): SbtIncoming["data"] {
  return {
    tenantId,
    name: tenantName ?? plainName ?? tenantId,
    ...(asked !== undefined && { tier: asked }),
    ...(email !== undefined && { owner: email }),
  };
}

/** Whom to answer, of a request that may be wrong otherwise; `undefined` where it does not say. */
export function sbtCauseOf(event: unknown): SbtCause | undefined {
  const asked = z
    .object({ "detail-type": z.string().refine(isSbtType), detail: z.object({ tenantRegistrationId: address.tenantRegistrationId }) })
    .safeParse(event).data;
  if (asked === undefined) return undefined;
  const type = asked["detail-type"] as SbtType;
  return { tenantRegistrationId: asked.detail.tenantRegistrationId, request: sbtRequests[type].request };
}
