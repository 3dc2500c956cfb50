import { parseQuantity } from "./quantity.ts";

/** How the API server merges an object: what decides whether a field stands as applied. Paths are lists of keys. */
export interface MergeRules {
  /** Maps that are one field to server-side apply, replaced as a whole. Lists always are: no keyed list is applied. */
  atomic: (path: readonly string[]) => boolean;
  /** Strings that are quantities: `2` is `2000m`. */
  quantity: (path: readonly string[]) => boolean;
  /** Whether we still own the field: then what the server added to it is its default, and nobody's edit. */
  owned: (path: readonly string[]) => boolean;
}

type Map = Record<string, unknown>;
const isMap = (value: unknown): value is Map => typeof value === "object" && value !== null && !Array.isArray(value);
/** The server leaves out what is empty. */
const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);

/** Whether two JSON values are one and the same, whatever the order of their keys. An absent key and an empty value are two. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index] && !isSame(a[index], b[index])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  let more = 0;
  for (const key in a) {
    const want = (a as Map)[key];
    const have = (b as Map)[key];
    if (want !== have && !isSame(want, have)) return false;
    more += 1;
  }
  for (const _ in b) more -= 1;
  return more === 0;
}

/**
 * JSON Pointers (RFC 6901) of the applied fields that do not stand with their value. What `desired` does not name is
 * nobody's affair, but inside what is atomic.
 */
export function differences(desired: unknown, actual: unknown, rules: MergeRules): string[] {
  const found: string[] = [];
  const path: string[] = [];
  const visit = (want: unknown, have: unknown): void => {
    if (want === undefined) return;
    if (isEmpty(want) && isEmpty(have)) return;
    if (!isMap(want) || !isMap(have) || rules.atomic(path)) {
      if (!stands(want, have, path, rules)) found.push(pointerOf(path));
      return;
    }
    for (const key in want) {
      path.push(key);
      visit(want[key], have[key]);
      path.pop();
    }
  };
  visit(desired, actual);
  return found;
}

/** A field that is one to the API server: equal, or with no more than the server's own defaults in it. */
function stands(want: unknown, have: unknown, path: readonly string[], rules: MergeRules): boolean {
  const quantity = rules.quantity(path);
  return covers(want, have, quantity, true) || (typeof want === "object" && covers(want, have, quantity, false) && rules.owned(path));
}

/** Whether `have` is `want`; or, where not `exactly`, has more keys in its maps. */
function covers(want: unknown, have: unknown, quantity: boolean, exactly: boolean): boolean {
  if (want === have) return true;
  if (Array.isArray(want))
    return Array.isArray(have) && want.length === have.length && want.every((item, index) => covers(item, have[index], quantity, exactly));
  if (isMap(want)) {
    if (!isMap(have)) return isEmpty(want) && isEmpty(have);
    if (exactly) for (const key in have) if (!isEmpty(have[key]) && isEmpty(want[key])) return false;
    for (const key in want) {
      if (isEmpty(want[key]) && !(key in have)) continue;
      if (!covers(want[key], have[key], quantity, exactly)) return false;
    }
    return true;
  }
  return quantity && typeof want === "string" && typeof have === "string" && sameQuantity(want, have);
}

function sameQuantity(a: string, b: string): boolean {
  const nanos = parseQuantity(a);
  return nanos !== undefined && nanos === parseQuantity(b);
}

/** RFC 6901. */
export const pointerOf = (path: readonly string[]): string =>
  path.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** The keys of a JSON Pointer. */
export const pathOfPointer = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
