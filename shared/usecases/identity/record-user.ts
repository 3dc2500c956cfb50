import { setTimeout as sleep } from "node:timers/promises";
import { TenantryError } from "../../domain/errors.ts";
import type { DirectoryUser } from "../../domain/identity.ts";
import { UserNameTaken, WriteConflict } from "../../ports.ts";
import { type IdentityPorts, nowOf, userDue } from "./due.ts";

/** Rounds against others that write the same record. */
const TRIES = 10;

/** Former names of a person that are remembered. */
const FORMER = 8;

/** What of a user decides who they are, and whether they may do anything. */
const saysWho = ({ userName, nameless, externalId, email, active, deleted }: DirectoryUser): string =>
  JSON.stringify([userName, nameless === true, externalId, email, active, deleted === true]);

/**
 * Writes a user as `change` makes it of what stands (`undefined`: nothing to change), again while others write it. Where it
 * says something else of who they are, or whether they are active, the work that follows is due.
 * @returns what stands then
 */
export async function recordUser(
  read: () => Promise<DirectoryUser | undefined>,
  change: (before: DirectoryUser | undefined) => DirectoryUser | undefined,
  ports: IdentityPorts,
): Promise<DirectoryUser | undefined> {
  return await untilWritten(async () => {
    const before = await read();
    const changed = change(before);
    if (changed === undefined) return before;
    const now = nowOf(ports);
    // Nobody was given anything by a name that is new; but somebody who comes inactive may hold grants.
    const due = before === undefined ? !changed.active : saysWho(before) !== saysWho(changed);
    const after: DirectoryUser = {
      ...changed,
      version: (before?.version ?? 0) + 1,
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
      dueAt: due ? now : changed.dueAt,
      cause: due ? ports.cause : changed.cause,
      lookedAt: due ? undefined : changed.lookedAt,
      nameless: changed.userName === changed.id ? changed.nameless : undefined,
      former: formerNames(before, changed),
      ttl: changed.deleted === true ? changed.ttl : undefined,
    };
    await ports.directory.writeUser(before, after);
    if (due) await userDue(after, ports);
    return after;
  });
}

function formerNames(before: DirectoryUser | undefined, { userName, externalId, email, at }: DirectoryUser): DirectoryUser["former"] {
  if (before === undefined) return undefined;
  if (before.userName === userName && before.externalId === externalId && before.email === email) return before.former;
  const last = { userName: before.userName, externalId: before.externalId, email: before.email, until: at };
  return [...(before.former ?? []), last].slice(-FORMER);
}

/** Tries again what met another's write. Throws `WriteContention` in the end, and `UserNameTaken` as it comes. */
export async function untilWritten<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (error instanceof UserNameTaken) throw new TenantryError("UserNameTaken", error.message, { cause: error });
      if (!(error instanceof WriteConflict)) throw error;
      if (attempt >= TRIES) throw new TenantryError("WriteContention", "Others are changing the same record. Try again.", { cause: error });
      await sleep(Math.random() * 2 ** attempt);
    }
  }
}
