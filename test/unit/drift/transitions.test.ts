import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  advanced,
  begun,
  claimed,
  type DriftCheck,
  type DriftProgress,
  failed,
  finished,
  firstCheck,
  isHopeless,
  noCounts,
  requested,
} from "../../../shared/domain/drift-check.ts";

const INTERVAL = 3_600_000;
const FUNCTION = 60_000;
const start = Date.parse("2030-01-01T00:00:00.000Z");
const progress: DriftProgress = { after: "tenant-a/", pages: {}, counts: noCounts(), failures: [], unknown: [] };
const result = { counts: noCounts(), failures: [] };

/** What may happen to a check, in any order; `at` is when, and the message and the invocation are the last there were. */
class Story {
  check: DriftCheck = firstCheck({ name: "one", createdAt: new Date(start).toISOString() }, INTERVAL);
  nowMs = start;
  message: string | undefined;
  until: string | undefined;
  /** Invocations in a row that began and did not come forward. */
  fruitless = 0;

  get now(): string {
    return new Date(this.nowMs).toISOString();
  }
  #take(next: DriftCheck | undefined): boolean {
    if (next !== undefined) this.check = next;
    return next !== undefined;
  }
  pass = (ms: number): void => {
    this.nowMs += ms;
  };
  schedule = (): void => {
    if (this.check.dueAt > this.now) return;
    if (this.#take(claimed(this.check, this.check.dueAt, this.now))) this.message = this.check.dueAt;
  };
  request = (): void => {
    this.#take(requested(this.check, this.now));
    if (this.check.run === undefined) this.message = this.check.dueAt;
  };
  begin = (): void => {
    const until = new Date(this.nowMs + FUNCTION).toISOString();
    if (this.message === undefined || !this.#take(begun(this.check, this.message, until, this.now))) return;
    this.until = until;
    this.fruitless += 1;
  };
  end = (how: "advance" | "fail" | "finish"): void => {
    const { until, check, now } = this;
    if (until === undefined || check.run === undefined) return;
    if (how === "fail" || isHopeless(check.run)) {
      if (this.#take(failed(check, until, "no answer", now, INTERVAL)) && this.check.run === undefined) this.fruitless = 0;
    } else if (how === "advance") {
      if (this.#take(advanced(check, until, progress, now))) [this.message, this.fruitless] = [this.check.dueAt, 0];
    } else if (this.#take(finished(check, until, result, now, INTERVAL))) this.fruitless = 0;
  };
}

const step = fc.oneof(
  fc.integer({ min: 0, max: 2 * INTERVAL }).map((ms) => (story: Story) => story.pass(ms)),
  fc.constant((story: Story) => story.schedule()),
  fc.constant((story: Story) => story.request()),
  fc.constant((story: Story) => story.begin()),
  fc.constantFrom("advance" as const, "fail" as const, "finish" as const).map((how) => (story: Story) => story.end(how)),
);

test("whatever happened, the schedule alone brings a check to its end, and what was asked for begins after it was asked", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const story = new Story();
      for (const one of steps) {
        one(story);
        expect(Date.parse(story.check.dueAt)).toBeLessThanOrEqual(story.nowMs + INTERVAL);
      }
      const askedAt = story.check.requestedAt ?? "";
      for (let round = 0; round < 3; round++) {
        story.nowMs = Math.max(story.nowMs, Date.parse(story.check.dueAt));
        story.schedule();
        story.begin();
        story.end("finish");
      }
      expect(story.check.run).toBeUndefined();
      expect(story.check.requestedAt).toBeUndefined();
      expect((story.check.last?.startedAt ?? "") >= askedAt).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("a check whose invocations do not come forward ends after a handful, never at once one after another", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("die" as const, "fail" as const), { minLength: 12, maxLength: 12 }), (ends) => {
      const story = new Story();
      for (const how of ends) {
        story.nowMs = Math.max(story.nowMs, Date.parse(story.check.dueAt));
        story.schedule();
        const begunAt = story.nowMs;
        story.begin();
        expect(story.fruitless).toBeLessThanOrEqual(6);
        // One that only has to write down the end is taken not to die.
        if (how === "fail" || (story.check.run !== undefined && isHopeless(story.check.run))) story.end("fail");
        if (story.check.last !== undefined) break;
        expect(Date.parse(story.check.dueAt) - begunAt).toBeGreaterThanOrEqual(30_000);
      }
      expect(story.check.last).toMatchObject({ outcome: "Failed" });
    }),
    { numRuns: 200 },
  );
});

test("of two invocations for one message the second is void, and one that lost the check changes nothing", () => {
  const first = firstCheck({ name: "one", createdAt: new Date(start).toISOString() }, INTERVAL);
  const [now, early, late] = [0, 1, 2].map((minutes) => new Date(start + minutes * FUNCTION).toISOString()) as [string, string, string];
  const taken = begun(first, first.dueAt, early, now) as DriftCheck;
  expect(begun(taken, first.dueAt, late, now)).toBeUndefined();
  const retaken = begun(taken, early, late, early) as DriftCheck;
  expect(retaken.run).toMatchObject({ startedAt: now, tries: 2 });
  expect(advanced(retaken, early, progress, early)).toBeUndefined();
  expect(finished(retaken, early, result, early, INTERVAL)).toBeUndefined();
  expect(failed(retaken, early, "late", early, INTERVAL)).toBeUndefined();
});
