/**
 * Of what a route offers, the media type that `Accept` (RFC 9110, 12.5.1) likes best: the first offered where there is no
 * header, and where it takes none of them.
 */
export function preferredMedia(accept: string | undefined, offered: readonly string[]): string {
  const ranges = (accept ?? "*/*").split(",").map(rangeOf);
  const rated = offered.map((type) => ({ type, q: qualityOf(type, ranges) }));
  return rated.reduce((best, next) => (next.q > best.q ? next : best), rated[0] ?? { type: "application/json", q: 0 }).type;
}

interface Range {
  type: string;
  q: number;
}

function rangeOf(text: string): Range {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith("q="));
  return { type, q: q === undefined ? 1 : Number(q.slice(2)) || 0 };
}

/** The most specific range decides. */
function qualityOf(type: string, ranges: Range[]): number {
  const patterns = [type, type.replace(/\/.*/, "/*"), "*/*"];
  return patterns.map((pattern) => ranges.find((range) => range.type === pattern)).find((range) => range !== undefined)?.q ?? 0;
}
