import * as z from "zod";
import { EVENT_VERSION } from "../../shared/domain/outbox.ts";
import { tenantIdSchema } from "../../shared/domain/tenant-id.ts";

/** A time as Tenantry writes it: UTC with milliseconds. */
export const time = z.iso.datetime({ precision: 3 });

const metadata = z.strictObject({
  eventId: z.string().min(1).meta({ description: "Dedupes the event: the same for every copy." }),
  version: z.literal(EVENT_VERSION),
  occurredAt: time,
  tenantId: tenantIdSchema,
  sequence: z.int().min(1).meta({ description: "Orders a tenant's events: 1, 2, 3, ..." }),
  correlationId: z.string().min(1),
  causationId: z.string().min(1).meta({ description: "The event or request that this one follows from." }),
  actor: z.string().min(1),
});

/** `detail` of every event out. */
export const outgoing = <Data extends z.ZodType>(data: Data) => z.strictObject({ metadata, data });

/** The metadata of every example. */
export const exampleMetadata: z.infer<typeof metadata> = {
  eventId: "01a0c1f2-0000-7000-8000-000000000001",
  version: EVENT_VERSION,
  occurredAt: "2030-01-31T12:00:01.250Z",
  tenantId: "acme",
  sequence: 2,
  correlationId: "order-1042",
  causationId: "signup-7f3a",
  actor: "signup",
};
