import * as z from "zod";
import { tenantIdSchema } from "../../shared/domain/tenant-id.ts";
import { tier } from "../bodies/fields.ts";
import { incoming } from "./envelope.ts";

/** Put a tenant on another tier. */
export const schema = incoming(z.strictObject({ tenantId: tenantIdSchema, tier }));

export const example: z.input<typeof schema> = { metadata: { eventId: "billing-31" }, data: { tenantId: "acme", tier: "premium" } };
