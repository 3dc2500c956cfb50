/** A copy of plain data, dates among it: several times as fast as `structuredClone`. */
export function deepCopy<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(deepCopy) as T;
  if (value instanceof Date) return new Date(value) as T;
  const result: Record<string, unknown> = {};
  for (const name in value) result[name] = deepCopy(value[name]);
  return result as T;
}
