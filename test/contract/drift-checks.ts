import { beforeEach, describe, expect, test } from "@jest/globals";
import { type DriftCheck, noCounts } from "../../shared/domain/drift-check.ts";
import { type Dedupe, type DriftChecks, WriteConflict } from "../../shared/ports.ts";

interface Parts {
  checks: DriftChecks;
  findDedupe: (key: string) => Promise<Pick<Dedupe, "hash"> | undefined>;
}

/** What the items of drift checks keep to. */
export function driftChecksContract(name: string, make: () => Promise<Parts>): void {
  describe(`${name} as DriftChecks`, () => {
    let parts: Parts;
    let cluster: string;
    const at = "2030-01-01T00:00:00.000Z";
    const check = (over: Partial<DriftCheck> = {}): DriftCheck => ({ cluster, registeredAt: at, version: 0, dueAt: at, ...over });
    beforeEach(async () => {
      parts = await make();
      cluster = `d-${Math.random().toString(36).slice(2, 10)}`;
    });

    test("give back what was written, with a version that grows, and nothing of what was taken away", async () => {
      const { checks } = parts;
      const progress = { after: "tenant-a/", pages: { Role: "t" }, counts: noCounts(), failures: [], unknown: [] };
      const first = await checks.write(undefined, check({ run: { startedAt: at, tries: 0, progress }, requestedAt: at }));
      expect(first).toEqual({ ...check(), version: 1, run: { startedAt: at, tries: 0, progress }, requestedAt: at });
      const { run: _run, ...ended } = first;
      const second = await checks.write(first, { ...ended, requestedAt: undefined, completeAt: at });
      expect(await checks.get(cluster)).toEqual({ ...check(), version: 2, completeAt: at });
      expect((await checks.list()).filter((one) => one.cluster === cluster)).toHaveLength(1);
      expect(second.version).toBe(2);
    });

    test("refuse a write on what was read before another write", async () => {
      const { checks } = parts;
      const read = await checks.write(undefined, check());
      await checks.write(read, { ...read, requestedAt: at });
      await expect(checks.write(read, { ...read, dueAt: "2031-01-01T00:00:00.000Z" })).rejects.toThrow(WriteConflict);
      await expect(checks.write(undefined, check())).rejects.toThrow(WriteConflict);
      expect(await checks.get(cluster)).toMatchObject({ requestedAt: at, dueAt: at });
    });

    test("write the dedupe item with the change, or neither", async () => {
      const { checks, findDedupe } = parts;
      const dedupe = { key: `ops#${cluster}`, hash: "h", ttl: 4_000_000_000 };
      const read = await checks.write(undefined, check(), dedupe);
      expect(await findDedupe(dedupe.key)).toMatchObject({ hash: "h" });
      await expect(checks.write(read, { ...read, requestedAt: at }, dedupe)).rejects.toThrow(WriteConflict);
      expect(await checks.get(cluster)).toEqual(read);
    });

    test("forget a cluster, also one that is not there", async () => {
      const { checks } = parts;
      const read = await checks.write(undefined, check());
      await checks.remove(cluster);
      await checks.remove(cluster);
      expect(await checks.get(cluster)).toBeUndefined();
      await expect(checks.write(read, read)).rejects.toThrow(WriteConflict);
    });
  });
}
