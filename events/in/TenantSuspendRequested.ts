import * as z from "zod";
import { tenantIdSchema } from "../../shared/domain/tenant-id.ts";
import { incoming } from "./envelope.ts";

/** Asks for a tenant to sleep: no access, no network, no pods; nothing is lost. */
export const schema = incoming(z.strictObject({ tenantId: tenantIdSchema }));

export const example: z.input<typeof schema> = { metadata: { eventId: "signup-9c01" }, data: { tenantId: "acme" } };
