import * as z from "zod";
import { isComplex, type Resource, tidy } from "./attributes.ts";
import { ScimError } from "./error.ts";

/** Booleans may come as text: Entra says `"False"`. */
export const bool = z.union([z.boolean(), z.stringbool({ truthy: ["true"], falsy: ["false"] })]);
/** No control characters, no lone surrogates (which UTF-8 cannot tell apart), and short enough for a key. */
export const text = (most = 256) =>
  z
    .string()
    .max(most)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "no control characters, no lone surrogates");
export const name = text().min(1).trim();

/** A resource in RFC 7643's spelling, checked. Throws `invalidValue` with what is wrong. */
export function checked<S extends z.ZodType>(schema: S, resource: unknown): z.output<S> {
  if (!isComplex(resource)) throw new ScimError("invalidSyntax", "The body must be a JSON object.");
  const parsed = schema.safeParse(tidy(resource));
  if (parsed.success) return parsed.data;
  throw new ScimError("invalidValue", parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}

/** What a record may keep besides its own fields: an item of the table holds 400 KB, and 32 levels. */
const KEPT = { characters: 100_000, levels: 16 };

/**
 * What remains of a resource to be kept as it came: not what has a place of its own, what is ours, or a password.
 * Throws `invalidValue` for what the table would not take.
 */
export function others(resource: Resource, own: readonly string[]): Resource | undefined {
  const left = Object.entries(resource).filter(([key]) => !["id", "schemas", "meta", "password", "groups", ...own].includes(key));
  if (left.length === 0) return undefined;
  const kept = Object.fromEntries(left);
  if (!isKeepable(kept, KEPT.levels))
    throw new ScimError("invalidValue", `Values must nest in ${KEPT.levels} levels, and numbers be safe ones.`);
  if (JSON.stringify(kept).length > KEPT.characters)
    throw new ScimError("invalidValue", `There are more than ${KEPT.characters} characters.`);
  return kept;
}

function isKeepable(value: unknown, levels: number): boolean {
  if (typeof value === "number") return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((one) => isKeepable(one, levels - 1));
}

export interface Kept {
  id: string;
  version: number;
  createdAt: string;
  updatedAt: string;
}

export const etagOf = ({ version }: Pick<Kept, "version">): string => `W/"${version}"`;

export const metaOf = (resourceType: "User" | "Group", kept: Kept): Resource => ({
  resourceType,
  created: kept.createdAt,
  lastModified: kept.updatedAt,
  version: etagOf(kept),
  location: locationOf(resourceType, kept.id),
});

export const locationOf = (resourceType: "User" | "Group", id: string): string => `/scim/v2/${resourceType}s/${encodeURIComponent(id)}`;
