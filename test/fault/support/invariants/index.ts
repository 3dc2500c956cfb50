import type { World } from "../world.ts";
import { accessAsReported } from "./access.ts";
import { clusterAsRecorded, hiddenChanges, nothingLeft, sleepersAsCounted } from "./cluster.ts";
import { eventsPublished, eventsSaidOnce, sequencesWhole } from "./events.ts";
import { boundedItems, pauses } from "./bounds.ts";
import { clustersKnown, dueTimes, finished } from "./work.ts";

/** What must hold: a line for each breach, in words; none where it holds. */
export type Invariant = (world: World) => string[];

/** Hold between any two invocations, whatever has failed or waits. */
export const always: Readonly<Record<string, Invariant>> = {
  accessAsReported,
  nothingLeft,
  sequencesWhole,
  eventsSaidOnce,
  dueTimes,
  clustersKnown,
  boundedItems,
  pauses,
};

/** Hold besides, once nothing is under way. A round whose write was not answered may count sleepers wrong until the next one. */
export const atRest: Readonly<Record<string, Invariant>> = {
  finished,
  eventsPublished,
  hiddenChanges,
  clusterAsRecorded,
  sleepersAsCounted,
};

/** The breaches of a world that should be at rest, and those that were seen on the way. */
export function breaches(world: World): string[] {
  return [...new Set([...world.seen, ...found(world, always), ...found(world, atRest)])];
}

/** The breaches of what must hold at any time. */
export const breachesOnTheWay = (world: World): string[] => found(world, always);

const found = (world: World, invariants: Readonly<Record<string, Invariant>>): string[] =>
  Object.values(invariants).flatMap((invariant) => invariant(world));
