import * as z from "zod";
import { tenantIdSchema } from "../../shared/domain/tenant-id.ts";
import { principalArn, role, timestamp, userId } from "../bodies/fields.ts";
import { incoming } from "./envelope.ts";

/** Gives a person a role in a tenant. */
export const schema = incoming(
  z.strictObject({ tenantId: tenantIdSchema, userId, role, expiresAt: timestamp.optional(), principalArn: principalArn.optional() }),
);

export const example: z.input<typeof schema> = {
  metadata: { eventId: "hr-204", actor: "helpdesk" },
  data: { tenantId: "acme", userId: "anna@example.com", role: "tenant-developer", expiresAt: "2030-06-30T18:00:00Z" },
};
