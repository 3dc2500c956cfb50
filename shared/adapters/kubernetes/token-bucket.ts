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

  /** Resolves when a token is due; rejects when `signal` aborts first, and gives the token back. */
  async take(signal: AbortSignal): Promise<void> {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#qps) - 1;
    this.#filledAt = now;
    if (this.#tokens >= 0) return;
    try {
      await this.#wait((-this.#tokens / this.#qps) * 1000, signal);
    } catch (error) {
      this.#tokens += 1;
      throw error;
    }
  }
}
