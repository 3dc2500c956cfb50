import * as z from "zod";
import { tenantIdSchema } from "../../shared/domain/tenant-id.ts";
import { incoming } from "./envelope.ts";

/** Asks for a suspended tenant to be as it was before. */
export const schema = incoming(z.strictObject({ tenantId: tenantIdSchema }));

export const example: z.input<typeof schema> = { metadata: { eventId: "signup-9c01" }, data: { tenantId: "acme" } };
