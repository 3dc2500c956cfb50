import { setImmediate } from "node:timers/promises";

interface Event {
  at: number;
  order: number;
  happen: () => void;
}

/** A clock that jumps from event to event, as soon as all that the last one brought about has run. */
export class SimulatedTime {
  nowMs: number;
  readonly #heap: Event[] = [];
  #order = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  readonly sleep = (ms: number): Promise<void> => new Promise((resolve) => this.at(this.nowMs + Math.max(0, ms), resolve));

  at(at: number, happen: () => void): void {
    this.#heap.push({ at, order: this.#order++, happen });
    this.#up(this.#heap.length - 1);
  }

  /** Runs until `done`, or until nothing is to come. */
  async run(done: () => boolean): Promise<void> {
    while (!done()) {
      const next = this.#pop();
      if (next === undefined) return;
      const moved = next.at > this.nowMs;
      this.nowMs = next.at;
      next.happen();
      // Events of one moment run together; before time goes on, whoever waits for a promise goes first.
      if (moved || this.#heap[0] === undefined || this.#heap[0].at > this.nowMs) await setImmediate();
    }
  }

  #before = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  #up(start: number): void {
    const heap = this.#heap;
    for (let index = start; index > 0; ) {
      const parent = (index - 1) >> 1;
      const [child, above] = [heap[index] as Event, heap[parent] as Event];
      if (!this.#before(child, above)) return;
      [heap[index], heap[parent]] = [above, child];
      index = parent;
    }
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const [top] = heap;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return top;
    heap[0] = last;
    for (let index = 0; ; ) {
      const least = [2 * index + 1, 2 * index + 2].reduce((a, b) => {
        const [one, other] = [heap[a], heap[b]];
        return one !== undefined && other !== undefined && this.#before(other, one) ? b : a;
      }, index);
      if (least === index) return top;
      [heap[index], heap[least]] = [heap[least] as Event, heap[index] as Event];
      index = least;
    }
  }
}
