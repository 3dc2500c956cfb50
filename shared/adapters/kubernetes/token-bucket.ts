import { setTimeout as sleep } from "node:timers/promises";

export interface TokenBucketOptions {
  /** Tokens a second. */
  qps: number;
  /** Tokens that a rest saves up. */
  burst: number;
  /** Monotonic milliseconds. */
  now?: () => number;
  wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Paces this process's requests to one cluster. A caller books its token at once, even a future one, and waits
 * until that is due; so order is first come, first served, without a queue.
 */
export class TokenBucket {
  readonly #qps: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #wait: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Below zero: tokens booked ahead. */
  #tokens: number;
  #filledAt: number;

  constructor({ qps, burst, now = () => performance.now(), wait = (ms, signal) => sleep(ms, undefined, { signal }) }: TokenBucketOptions) {
    this.#qps = qps;
    this.#burst = burst;
    this.#now = now;
    this.#wait = wait;
    this.#tokens = burst;
    this.#filledAt = now();
  }

  /** `undefined` where a token is at hand. Else resolves when one is due; rejects when `signal` aborts first, and gives it back. */
  take(signal: AbortSignal): Promise<void> | undefined {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#qps) - 1;
    this.#filledAt = now;
    return this.#tokens >= 0 ? undefined : this.#due((-this.#tokens / this.#qps) * 1000, signal);
  }

  async #due(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#wait(ms, signal);
    } catch (error) {
      this.#tokens += 1;
      throw error;
    }
  }
}
