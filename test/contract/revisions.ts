import { beforeEach, describe, expect, test } from "@jest/globals";
import type { RevisionEntry } from "../../shared/domain/revision-wave.ts";
import { newWave } from "../../shared/domain/revision-wave.ts";
import { type ClusterRegistry, type RevisionIndex, type RevisionLog, type TenantStore, WriteConflict } from "../../shared/ports.ts";
import { aCluster, aTenant } from "../support/builders.ts";

interface Parts {
  index: RevisionIndex;
  log: RevisionLog;
  store: TenantStore;
  registry: ClusterRegistry;
}

/** What the list of revisions and the wave's item keep to; `make` gives an index of small pages. */
export function revisionContract(name: string, make: () => Promise<Parts>): void {
  describe(`${name} as RevisionIndex and RevisionLog`, () => {
    let parts: Parts;
    beforeEach(async () => {
      parts = await make();
    });

    test("pages through every tenant once, with what a wave must know of it", async () => {
      const mark = `r${Math.random().toString(36).slice(2, 10)}`;
      const ids = Array.from({ length: 20 }, (_, i) => `${mark}-${"x".repeat(i % 3)}${i}`);
      const asked = { target: "t", at: "2030-01-01T00:00:00.000Z" };
      for (const tenantId of ids) {
        const status = { observedGeneration: 1, conditions: [], applied: {}, appliedRevision: "r-1" };
        const tenant = aTenant({ tenantId, cluster: "local", status, revisionAsked: asked });
        const after = { ...tenant, desired: { ...tenant.desired, paused: true } };
        await parts.store.write({ before: undefined, after, lease: "take" });
      }
      const seen: RevisionEntry[] = [];
      for (let shard = 0; shard < parts.index.shards; shard++) {
        let after: string | undefined;
        do {
          const { entries, next } = await parts.index.page(shard, after);
          seen.push(...entries.filter(({ tenantId }) => tenantId.startsWith(mark)));
          after = next;
        } while (after !== undefined);
      }
      expect(seen.map(({ tenantId }) => tenantId).sort()).toEqual([...ids].sort());
      for (const entry of seen)
        expect(entry).toMatchObject({ phase: "Ready", cluster: "local", appliedRevision: "r-1", revisionAsked: asked, paused: true });
    });

    test("reads the wave and the clusters, and never takes the one for the other", async () => {
      const cluster = await parts.registry.write(undefined, aCluster({ name: "eu-1" }));
      const seen = (await parts.log.read()).wave?.version;
      const wave = newWave("t", 2, "2030-01-01T00:00:00.000Z", (seen ?? 0) + 1);
      await parts.log.write(wave, seen);
      expect(await parts.log.read()).toEqual({ wave, clusters: [cluster] });
      expect((await parts.registry.list()).map(({ name }) => name)).toEqual(["eu-1"]);
      await parts.registry.remove(cluster);
    });

    test("refuses a wave whose version moved", async () => {
      const seen = (await parts.log.read()).wave?.version;
      const wave = newWave("t", 2, "2030-01-01T00:00:00.000Z", (seen ?? 0) + 1);
      await parts.log.write(wave, seen);
      await expect(parts.log.write({ ...wave, version: 99 }, seen)).rejects.toThrow(WriteConflict);
      expect((await parts.log.read()).wave?.version).toBe(wave.version);
    });
  });
}
