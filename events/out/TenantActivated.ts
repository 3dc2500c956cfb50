import * as z from "zod";
import { exampleMetadata, outgoing } from "./envelope.ts";

/** The tenant is awake again, as it was before it was suspended. */
export const schema = outgoing(
  z.strictObject({
    namespace: z.string(),
    cluster: z.string().nullable(),
  }),
);

export const example: z.input<typeof schema> = {
  metadata: exampleMetadata,
  data: { namespace: "tenant-acme", cluster: "eu-1" },
};
