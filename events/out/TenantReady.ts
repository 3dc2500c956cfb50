import * as z from "zod";
import { exampleMetadata, outgoing } from "./envelope.ts";

/** The tenant's environment stands, for the first time or again after a failure. */
export const schema = outgoing(
  z.strictObject({
    namespace: z.string(),
    cluster: z.string(),
    tier: z.string(),
  }),
);

export const example: z.input<typeof schema> = {
  metadata: exampleMetadata,
  data: { namespace: "tenant-acme", cluster: "eu-1", tier: "standard" },
};
