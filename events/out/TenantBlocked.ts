import * as z from "zod";
import { exampleMetadata, outgoing } from "./envelope.ts";

/** Work for the tenant needs a person; `message` says what. */
export const schema = outgoing(
  z.strictObject({
    reason: z.string(),
    message: z.string(),
  }),
);

export const example: z.input<typeof schema> = {
  metadata: exampleMetadata,
  data: { reason: "NamespaceTaken", message: "The namespace tenant-acme exists and is not Tenantry's." },
};
