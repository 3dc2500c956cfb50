import { expect, test } from "@jest/globals";
import { TokenBucket } from "../../../shared/adapters/kubernetes/token-bucket.ts";

const never = new AbortController().signal;

/** A bucket on a clock that moves by hand; `waits` are the pauses asked for, milliseconds. */
function make(qps: number, burst: number) {
  const time = { ms: 0 };
  const waits: number[] = [];
  const wait = (ms: number, signal: AbortSignal): Promise<void> => {
    waits.push(ms);
    return signal.aborted ? Promise.reject(signal.reason) : Promise.resolve();
  };
  return { time, waits, bucket: new TokenBucket({ qps, burst, now: () => time.ms, wait }) };
}

test("a burst goes at once, and then each waits its turn", async () => {
  const { bucket, waits } = make(10, 3);
  for (let i = 0; i < 6; i += 1) await bucket.take(never);
  expect(waits).toEqual([100, 200, 300]);
});

test("a rest saves up tokens, no more than the burst", async () => {
  const { bucket, waits, time } = make(10, 3);
  for (let i = 0; i < 3; i += 1) await bucket.take(never);
  time.ms = 60_000;
  for (let i = 0; i < 4; i += 1) await bucket.take(never);
  expect(waits).toEqual([100]);
});

test("who gives up gives the token back", async () => {
  const { bucket, waits } = make(10, 1);
  await bucket.take(never);
  await expect(bucket.take(AbortSignal.abort(new Error("time is up")))).rejects.toThrow("time is up");
  await bucket.take(never);
  expect(waits).toEqual([100, 100]);
});
