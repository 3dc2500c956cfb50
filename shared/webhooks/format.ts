import type { IdentityChange, UserSaid } from "../domain/identity.ts";
import type { Timestamp } from "../domain/tenant.ts";

/** A webhook's request as it came. */
export interface Delivery {
  /** By lower-case name. */
  headers: Readonly<Record<string, string | undefined>>;
  /** The very bytes that were signed. */
  body: Buffer;
}

/**
 * `authentic` with the provider's id of the message; `refused`: not signed by a valid secret, or not of this time;
 * `malformed`: authentic, but without what its format must have. `why` is for our log alone.
 */
export type Verdict = { authentic: true; id: string } | { refused: string } | { malformed: string };

/** What a message says. Unknown types are named; what is of a known type and cannot be read is told with the reason. */
export interface Translation {
  changes: IdentityChange[];
  /** People who left every group whose id begins so. */
  left: { groups: string; user: UserSaid; occurredAt: Timestamp }[];
  ignored: string[];
  malformed: string[];
}

/** How one provider signs and what it says. Pure. */
export interface WebhookFormat {
  /** Compares in constant time; with no secret everything is refused. */
  verify(delivery: Delivery, secrets: readonly string[], now: Date): Verdict;
  translate(body: string): Translation;
}

/** The message's id as an item's key may hold it. */
export const messageId = /^[\x21-\x7e]{1,256}$/;
