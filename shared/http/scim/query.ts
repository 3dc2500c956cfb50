import * as z from "zod";
import type { Lookup } from "../../domain/directory.ts";
import { isComplex, namesOf, type Resource, valueIn } from "./attributes.ts";
import { ScimError } from "./error.ts";
import { type Filter, LONGEST, lookupOf, matches, parseFilter, speaksOfMembers } from "./filter.ts";

/** Resources on a page, unless `count` says otherwise, and at the most. */
export const COUNT = { usual: 100, most: 200 };

const whole = z.string().regex(/^-?\d{1,9}$/, "must be a whole number");
const filter = z.string().optional().meta({ maxLength: LONGEST });
/** `name.givenName`, `urn:...:User:userName`. */
const attribute = "(?:[uU][rR][nN]:[^,\\s]*:)?[$\\w-]+(?:\\.[$\\w-]+)*";
const attributes = z
  .string()
  .regex(new RegExp(`^\\s*(?:${attribute}(?:\\s*,\\s*${attribute})*\\s*)?$`), "names of attributes with commas between")
  .optional();
/** What a read may ask by its query; SCIM clients add more, which is passed over. */
export const projection = z.looseObject({ attributes, excludedAttributes: attributes });
/** What a search may ask by its query. */
export const scimQuery = projection.extend({ filter, startIndex: whole.optional(), count: whole.optional() });
export type Projection = z.output<typeof projection>;
export type ScimQuery = z.output<typeof scimQuery>;

export const SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
const names = z
  .array(z.string().regex(new RegExp(`^${attribute}$`), "the name of an attribute"))
  .nullish()
  .transform((all) => all?.join(","));
const number = z
  .int()
  .min(-999_999_999)
  .max(999_999_999)
  .nullish()
  .transform((one) => one?.toString());
export const searchRequest = z.looseObject({
  schemas: z
    .array(z.unknown())
    .refine((all) => all.includes(SEARCH_REQUEST), `must name ${SEARCH_REQUEST}`)
    .meta({ contains: { const: SEARCH_REQUEST } }),
  filter: z
    .string()
    .nullish()
    .meta({ maxLength: LONGEST })
    .transform((text) => text ?? undefined),
  startIndex: number,
  count: number,
  attributes: names,
  excludedAttributes: names,
});

/** The query that a search by POST has in its body (RFC 7644, 3.4.3). Throws `invalidSyntax`. */
export function searchRequestOf(body: Resource): ScimQuery {
  const parsed = searchRequest.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new ScimError("invalidSyntax", parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}

export interface Asked {
  filter: Filter | undefined;
  lookup: Lookup | undefined;
  startIndex: number;
  count: number;
}

/** Throws `invalidFilter`. */
export function searchOf({ filter: text, startIndex, count }: ScimQuery, of: "users" | "groups"): Asked {
  const filter = text === undefined || text.trim() === "" ? undefined : parseFilter(text);
  const lookup = filter && lookupOf(filter, of);
  if (of === "groups" && filter !== undefined && lookup?.by !== "member" && speaksOfMembers(filter))
    throw new ScimError("invalidFilter", 'Groups are found by a member as members.value eq "<id>", alone or with `and`.');
  return {
    filter,
    lookup,
    startIndex: Math.max(1, Number(startIndex ?? 1)),
    count: Math.min(COUNT.most, Math.max(0, Number(count ?? COUNT.usual))),
  };
}

/** The predicate of a search over rendered resources. A group found by a member has just that one to be looked at. */
export function fitting<T>({ filter, lookup }: Asked, render: (found: T) => Resource): (found: T) => boolean {
  if (filter === undefined) return () => true;
  const members = lookup?.by === "member" ? { members: [{ value: lookup.value }] } : {};
  return (found) => matches(filter, { ...render(found), ...members });
}

export const listAnswer = ({ startIndex }: Asked, total: number, resources: Resource[]): Resource => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
  totalResults: total,
  startIndex,
  itemsPerPage: resources.length,
  Resources: resources,
});

const pathsOf = (names: string | undefined): string[][] | undefined =>
  names
    ?.split(",")
    .map((one) => one.trim())
    .filter(Boolean)
    .map(namesOf);

/** Whether the answer is to have an attribute of the first level. */
export function wants({ attributes, excludedAttributes }: Projection, attribute: string): boolean {
  const names = (paths: string[][] | undefined): string[] | undefined => paths?.map(([first = ""]) => first.toLowerCase());
  const lower = attribute.toLowerCase();
  const only = names(pathsOf(attributes));
  if (only !== undefined && only.length > 0) return only.includes(lower);
  return !(pathsOf(excludedAttributes) ?? []).some((path) => path.length === 1 && path[0]?.toLowerCase() === lower);
}

/** The resource with what `attributes` names, or without what `excludedAttributes` does: `schemas` and `id` are always told. */
export function project(resource: Resource, { attributes, excludedAttributes }: Projection): Resource {
  const { schemas, id } = resource;
  const only = pathsOf(attributes) ?? [];
  if (only.length > 0) return { schemas, id, ...only.reduce<Resource>((made, path) => merge(made, pick(resource, path)), {}) };
  return { ...(pathsOf(excludedAttributes) ?? []).reduce<Resource>(omit, resource), schemas, id };
}

function pick(value: Resource, [first, ...rest]: string[]): Resource {
  if (first === undefined) return value;
  const found = valueIn(value, first);
  if (found === undefined) return {};
  const key = Object.keys(value).find((name) => value[name] === found) ?? first;
  if (rest.length === 0) return { [key]: found };
  return {
    [key]: Array.isArray(found) ? found.filter(isComplex).map((one) => pick(one, rest)) : isComplex(found) ? pick(found, rest) : found,
  };
}

function merge(into: Resource, more: Resource): Resource {
  const made = { ...into };
  for (const [key, value] of Object.entries(more)) {
    const standing = made[key];
    if (Array.isArray(standing) && Array.isArray(value)) {
      made[key] = standing.map((one, n) => (isComplex(one) && isComplex(value[n]) ? { ...one, ...value[n] } : one));
    } else made[key] = isComplex(standing) && isComplex(value) ? merge(standing, value) : value;
  }
  return made;
}

function omit(value: Resource, [first, ...rest]: string[]): Resource {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => {
      if (key.toLowerCase() !== first?.toLowerCase()) return [[key, one]];
      if (rest.length === 0) return [];
      if (Array.isArray(one)) return [[key, one.map((each) => (isComplex(each) ? omit(each, rest) : each))]];
      return [[key, isComplex(one) ? omit(one, rest) : one]];
    }),
  );
}
