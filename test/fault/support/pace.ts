/** Calls on one subject while the clock stands still, from which on they count as a loop without a pause. */
export const MOST_AT_ONCE = 150;
/** Rounds of messages that the queues may bring at one moment. */
export const MOST_ROUNDS = 150;

/** Calls that are work; reads of the registry and of indexes come with each of them. */
const WORK =
  /^(store\.(write|begin|release)|cluster\.|index\.(claim|take|defer)|directory\.(write|put|mark|touch|delete)|mappings\.|outbox\.)/;

/** Counts what is done at one moment: a loop without a pause never ends, and costs by the second. */
export class Pace {
  readonly loops = new Set<string>();
  readonly #nowMs: () => number;
  #atMs = Number.NaN;
  #counts = new Map<string, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Answers the error for a call that comes too often: an invocation that loops has to end. */
  note(call: string, args: readonly unknown[]): Error | undefined {
    if (!WORK.test(call)) return undefined;
    if (this.#nowMs() !== this.#atMs) {
      this.#atMs = this.#nowMs();
      this.#counts = new Map();
    }
    const what = `${call} ${subjectOf(args[0])}`;
    const times = (this.#counts.get(what) ?? 0) + 1;
    this.#counts.set(what, times);
    if (times <= MOST_AT_ONCE) return undefined;
    this.loops.add(`${what} was called more than ${MOST_AT_ONCE} times at one moment`);
    return new Error(`A loop without a pause: ${what}`);
  }
}

/** The tenant, item or object that a call is about. */
function subjectOf(arg: unknown): string {
  if (typeof arg !== "object" || arg === null) return String(arg);
  const { tenantId, after, pk, sk, metadata, name, namespace } = arg as Record<string, unknown>;
  if (typeof after === "object") return subjectOf(after);
  if (typeof metadata === "object") return subjectOf(metadata);
  const parts = [tenantId, pk, sk, namespace, name].filter((part) => typeof part === "string");
  return parts.length > 0 ? parts.join(" ") : JSON.stringify(arg).slice(0, 120);
}
