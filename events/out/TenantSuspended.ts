import * as z from "zod";
import { exampleMetadata, outgoing } from "./envelope.ts";

/** The tenant sleeps: access cut, network closed, workloads at zero. Its data and its record stay. */
export const schema = outgoing(
  z.strictObject({
    namespace: z.string(),
    cluster: z.string().nullable(),
    workloads: z.int().meta({ description: "Workloads that were put to sleep." }),
  }),
);

export const example: z.input<typeof schema> = {
  metadata: exampleMetadata,
  data: { namespace: "tenant-acme", cluster: "eu-1", workloads: 4 },
};
