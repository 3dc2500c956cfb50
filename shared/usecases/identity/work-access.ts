import { type DueItem, WriteConflict } from "../../ports.ts";
import type { AccessPorts, Worked } from "./ports.ts";
import { syncGroup } from "./sync-group.ts";
import { syncUser } from "./sync-user.ts";
import { workGrant } from "./work-grant.ts";

/** How long a piece of work is taken for: whoever dies leaves it due then, milliseconds. */
const TAKEN_MS = 2 * 60_000;
/** A message may come a little before its time, by another machine's clock, milliseconds. */
const SKEW_MS = 1_000;

/** The work that an item of the table is due for; `undefined` for one that has none here. */
export type AccessWork = (item: Pick<DueItem, "pk" | "sk">, timeLeft: () => boolean) => Promise<Worked>;

/**
 * Does the work of an item that is due: a grant that ends or whose identity is to be mapped, a group, a user, a webhook's message. An item that is not due
 * (any more) is void. What is left to do is due again, and a message says so.
 * @param workWebhook the work of the webhooks' inbox
 */
export async function workAccess(item: DueItem, timeLeft: () => boolean, ports: AccessPorts, workWebhook: AccessWork): Promise<void> {
  const now = ports.clock.now();
  const later = (ms: number): string => new Date(ports.clock.now().getTime() + ms).toISOString();
  const until = later(TAKEN_MS);
  if ((await ports.index.take(item, new Date(now.getTime() + SKEW_MS).toISOString(), until)) === undefined) return;
  const worked = await work({ pk: item.pk, sk: item.sk }, timeLeft, ports, workWebhook);
  if ("done" in worked) return;
  const { afterMs, reason } = worked.again;
  const dueAt = later(afterMs);
  if (!(await ports.index.defer({ ...item, dueAt: until }, dueAt))) return;
  ports.log.info("Access work goes on later.", { ...item, afterMs, reason });
  // Longer than a message can wait, the sweep finds it.
  if (afterMs < 900_000) await ports.accessQueue.send([{ ...item, dueAt }], { delaySeconds: afterMs / 1_000 });
}

async function work(
  item: Pick<DueItem, "pk" | "sk">,
  timeLeft: () => boolean,
  ports: AccessPorts,
  workWebhook: AccessWork,
): Promise<Worked> {
  const { pk, sk } = item;
  const [, owner = ""] = /^(?:IDP|TENANT)#(.*)$/su.exec(pk) ?? [];
  const [, kind, id = ""] = /^([A-Z]+)#(.*)$/su.exec(sk) ?? [];
  try {
    if (kind === "GROUP") return await syncGroup(owner, id, timeLeft, ports);
    if (kind === "USER") return await syncUser(owner, id, timeLeft, ports);
    if (kind === "GRANT") return await workGrant(owner, id, ports);
    return await workWebhook(item, timeLeft);
  } catch (error) {
    if (error instanceof WriteConflict) return { again: { afterMs: 200, reason: error.message } };
    throw error;
  }
}
