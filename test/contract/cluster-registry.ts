import { beforeEach, describe, expect, test } from "@jest/globals";
import { type ClusterRegistry, type Dedupe, WriteConflict } from "../../shared/ports.ts";
import { aCluster } from "../support/builders.ts";

interface Parts {
  registry: ClusterRegistry;
  findDedupe: (key: string) => Promise<Pick<Dedupe, "hash"> | undefined>;
}

/** What the registry of clusters keeps to. */
export function clusterRegistryContract(name: string, make: () => Promise<Parts>): void {
  describe(`${name} as ClusterRegistry`, () => {
    let parts: Parts;
    let one: string;
    const cluster = (over: Parameters<typeof aCluster>[0] = {}) => aCluster({ name: one, ...over });
    const dedupe = () => ({ key: `ops#${one}`, hash: "h", ttl: 4_000_000_000 });
    beforeEach(async () => {
      parts = await make();
      one = `r-${Math.random().toString(36).slice(2, 10)}`;
    });

    test("gives back what was written, with a version that grows", async () => {
      const { registry } = parts;
      const first = await registry.write(undefined, cluster());
      expect(first).toEqual(cluster({ version: 1 }));
      const second = await registry.write(first, { ...first, paused: true });
      expect(second).toEqual(cluster({ version: 2, paused: true }));
      expect(await registry.get(one)).toEqual(second);
      expect((await registry.list()).filter((listed) => listed.name === one)).toEqual([second]);
    });

    test("refuses a write on what was read before another write", async () => {
      const { registry } = parts;
      const read = await registry.write(undefined, cluster());
      const paused = await registry.write(read, { ...read, paused: true });
      await expect(registry.write(read, { ...read, capacity: 1 })).rejects.toThrow(WriteConflict);
      await expect(registry.write(undefined, cluster())).rejects.toThrow(WriteConflict);
      await expect(registry.remove(read)).rejects.toThrow(WriteConflict);
      expect(await registry.get(one)).toEqual(paused);
    });

    test("does not bring back a cluster that was removed", async () => {
      const { registry } = parts;
      const read = await registry.write(undefined, cluster());
      await registry.remove(read);
      await expect(registry.write(read, { ...read, paused: true })).rejects.toThrow(WriteConflict);
      await expect(registry.remove(read)).rejects.toThrow(WriteConflict);
      expect(await registry.get(one)).toBeUndefined();
    });

    test("does not take a cluster that was registered anew for the one that was read", async () => {
      const { registry } = parts;
      const read = await registry.write(undefined, cluster());
      await registry.remove(read);
      const anew = await registry.write(undefined, cluster({ createdAt: "2031-01-01T00:00:00.000Z" }));
      expect(anew.version).toBe(read.version);
      await expect(registry.write(read, { ...read, paused: true })).rejects.toThrow(WriteConflict);
      await expect(registry.remove(read)).rejects.toThrow(WriteConflict);
      expect(await registry.get(one)).toEqual(anew);
    });

    test("of two writes at once on the same version, one holds", async () => {
      const { registry } = parts;
      const read = await registry.write(undefined, cluster());
      const ends = await Promise.allSettled([1, 2, 3].map((capacity) => registry.write(read, { ...read, capacity })));
      const held = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
      expect(held).toHaveLength(1);
      for (const end of ends) if (end.status === "rejected") expect(end.reason).toBeInstanceOf(WriteConflict);
      expect(await registry.get(one)).toEqual(held[0]);
    });

    test("writes the dedupe item with the change, or neither", async () => {
      const { registry, findDedupe } = parts;
      const read = await registry.write(undefined, cluster(), dedupe());
      expect(await findDedupe(`ops#${one}`)).toMatchObject({ hash: "h" });
      await expect(registry.write(read, { ...read, paused: true }, dedupe())).rejects.toThrow(WriteConflict);
      await expect(registry.remove(read, dedupe())).rejects.toThrow(WriteConflict);
      expect(await registry.get(one)).toEqual(read);
      const other = { ...dedupe(), key: `other#${one}` };
      await expect(registry.remove({ ...read, version: 7 }, other)).rejects.toThrow(WriteConflict);
      expect(await findDedupe(other.key)).toBeUndefined();
    });
  });
}
