import * as z from "zod";
import { isComplex, type Resource, tidy } from "./attributes.ts";
import { isWellFormed, noControls } from "../../domain/text.ts";
import { ScimError } from "./error.ts";

/** Booleans may come as text: Entra says `"False"`. */
export const bool = z.union([
  z.boolean(),
  z.stringbool({ truthy: ["true"], falsy: ["false"] }).meta({ pattern: "^([tT][rR][uU][eE]|[fF][aA][lL][sS][eE])$" }),
]);
/** No control characters, no lone surrogates, and short enough for a key. */
export const text = (most = 256) =>
  z.string().max(most).regex(noControls, "no control characters").refine(isWellFormed, "no lone surrogates");
/** Not blank; what surrounds it goes. */
export const name = text().regex(/\S/, "must not be blank").trim();

/** A resource in RFC 7643's spelling, checked. Throws `invalidValue` with what is wrong. */
export function checked<S extends z.ZodType>(schema: S, resource: unknown): z.output<S> {
  if (!isComplex(resource)) throw new ScimError("invalidSyntax", "The body must be a JSON object.");
  const parsed = schema.safeParse(tidy(resource));
  if (parsed.success) return parsed.data;
  throw new ScimError("invalidValue", parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}

/** What a record may keep besides its own fields: an item of the table holds 400 KB, and 32 levels. */
const KEPT = { characters: 100_000, levels: 16 };

/** Numbers that the table takes and gives back as they came: by magnitude, and zero. */
export const NUMBER = { least: 1e-100, most: Number.MAX_SAFE_INTEGER };

/**
 * What remains of a resource to be kept as it came: not what has a place of its own, what is ours, or a password.
 * Throws `invalidValue` for what the table would not take.
 */
export function others(resource: Resource, own: readonly string[]): Resource | undefined {
  const left = Object.entries(resource).filter(([key]) => !["id", "schemas", "meta", "password", "groups", ...own].includes(key));
  if (left.length === 0) return undefined;
  const kept = Object.fromEntries(left);
  if (!isKeepable(kept, KEPT.levels))
    throw new ScimError("invalidValue", `Values must nest in ${KEPT.levels} levels, and numbers lie within ±(2^53 - 1).`);
  if (JSON.stringify(kept).length > KEPT.characters)
    throw new ScimError("invalidValue", `There are more than ${KEPT.characters} characters.`);
  return kept;
}

function isKeepable(value: unknown, levels: number): boolean {
  if (typeof value === "number") return value === 0 || (Math.abs(value) >= NUMBER.least && Math.abs(value) <= NUMBER.most);
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
