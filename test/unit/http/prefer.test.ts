import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { applyPrefer, longestWait, parsePrefer } from "../../../shared/http/prefer.ts";

test.each<[string | undefined, number, string | undefined]>([
  [undefined, 10, undefined],
  ["", 10, undefined],
  ["wait=3", 3, "wait=3"],
  ["wait=0", 0, "wait=0"],
  ['Wait = "7"', 7, "wait=7"],
  ["wait=26", 25, "wait=25"],
  ["wait=999999999", 25, "wait=25"],
  ["wait=9, wait=3", 9, "wait=9"],
  ["respond-async", 0, "respond-async"],
  ["RESPOND-ASYNC; foo=bar", 0, "respond-async"],
  ["respond-async, wait=5", 5, "respond-async, wait=5"],
  ["return=minimal, wait=4", 4, "wait=4"],
  ["wait=-1", 10, undefined],
  ["wait=1e3", 10, undefined],
  ["wait", 10, undefined],
  ["respond-async=no", 10, undefined],
])("Prefer: %s waits %d seconds and says %s", (header, waitSeconds, applied) => {
  expect(applyPrefer(parsePrefer(header), 10)).toEqual({ waitSeconds, ...(applied !== undefined && { applied }) });
});

test("whatever the header, the wait is a whole number from 0 to 25", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer(), (noise, seconds) => {
      for (const header of [noise, `wait=${seconds}`, `${noise},wait=${seconds}`]) {
        const { waitSeconds } = applyPrefer(parsePrefer(header), 10);
        expect(Number.isInteger(waitSeconds) && waitSeconds >= 0 && waitSeconds <= longestWait).toBe(true);
      }
    }),
  );
});
