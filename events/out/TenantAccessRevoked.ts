import * as z from "zod";
import { exampleMetadata, outgoing } from "./envelope.ts";

/** A person lost a role in the tenant: the binding is gone from the cluster. */
export const schema = outgoing(
  z.strictObject({
    userId: z.string(),
    role: z.string(),
    sources: z.array(z.string()).meta({ description: "`direct`, or `<provider>:<group id>`: those that gave it before." }),
    reason: z.enum(["Revoked", "Expired"]),
  }),
);

export const example: z.input<typeof schema> = {
  metadata: exampleMetadata,
  data: { userId: "anna@example.com", role: "tenant-developer", sources: ["direct"], reason: "Revoked" },
};
