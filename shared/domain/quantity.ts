/**
 * Kubernetes quantities: `2`, `500m`, `1.5`, `4Gi`, `2e3`. Compared exactly, without floating point.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

/** Times 10^9 (the API server keeps no more digits than nano), so that every quantity is a whole number. */
export type Nanos = bigint;

const NANO = 1_000_000_000n;
const BINARY: Record<string, bigint> = { Ki: 1n << 10n, Mi: 1n << 20n, Gi: 1n << 30n, Ti: 1n << 40n, Pi: 1n << 50n, Ei: 1n << 60n };
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
/** Groups: whole digits, fraction, then either a suffix or an exponent. At most 19 digits a side and two of exponent, so that no input is costly. */
const QUANTITY = /^\+?(\d{1,19})?(?:\.(\d{0,19}))?(?:(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E)|[eE]([+-]?\d{1,2}))?$/;

/** The quantity, or `undefined` where the text is none. Negative ones are none here. Digits finer than nano round up, as the API server does. */
export function parseQuantity(text: string): Nanos | undefined {
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const [, whole = "", fraction = "", suffix = "", exponent] = match;
  if (whole === "" && fraction === "") return undefined;
  const digits = BigInt(whole + fraction);
  const binary = BINARY[suffix];
  if (binary !== undefined) return divideUp(digits * binary * NANO, 10n ** BigInt(fraction.length));
  const power = (exponent === undefined ? (DECIMAL[suffix] ?? 0) : Number(exponent)) + 9 - fraction.length;
  return power >= 0 ? digits * 10n ** BigInt(power) : divideUp(digits, 10n ** BigInt(-power));
}

/** Negative, zero or positive, as `a` is less than, equal to or more than `b`. Throws `RangeError` where one is no quantity. */
export function compareQuantities(a: string, b: string): -1 | 0 | 1 {
  const left = nanosOf(a);
  const right = nanosOf(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function nanosOf(text: string): Nanos {
  const nanos = parseQuantity(text);
  if (nanos === undefined) throw new RangeError(`"${text}" is not a Kubernetes quantity such as 2, 500m or 4Gi`);
  return nanos;
}

const divideUp = (value: bigint, by: bigint): bigint => (value + by - 1n) / by;
