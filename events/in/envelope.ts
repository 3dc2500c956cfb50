import * as z from "zod";
import { isWellFormed, noControls } from "../../shared/domain/text.ts";
import { timestamp } from "../bodies/fields.ts";

/** Ids and names of other systems: visible ASCII, short enough for keys. */
export const token = z.string().regex(/^[\x21-\x7e]{1,255}$/, "1 to 255 visible ASCII characters");

const metadata = z.strictObject({
  eventId: token.optional().meta({ description: "Dedupes the event within its source. EventBridge's own id where absent." }),
  correlationId: token.optional(),
  occurredAt: timestamp.optional().meta({ description: "When it happened: the latest wins. EventBridge's time where absent." }),
  version: z
    .string()
    .regex(/^1(\.\d{1,6})?$/, "a supported version: 1 or 1.x")
    .optional(),
  actor: z
    .string()
    .min(1)
    .max(256)
    .regex(noControls, "1 to 256 characters on one line")
    .refine(isWellFormed, "no lone surrogates")
    .optional(),
});

/** `detail` of every incoming event: `{metadata?, data}`. */
export const incoming = <Data extends z.ZodType>(data: Data) => z.strictObject({ metadata: metadata.optional(), data });
