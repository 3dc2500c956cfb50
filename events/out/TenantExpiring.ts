import * as z from "zod";
import { exampleMetadata, outgoing, time } from "./envelope.ts";

/** The tenant's time is nearly up: at `expiresAt` it is decommissioned, unless that is changed. */
export const schema = outgoing(
  z.strictObject({
    expiresAt: time,
  }),
);

export const example: z.input<typeof schema> = {
  metadata: exampleMetadata,
  data: { expiresAt: "2030-03-31T00:00:00.000Z" },
};
