import * as z from "zod";
import { clusterLabelKey, labelMap, labelValue, name, owner, quotaPatch, tenantLabelKey, tier, timestamp } from "./fields.ts";

/**
 * Body of `PATCH /tenants/{tenantId}`: an RFC 7396 merge patch. `null` removes: one label, one quota resource, the whole
 * of `labels`, `requirements` or `quota`, the owner, the expiry. Name and tier can be replaced, not removed.
 */
export const patchBody = z
  .strictObject({
    tier: tier.optional(),
    quota: quotaPatch.nullable().optional(),
    name: name.optional(),
    labels: labelMap(tenantLabelKey, labelValue.nullable()).nullable().optional(),
    requirements: labelMap(clusterLabelKey, labelValue.nullable()).nullable().optional(),
    expiresAt: timestamp.nullable().optional(),
    owner: owner.nullable().optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, { error: "at least one member", when: ({ issues }) => issues.length === 0 })
  .meta({ minProperties: 1 });
export type PatchBody = z.infer<typeof patchBody>;

export const example: z.input<typeof patchBody> = { tier: "premium", quota: { cpu: "6", pods: null }, labels: { segment: null } };
