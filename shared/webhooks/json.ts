import * as z from "zod";
import { ID_BYTES, isId } from "../domain/directory.ts";
import type { IdentityChange } from "../domain/identity.ts";
import type { Translation } from "./format.ts";

/** The body as JSON, or `undefined` where it is none, not UTF-8, or no object. */
export function objectOf(body: Buffer | string): Record<string, unknown> | undefined {
  try {
    const text = typeof body === "string" ? body : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** An id of the provider's: short enough for a key. Lone surrogates cannot be told apart in UTF-8. */
export const id = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cs}]+$/u, "no lone surrogates");
/** A name or an address that may be missing: what is no text, or an empty one, is none. */
export const said = z.string().min(1).max(1_024).optional().catch(undefined);
/** A time with its zone, as RFC 3339 UTC with milliseconds: times are compared as text. */
export const time = z.iso.datetime({ offset: true }).transform((value) => new Date(value).toISOString());

export const nothingSaid = (): Translation => ({ changes: [], left: [], ignored: [], malformed: [] });

/** Reads one event of a known type into `into`; what does not fit is malformed, by the first mistake. */
export function read<S extends z.ZodType>(
  into: Translation,
  what: string,
  schema: S,
  value: unknown,
  change: (said: z.output<S>) => IdentityChange[],
): void {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    into.malformed.push(`${what}: ${issue?.path.join(".") || "it"}: ${issue?.message ?? "is not as documented"}`);
    return;
  }
  const changes = change(parsed.data);
  // A provider's ids may be put together of several.
  if (changes.every((one) => idsOf(one).every(isId))) into.changes.push(...changes);
  else into.malformed.push(`${what}: an id has more than ${ID_BYTES} bytes`);
}

function idsOf(change: IdentityChange): string[] {
  if (change.kind === "membership") return [change.group.id, change.user.id];
  return [change.kind === "user" ? change.user.id : change.group.id];
}
