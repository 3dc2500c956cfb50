import * as z from "zod";
import { exampleMetadata, outgoing, time } from "./envelope.ts";

/** Work for the tenant failed and will be tried again at `retryAt`. */
export const schema = outgoing(
  z.strictObject({
    reason: z.string(),
    message: z.string(),
    retryAt: time,
  }),
);

export const example: z.input<typeof schema> = {
  metadata: exampleMetadata,
  data: { reason: "ClusterUnreachable", message: "The cluster eu-1 did not answer.", retryAt: "2030-01-31T12:00:05.000Z" },
};
