import * as z from "zod";
import { principalArn, timestamp } from "./fields.ts";

/** Body of `PUT /tenants/{tenantId}/grants/{userId}/{role}`; it may be left out. */
export const grantBody = z.strictObject({
  expiresAt: timestamp.optional().meta({ description: "When the grant ends by itself; never where absent." }),
  principalArn: principalArn.optional(),
});
export type GrantBody = z.infer<typeof grantBody>;

export const example: z.input<typeof grantBody> = { expiresAt: "2030-06-30T18:00:00Z" };
