import * as z from "zod";
import { tenantIdSchema } from "../../shared/domain/tenant-id.ts";
import { role, userId } from "../bodies/fields.ts";
import { incoming } from "./envelope.ts";

/** Takes back what was granted directly; what a group of the identity provider gives stays. */
export const schema = incoming(z.strictObject({ tenantId: tenantIdSchema, userId, role }));

export const example: z.input<typeof schema> = {
  metadata: { eventId: "hr-205" },
  data: { tenantId: "acme", userId: "anna@example.com", role: "tenant-developer" },
};
