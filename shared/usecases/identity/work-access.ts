import type { DueItem } from "../../ports.ts";
import type { AccessPorts, Worked } from "./ports.ts";
import { syncGroup } from "./sync-group.ts";
import { syncUser } from "./sync-user.ts";
import { workGrant } from "./work-grant.ts";

/** How long a piece of work is taken for: whoever dies leaves it due then, milliseconds. */
const TAKEN_MS = 2 * 60_000;
/** Tries in a row that fail before work is set aside: some nine hours, by their pauses. */
export const TRIES = 16;
/** The pause after the first try that fails, and the longest, milliseconds; each is four times the one before. */
const PAUSE_MS = { first: 200, most: 3_600_000 };
/** Longest that a message can wait, milliseconds: what waits longer, the sweep finds. */
const MESSAGE_MS = 900_000;

type Key = Pick<DueItem, "pk" | "sk">;
/** The work that an item of the table is due for. */
export type AccessWork = (item: Key, timeLeft: () => boolean) => Promise<Worked>;

/**
 * Does the work of an item that is due: a grant that ends or whose identity is to be mapped, a group, a user, a webhook's
 * message. An item that is not due (any more) is void. What is left to do is due again, and a message says so.
 *
 * Work that fails is tried again after pauses that grow, and set aside in the end: a dead letter names it, and brings it back
 * when it is sent again (`reviveAccess`). Whatever ends the process counts as a try, too.
 * @param workWebhook the work of the webhooks' inbox
 */
export async function workAccess(item: DueItem, timeLeft: () => boolean, ports: AccessPorts, workWebhook: AccessWork): Promise<void> {
  const { index, log } = ports;
  const now = ports.clock.now();
  const taken: DueItem = { ...item, dueAt: after(now, TAKEN_MS) };
  // A message that names the due time may come a little before it, by another machine's clock; one of an earlier time may not.
  const claim = await index.take(item, now.toISOString(), taken.dueAt);
  if (claim === undefined) return;
  const { tries } = claim;
  if (tries > TRIES) return await setAside(taken, "It never came to an end; the log says how far it came.", ports);
  const worked = await work(item, timeLeft, ports, workWebhook).catch((error: unknown) => ({ failed: error }));
  if ("done" in worked) return;
  if ("again" in worked) {
    const { afterMs, reason } = worked.again;
    const dueAt = after(ports.clock.now(), afterMs);
    if (!(await index.defer(taken, dueAt))) return;
    log.info("Access work goes on later.", { ...item, afterMs, reason });
    await remind({ ...item, dueAt }, afterMs, ports);
    return;
  }
  const reason = String(worked.failed);
  if (tries >= TRIES) return await setAside(taken, reason, ports);
  const afterMs = Math.min(PAUSE_MS.most, PAUSE_MS.first * 4 ** (tries - 1));
  log.warn("Access work failed; it is tried again.", { ...item, tries, afterMs, error: worked.failed });
  const dueAt = after(ports.clock.now(), afterMs);
  if ((await index.claim(taken, dueAt)) !== undefined) await remind({ ...item, dueAt }, afterMs, ports);
}

/** Does access work that was set aside: its dead letter is sent again. Void where it was not, or is due anew. */
export async function reviveAccess({ pk, sk }: Key, timeLeft: () => boolean, ports: AccessPorts, workWebhook: AccessWork): Promise<void> {
  const dueAt = ports.clock.now().toISOString();
  if (await ports.index.revive({ pk, sk }, dueAt)) await workAccess({ pk, sk, dueAt }, timeLeft, ports, workWebhook);
}

const after = (now: Date, ms: number): string => new Date(now.getTime() + ms).toISOString();

const remind = async (item: DueItem, afterMs: number, { accessQueue }: AccessPorts): Promise<void> => {
  if (afterMs < MESSAGE_MS) await accessQueue.send([item], { delaySeconds: afterMs / 1_000 });
};

/** The letter goes first: dying between, it is written twice, and its second copy is void. */
async function setAside(taken: DueItem, reason: string, { deadLetters, index, log }: AccessPorts): Promise<void> {
  const { pk, sk } = taken;
  log.error("Access work is set aside.", { pk, sk, tries: TRIES, reason });
  await deadLetters.add(JSON.stringify({ pk, sk, setAside: true }), { code: "Internal", reason: `${pk} ${sk}: ${reason}` });
  await index.setAside(taken);
}

async function work({ pk, sk }: Key, timeLeft: () => boolean, ports: AccessPorts, workWebhook: AccessWork): Promise<Worked> {
  const [, owner = ""] = /^(?:IDP|TENANT)#(.*)$/su.exec(pk) ?? [];
  const [, kind, id = ""] = /^([A-Z]+)#(.*)$/su.exec(sk) ?? [];
  if (kind === "GROUP") return await syncGroup(owner, id, timeLeft, ports);
  if (kind === "USER") return await syncUser(owner, id, timeLeft, ports);
  if (kind === "GRANT") return await workGrant(owner, id, ports);
  return await workWebhook({ pk, sk }, timeLeft);
}
