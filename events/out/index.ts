import type * as z from "zod";
import type { outgoingEvents } from "./registry.ts";

export type OutgoingType = keyof typeof outgoingEvents;
/** `data` of each event out. */
export type OutgoingData = { [T in OutgoingType]: z.infer<(typeof outgoingEvents)[T]["schema"]>["data"] };

/**
 * An event to say, its data checked against the contract by the compiler. The outbox adds the envelope.
 * No schema comes with it into a function's bundle.
 */
export function outgoing<T extends OutgoingType>(type: T, data: OutgoingData[T]): { type: T; data: OutgoingData[T] } {
  return { type, data };
}
