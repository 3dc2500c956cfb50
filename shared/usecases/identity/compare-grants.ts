import pLimit from "p-limit";
import {
  type GrantOff,
  type GrantsReport,
  type GrantsRound,
  grantsOf,
  NOTHING_COMPARED,
  planGrants,
  sumOf,
} from "../../domain/grants-comparison.ts";
import type { DirectoryGroup, ProviderName } from "../../domain/identity.ts";
import { whenAllEnded } from "../../reconcile/when-all-ended.ts";
import { groupDue, nowOf } from "./due.ts";
import { type Compared, type GrantsComparisonPorts, lookAtGroup, type UserOf, usersById } from "./look-at-group.ts";
import { isMappedAsNow, rolesNow } from "./map-group.ts";
import { membershipsOf } from "./reopen-membership.ts";

export type { GrantsComparisonPorts } from "./look-at-group.ts";

/** Groups of one read. */
const PAGE = 100;
/** Memberships written at once. */
const AT_ONCE = 16;

/** Whether a run has time: to look at another group, and to repair another of what it found. */
export interface Budget {
  look: () => boolean;
  repair: () => boolean;
}

export interface GrantsRun extends GrantsReport {
  /** When the round began that this run went on with. */
  startedAt: string;
  /** Whether the round came to its end; else the next run goes on. */
  complete: boolean;
}

/**
 * Compares what a provider's groups should give by the directory with the grants that name them, and has the difference
 * worked on: what was lost between the two is given or taken back. Groups and tenants that are being worked on are left alone.
 * Removals above `identity.removeAtMost` are all left out, and told of.
 *
 * A run does what it has time for, at least one group, and the next goes on where it stopped:
 *
 *     read the round ─> look at groups ─> plan ─> have the differences worked on ─> write the round
 *                                                       dies here: the same groups again, which changes nothing
 */
export async function compareGrants(provider: ProviderName, budget: Budget, ports: GrantsComparisonPorts): Promise<GrantsRun> {
  const round: GrantsRound = (await ports.rounds.read(provider)) ?? { startedAt: nowOf(ports), report: NOTHING_COMPARED };
  const userOf = usersById(provider, ports);
  const looked = await look(provider, round.after, userOf, budget, ports);
  const seen = looked.groups.flatMap((one) => one.seen);
  const plan = planGrants(seen, ports.platform.identity.removeAtMost, round.report);
  const missing = Map.groupBy(plan.missing, ({ groupId }) => groupId);
  const surplus = Map.groupBy(plan.surplus, ({ groupId }) => groupId);
  let report: GrantsReport = { ...NOTHING_COMPARED, refused: plan.refused };
  let { after } = round;
  let complete = looked.complete;
  for (const { group, seen: own } of looked.groups) {
    const [gives, takes] = [missing.get(group.id) ?? [], surplus.get(group.id) ?? []];
    const repaired = await repair(group, [...gives, ...takes], userOf, budget, ports);
    if (!repaired) {
      complete = false;
      break;
    }
    report = sumOf(report, { grants: grantsOf(own), added: gives.length, removed: takes.length, refused: 0 });
    after = group.id;
  }
  const total = sumOf(round.report, report);
  await ports.rounds.write(provider, complete ? undefined : { ...round, after, report: total });
  tell(provider, report, complete ? { ...round, report: total } : undefined, ports);
  return { ...report, startedAt: round.startedAt, complete };
}

/** Looks at groups that give something, or gave it, and on which no work is due, in the order of ids, while there is time. */
async function look(
  provider: ProviderName,
  from: string | undefined,
  userOf: UserOf,
  budget: Budget,
  ports: GrantsComparisonPorts,
): Promise<{ groups: Compared[]; complete: boolean }> {
  const groups: Compared[] = [];
  for (let after = from, more = true; more; ) {
    const page = await ports.directory.pageGroups(provider, { limit: PAGE, after });
    for (const group of page.groups) {
      if (groups.length > 0 && !budget.look()) return { groups, complete: false };
      groups.push({ group, seen: await lookAtResting(group, userOf, ports) });
    }
    after = page.next;
    more = after !== undefined;
  }
  return { groups, complete: true };
}

async function lookAtResting(group: DirectoryGroup, userOf: UserOf, ports: GrantsComparisonPorts): Promise<Compared["seen"]> {
  if (group.dueAt !== undefined || group.deleted === true) return [];
  if (group.mapped.length === 0 && rolesNow(group, ports.platform).length === 0) return [];
  if (isMappedAsNow(group, ports.platform)) return await lookAtGroup(group, userOf, ports);
  // The role mapping was edited: the group works out what that takes and gives.
  await groupDue(group, ports);
  return [];
}

/** Has the memberships behind some grants of a group judged again; false where the time was up. */
async function repair(
  group: DirectoryGroup,
  off: readonly GrantOff[],
  userOf: UserOf,
  budget: Budget,
  ports: GrantsComparisonPorts,
): Promise<boolean> {
  if (off.length === 0) return true;
  const reopen = await membershipsOf(group, userOf, ports);
  const limit = pLimit(AT_ONCE);
  const done = await whenAllEnded(off.map((one) => limit(async () => budget.repair() && (await reopen(one)))));
  if (done.some(Boolean)) await groupDue(group, ports);
  return done.every(Boolean);
}

function tell(provider: ProviderName, report: GrantsReport, ended: GrantsRound | undefined, { log, clock }: GrantsComparisonPorts): void {
  const told = { provider, ...report };
  if (report.refused > 0) log.error("A comparison of grants with the directory would remove too much: it removed nothing.", told);
  else if (report.added + report.removed > 0) log.warn("Grants were not as the directory says; they are repaired.", told);
  if (ended === undefined) log.info("The comparison of grants goes on with the next run.", told);
  else {
    const seconds = (clock.now().getTime() - Date.parse(ended.startedAt)) / 1_000;
    log.info("All grants are compared with the directory.", { provider, ...ended.report, seconds });
  }
}
