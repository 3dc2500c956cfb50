import { type Filter, parse } from "scim2-parse-filter";
import type { Lookup } from "../../domain/directory.ts";
import { isComplex, namesOf, type Resource, valueIn } from "./attributes.ts";
import { ScimError } from "./error.ts";

export type { Filter } from "scim2-parse-filter";

/** The longest filter that is read, characters: also what bounds its depth. */
export const LONGEST = 2_000;

/** Parses a filter (RFC 7644, 3.4.2.2). Throws `invalidFilter`. */
export function parseFilter(text: string): Filter {
  if (text.length > LONGEST) throw new ScimError("invalidFilter", `The filter is longer than ${LONGEST} characters.`);
  try {
    return parse(text);
  } catch (cause) {
    throw new ScimError("invalidFilter", `The filter cannot be read: ${cause instanceof Error ? cause.message : ""}`, { cause });
  }
}

/** Whether a resource, or one value of a multi-valued attribute, fits. Text is compared whatever its case, ids exactly. */
export function matches(filter: Filter, resource: Resource): boolean {
  switch (filter.op) {
    case "and":
      return filter.filters.every((part) => matches(part, resource));
    case "or":
      return filter.filters.some((part) => matches(part, resource));
    case "not":
      return !matches(filter.filter, resource);
    case "[]":
      return valuesAt(resource, namesOf(filter.attrPath)).some((value) => isComplex(value) && matches(filter.valFilter, value));
    case "pr":
      return valuesAt(resource, namesOf(filter.attrPath)).some((value) => value !== "" && value !== null);
    default:
      return compares(filter, valuesAt(resource, namesOf(filter.attrPath)));
  }
}

type Comparison = Extract<Filter, { compValue: unknown }>;

function compares({ op, attrPath, compValue }: Comparison, values: unknown[]): boolean {
  const compare = comparisonOf(attrPath, compValue);
  const plain = values.map((value) => (isComplex(value) ? value["value"] : value)).filter((value) => value !== undefined);
  if (op === "ne") return !plain.some((value) => compare("eq", value));
  if (compValue === null) return op === "eq" && plain.length === 0;
  return plain.some((value) => compare(op, value));
}

function comparisonOf(attrPath: string, compValue: Comparison["compValue"]): (op: Comparison["op"], value: unknown) => boolean {
  const exact = /(^|[.:])(id|externalId)$/i.test(attrPath);
  const dated = /(^|[.:])meta\./i.test(attrPath);
  const norm = (value: unknown): string | number => {
    if (typeof value === "number") return value;
    const text = String(value);
    if (dated && !Number.isNaN(Date.parse(text))) return Date.parse(text);
    return exact ? text : text.toLowerCase();
  };
  const expected = norm(compValue);
  return (op, value) => {
    const actual = norm(value);
    if (op === "eq") return actual === expected;
    if (op === "gt") return actual > expected;
    if (op === "ge") return actual >= expected;
    if (op === "lt") return actual < expected;
    if (op === "le") return actual <= expected;
    if (op === "co") return String(actual).includes(String(expected));
    return op === "sw" ? String(actual).startsWith(String(expected)) : String(actual).endsWith(String(expected));
  };
}

/** All values at a path, through every value of what is multi-valued on the way. */
function valuesAt(value: unknown, names: string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, names));
  const [name, ...rest] = names;
  if (name === undefined) return value === undefined ? [] : [value];
  return isComplex(value) ? valuesAt(valueIn(value, name), rest) : [];
}

/** What the filter asks to be equal, in all that fits: by lower-case attribute, `members[value eq "x"]` being `members.value`. */
export function equalities(filter: Filter): Map<string, string> {
  if (filter.op === "and") return new Map(filter.filters.flatMap((part) => [...equalities(part)]));
  const pathOf = (path: string): string => namesOf(path).join(".").toLowerCase();
  if (filter.op === "eq" && "compValue" in filter) return new Map([[pathOf(filter.attrPath), String(filter.compValue)]]);
  if (filter.op === "[]" && "valFilter" in filter)
    return new Map([...equalities(filter.valFilter)].map(([name, value]) => [`${pathOf(filter.attrPath)}.${name}`, value]));
  return new Map();
}

const userKeys = { id: "id", username: "name", externalid: "externalId" } as const;
const groupKeys = { "members.value": "member", members: "member", id: "id", displayname: "name" } as const;

/** The key that a filter asks for, where it asks for one. */
export function lookupOf(filter: Filter, of: "users" | "groups"): Lookup | undefined {
  const asked = equalities(filter);
  for (const [path, by] of Object.entries(of === "users" ? userKeys : groupKeys)) {
    const value = asked.get(path);
    if (value !== undefined) return { by, value };
  }
  return undefined;
}

/** Whether a filter speaks of members anywhere. */
export const speaksOfMembers = (filter: Filter): boolean => /"attrPath":"([^"]*:)?members/i.test(JSON.stringify(filter));
