import * as z from "zod";
import { tenantIdSchema } from "../../shared/domain/tenant-id.ts";
import { incoming } from "./envelope.ts";

/** Decommission a tenant. */
export const schema = incoming(z.strictObject({ tenantId: tenantIdSchema }));

export const example: z.input<typeof schema> = { metadata: { eventId: "signup-9c01" }, data: { tenantId: "acme" } };
