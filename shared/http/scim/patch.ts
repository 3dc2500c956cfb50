import { isComplex, MULTI_VALUED, nameIn, namesOf, type Resource, valueIn } from "./attributes.ts";
import { ScimError } from "./error.ts";
import { equalities, type Filter, matches, parseFilter } from "./filter.ts";

export interface Operation {
  op: "add" | "replace" | "remove";
  path?: string | undefined;
  value?: unknown;
}

/** Where an operation works: `emails[type eq "work"].value`. */
export interface Target {
  names: string[];
  filter?: Filter | undefined;
  sub?: string | undefined;
}

export const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** The operations of a PATCH body (RFC 7644, 3.5.2), `op` in any case. Throws `invalidSyntax`, `noTarget`, `invalidValue`. */
export function operationsOf(body: Resource): Operation[] {
  const schemas = valueIn(body, "schemas");
  const operations = valueIn(body, "operations");
  if (!Array.isArray(schemas) || !schemas.includes(PATCH)) throw new ScimError("invalidSyntax", `The body's schemas must name ${PATCH}.`);
  if (!Array.isArray(operations) || operations.length === 0)
    throw new ScimError("invalidSyntax", "Operations must be a list, and not empty.");
  return operations.map((operation: unknown, index) => {
    const given = isComplex(operation) ? operation : {};
    const op = String(valueIn(given, "op")).toLowerCase();
    const [path, value] = [valueIn(given, "path") ?? undefined, valueIn(given, "value")];
    const at = `Operations[${index}]`;
    if (op !== "add" && op !== "replace" && op !== "remove")
      throw new ScimError("invalidSyntax", `${at}: op must be add, replace or remove.`);
    if (path !== undefined && typeof path !== "string") throw new ScimError("invalidPath", `${at}: path must be a string.`);
    if (op === "remove" && path === undefined) throw new ScimError("noTarget", `${at}: remove needs a path.`);
    if (op !== "remove" && value === undefined) throw new ScimError("invalidValue", `${at}: ${op} needs a value.`);
    return { op, path, value };
  });
}

/** Operations with a path each: one without is one for each attribute of its value. */
export function withPaths(operations: Operation[]): (Operation & { path: string })[] {
  return operations.flatMap(({ op, path, value }) => {
    if (path !== undefined) return [{ op, path, value }];
    if (!isComplex(value)) throw new ScimError("invalidValue", "Without a path, the value must be an object.");
    // As clients send whole resources, what is the server's own is no mistake there.
    return Object.entries(value)
      .filter(([name]) => !["id", "schemas", "meta"].includes(name.toLowerCase()))
      .map(([name, one]) => ({ op, path: name, value: one }));
  });
}

/** Throws `invalidPath`. */
export function targetOf(path: string): Target {
  const [, attribute = "", , filter, sub] = /^([^[\]]+)(\[(.*)\](?:\.([$\w-]+))?)?$/s.exec(path.trim()) ?? [];
  if (attribute === "") throw new ScimError("invalidPath", `${path} is no path of an attribute.`);
  const names = namesOf(attribute);
  return filter === undefined ? { names } : { names, filter: parseFilter(filter), sub };
}

/** A copy of the resource after the operations, in their order. Throws `ScimError`; nothing is half done then. */
export function patched(resource: Resource, operations: (Operation & { path: string })[]): Resource {
  const copy = structuredClone(resource);
  for (const { op, path, value } of operations) {
    const target = targetOf(path);
    if (["id", "schemas", "meta"].includes((target.names[0] ?? "").toLowerCase()))
      throw new ScimError("mutability", `${path} is read-only.`);
    apply(copy, target, op, value);
  }
  return copy;
}

function apply(holder: Resource, { names, filter, sub }: Target, op: Operation["op"], value: unknown): void {
  const [first, ...rest] = names;
  if (first === undefined) {
    if (!isComplex(value)) throw new ScimError("invalidValue", "The value must be an object.");
    for (const [name, one] of Object.entries(value)) apply(holder, { names: [name] }, op, one);
    return;
  }
  const name = nameIn(holder, first);
  if (rest.length > 0) {
    const inner = holder[name];
    if (Array.isArray(inner)) for (const one of inner.filter(isComplex)) apply(one, { names: rest, filter, sub }, op, value);
    else if (isComplex(inner)) apply(inner, { names: rest, filter, sub }, op, value);
    else if (op !== "remove") {
      const made: Resource = {};
      apply(made, { names: rest, filter, sub }, op, value);
      holder[name] = made;
    }
  } else if (filter !== undefined) applyToSome(holder, name, filter, sub, op, value);
  else if (op === "remove" || value === null) removeFrom(holder, name, value ?? undefined);
  else holder[name] = given(holder[name], name, op, value);
}

/** Works on the values that fit; where none does, `add` and `replace` make the one that the filter describes. */
function applyToSome(holder: Resource, name: string, filter: Filter, sub: string | undefined, op: Operation["op"], value: unknown): void {
  const all = listOf(holder[name]);
  const fits = (one: unknown): boolean => isComplex(one) && matches(filter, one);
  if (op === "remove" && sub === undefined) {
    keep(
      holder,
      name,
      all.filter((one) => !fits(one)),
    );
    return;
  }
  const found = all.filter(fits) as Resource[];
  if (found.length === 0 && op !== "remove") {
    const made = describedBy(filter);
    all.push(made);
    found.push(made);
  }
  for (const one of found) {
    if (sub !== undefined) apply(one, { names: [sub] }, op, value);
    else if (isComplex(value)) Object.assign(one, value);
    else one["value"] = value;
  }
  keep(holder, name, all);
}

/** The value that fits `type eq "work" and primary eq true`. Throws `noTarget` for a filter that describes none. */
function describedBy(filter: Filter): Resource {
  const parts = filter.op === "and" && "filters" in filter ? filter.filters : [filter];
  const simple = parts.every((part) => part.op === "eq" && "attrPath" in part && /^\w+$/.test(part.attrPath));
  if (!simple) throw new ScimError("noTarget", "No value fits the path's filter.");
  return Object.fromEntries(
    [...equalities(filter)].map(([name, value]) => [nameIn({}, name), name === "primary" ? value === "true" : value]),
  );
}

function removeFrom(holder: Resource, name: string, value: unknown): void {
  const current = holder[name];
  if (value === undefined || !Array.isArray(current)) delete holder[name];
  else {
    const gone = new Set(listOf(value).map(keyOf));
    keep(
      holder,
      name,
      current.filter((one) => !gone.has(keyOf(one))),
    );
  }
}

/** What an attribute is after `add` or `replace`. */
function given(current: unknown, name: string, op: Operation["op"], value: unknown): unknown {
  if (MULTI_VALUED.includes(name) || Array.isArray(current)) {
    const values = listOf(value);
    if (op === "replace") return values;
    const keys = new Set(values.map(keyOf));
    const primary = values.some((one) => isComplex(one) && one["primary"] === true);
    const others = listOf(current).filter((one) => !keys.has(keyOf(one)));
    return [...others.map((one) => (primary && isComplex(one) && "primary" in one ? { ...one, primary: false } : one)), ...values];
  }
  // Entra names a manager by its bare id.
  if (name === "manager" && typeof value === "string") return value === "" ? undefined : { value };
  if (!isComplex(value)) return value;
  const merged: Resource = isComplex(current) ? { ...current } : {};
  for (const [key, one] of Object.entries(value)) apply(merged, { names: namesOf(key) }, op, one);
  return merged;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? [...value] : value === undefined || value === null ? [] : [value]);
const keyOf = (one: unknown): string => JSON.stringify(isComplex(one) ? [one["value"], one["type"]] : [one]);

function keep(holder: Resource, name: string, values: unknown[]): void {
  if (values.length > 0) holder[name] = values;
  else delete holder[name];
}
