import * as z from "zod";
import { exampleMetadata, outgoing } from "./envelope.ts";

/** A person has a role in the tenant: the binding stands in the cluster. */
export const schema = outgoing(
  z.strictObject({
    userId: z.string(),
    role: z.string(),
    sources: z.array(z.string()).meta({ description: "`direct`, or `<provider>:<group id>`: those that give it." }),
    expiresAt: z.iso.datetime({ precision: 3 }).optional(),
  }),
);

export const example: z.input<typeof schema> = {
  metadata: exampleMetadata,
  data: { userId: "anna@example.com", role: "tenant-developer", sources: ["direct"] },
};
