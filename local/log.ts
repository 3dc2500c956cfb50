/** One line of progress, for people and for CI logs alike (no cursor movement, no colours). */
export type Log = (line: string) => void;

export interface Step {
  name: string;
  seconds: number;
}

/** Times named steps; steps may overlap. */
export class Steps {
  readonly done: Step[] = [];
  readonly #startedAt = performance.now();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  elapsedSeconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await work();
    const seconds = (performance.now() - startedAt) / 1000;
    this.done.push({ name, seconds });
    this.#log(`${name} (${seconds.toFixed(1)} s)`);
    return result;
  }
}

/** Repeats what is going on every few seconds while a long step runs, so that silence never looks like a hang. */
export async function withHeartbeat<T>(log: Log, what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const timer = setInterval(() => {
    log(`${what}: still at it after ${Math.round((performance.now() - startedAt) / 1000)} s`);
  }, 15_000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A problem that the person at the keyboard can solve; printed as one line, without a stack trace. */
export class UserError extends Error {
  override name = "UserError";
}
