import * as z from "zod";
import { tenantIdSchema } from "../../shared/domain/tenant-id.ts";
import { quotaPatch } from "../bodies/fields.ts";
import { incoming } from "./envelope.ts";

/** Override resources of the tier's quota, up to its ceiling; `null` goes back to the tier's. */
export const schema = incoming(z.strictObject({ tenantId: tenantIdSchema, quota: quotaPatch.nullable() }));

export const example: z.input<typeof schema> = { data: { tenantId: "acme", quota: { cpu: "6", memory: null } } };
