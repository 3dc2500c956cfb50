import { expiryOf, type Grant, giving, isGranted } from "./access.ts";
import type { Timestamp } from "./tenant.ts";

type Judged = Pick<Grant, "sources" | "mapping">;

/** The AWS identity that the grant's person has: of the sources that give it and say one, the last to have spoken. */
export function principalOf(grant: Pick<Grant, "sources">, now: Timestamp): string | undefined {
  const saying = giving(grant, now).flatMap((name) => grant.sources[name] ?? []);
  return saying
    .filter(({ principalArn }) => principalArn !== undefined)
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .at(-1)?.principalArn;
}

/** Whether the mapping is not what the grant's sources ask for. Whether the cluster takes mappings, its worker sees. */
export function hasMappingWork({ sources, mapping }: Judged, now: Timestamp): boolean {
  const principal = principalOf({ sources }, now);
  if (mapping === undefined) return principal !== undefined;
  return mapping.state !== "Mapped" || mapping.principalArn !== principal;
}

/** When what the sources give changes by itself: the grant ends, or one that says an AWS identity does. */
export function nextChange({ sources }: Pick<Grant, "sources">, now: Timestamp): Timestamp | undefined {
  if (!isGranted({ sources }, now)) return undefined;
  const saying = giving({ sources }, now).flatMap((name) => sources[name] ?? []);
  const ends = saying.flatMap(({ principalArn, expiresAt }) => (principalArn === undefined ? [] : [expiresAt]));
  return [expiryOf({ sources }, now), ...ends].filter((time) => time !== undefined).sort()[0];
}

/** When a grant has work to be done: now where its mapping has, else when what it gives changes by itself. */
export const dueOf = (grant: Judged, now: Timestamp): Timestamp | undefined => (hasMappingWork(grant, now) ? now : nextChange(grant, now));
