import type { Platform } from "../domain/platform.ts";
import {
  count,
  newWave,
  noTally,
  type RevisionTarget,
  type RevisionWave,
  revisionStandingOf,
  sumOf,
  type WaveTally,
} from "../domain/revision-wave.ts";
import { targetRevision } from "../manifests/index.ts";
import type { RevisionIndex, RevisionLog } from "../ports.ts";
import { type CommandKey, type OncePorts, once } from "./once.ts";

export interface RevisionPorts extends OncePorts {
  index: RevisionIndex;
  log: RevisionLog;
  platform: Platform;
}

/** The wave that there is, or will be, with the tenants as they stand. */
export interface RevisionView {
  revision: string;
  /** `pending`: the wave begins within a minute. */
  status: RevisionWave["status"] | "pending";
  reason?: string | undefined;
  startedAt?: string | undefined;
  updatedAt?: string | undefined;
  tenants: WaveTally;
}

/** The wave; its tenants are counted now, unless all is done. */
export async function readRevisions(ports: RevisionPorts): Promise<RevisionView> {
  const { wave, clusters } = await ports.log.read();
  const target = targetRevision(ports.platform, clusters);
  if (wave === undefined || wave.target !== target.target)
    return { revision: target.target, status: "pending", tenants: await countAll(target, ports) };
  const { status, reason, startedAt, updatedAt, shards } = wave;
  const tenants = status === "done" ? sumOf(shards.map(({ tally }) => tally)) : await countAll(target, ports);
  return { revision: target.target, status, reason, startedAt, updatedAt, tenants };
}

async function countAll(target: RevisionTarget, { index, clock }: RevisionPorts): Promise<WaveTally> {
  const countShard = async (shard: number): Promise<WaveTally> => {
    const tally = noTally();
    let after: string | undefined;
    do {
      const page = await index.page(shard, after);
      for (const entry of page.entries) count(tally, entry, revisionStandingOf(entry, target, clock.now()), target);
      after = page.next;
    } while (after !== undefined);
    return tally;
  };
  return sumOf(await Promise.all(Array.from({ length: index.shards }, (_, shard) => countShard(shard))));
}

/**
 * Lets a stopped wave go on: what has failed until now does not stop it again. Of one that is not stopped nothing changes.
 * Throws `WriteContention`, `IdempotencyKeyReused`.
 */
export async function resumeRevisions(ports: RevisionPorts, key?: CommandKey): Promise<RevisionView> {
  await once(
    key,
    ports,
    async (dedupe) => {
      const { wave: before, clusters } = await ports.log.read();
      const now = ports.clock.now().toISOString();
      const target = targetRevision(ports.platform, clusters);
      const present = before?.target === target.target ? before : undefined;
      if (present !== undefined && present.status !== "stopped") return;
      const { askedFailed } = await countAll(target, ports);
      const wave = present ?? newWave(target.target, ports.index.shards, now, before?.version ?? 0);
      const after: RevisionWave = {
        ...wave,
        status: "running",
        reason: undefined,
        forgiven: askedFailed,
        updatedAt: now,
        version: wave.version + 1,
      };
      await ports.log.write(after, before?.version, dedupe);
    },
    async () => {},
  );
  return readRevisions(ports);
}
