import * as z from "zod";
import { isolation } from "../bodies/fields.ts";
import { exampleMetadata, outgoing } from "./envelope.ts";

/** The wish for a tenant is recorded; its environment follows. */
export const schema = outgoing(
  z.strictObject({
    name: z.string(),
    tier: z.string(),
    isolation,
    labels: z.record(z.string(), z.string()),
  }),
);

export const example: z.input<typeof schema> = {
  metadata: exampleMetadata,
  data: { name: "Acme Inc.", tier: "standard", isolation: "namespace", labels: { segment: "retail" } },
};
