import * as z from "zod";
import { tenantIdSchema } from "../../shared/domain/tenant-id.ts";
import { isolation, name, owner, requirements, tenantLabels, tier, timestamp } from "./fields.ts";

/** Body of `POST /tenants`. Without `tenantId` one is made; without `tier` it is `default`; without `isolation`, the platform's default. */
export const onboardBody = z.strictObject({
  tenantId: tenantIdSchema.optional(),
  name,
  tier: tier.optional(),
  labels: tenantLabels.optional(),
  isolation: isolation.optional(),
  requirements: requirements.optional(),
  owner: owner.optional(),
  expiresAt: timestamp.optional(),
});
export type OnboardBody = z.infer<typeof onboardBody>;

export const example: z.input<typeof onboardBody> = {
  tenantId: "acme",
  name: "Acme Inc.",
  tier: "standard",
  labels: { segment: "retail" },
  owner: "ops@acme.example",
};
