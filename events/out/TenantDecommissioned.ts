import * as z from "zod";
import { exampleMetadata, outgoing, time } from "./envelope.ts";

/** The tenant is gone from the cluster, with the proof of it. */
export const schema = outgoing(
  z.strictObject({
    namespace: z.string(),
    cluster: z.string().nullable().meta({ description: "`null` where it never had one." }),
    proof: z.strictObject({
      cluster: z.string().nullable(),
      namespace: z.string(),
      namespaceUid: z.string().nullable(),
      namespaceAbsentAt: time.nullable().meta({ description: "`null` where the cluster was forgotten unseen." }),
      clusterScoped: z.strictObject({ found: z.int(), kindsChecked: z.int(), kindsUnchecked: z.array(z.string()) }),
      identityMappings: z.int(),
    }),
  }),
);

export const example: z.input<typeof schema> = {
  metadata: exampleMetadata,
  data: {
    namespace: "tenant-acme",
    cluster: "eu-1",
    proof: {
      cluster: "eu-1",
      namespace: "tenant-acme",
      namespaceUid: "5c0b8a0e-9d3b-4a57-b9b6-0a6f4a6d7c11",
      namespaceAbsentAt: "2030-02-28T08:00:09.100Z",
      clusterScoped: { found: 0, kindsChecked: 31, kindsUnchecked: [] },
      identityMappings: 0,
    },
  },
};
