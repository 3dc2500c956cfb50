import type * as z from "zod";
import { tenantIdSchema } from "../../shared/domain/tenant-id.ts";
import { example as body, onboardBody } from "../bodies/onboard.ts";
import { incoming } from "./envelope.ts";

/** Onboard a tenant: the body of `POST /tenants`, with its id given. */
export const schema = incoming(onboardBody.safeExtend({ tenantId: tenantIdSchema }));

export const example: z.input<typeof schema> = {
  metadata: { eventId: "signup-7f3a", correlationId: "order-1042", occurredAt: "2030-01-31T12:00:00Z", version: "1", actor: "signup" },
  data: { ...body, tenantId: "acme" },
};
