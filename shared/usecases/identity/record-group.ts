import type { DirectoryGroup } from "../../domain/identity.ts";
import { groupDue, type IdentityPorts, nowOf } from "./due.ts";
import { untilWritten } from "./record-user.ts";

/**
 * Writes a group as `change` makes it of what stands (`undefined`: nothing to change), again while others write it. Where its
 * name changed, or it went, the work that follows is due.
 * @returns what stands then
 */
export async function recordGroup(
  read: () => Promise<DirectoryGroup | undefined>,
  change: (before: DirectoryGroup | undefined) => DirectoryGroup | undefined,
  ports: IdentityPorts,
): Promise<DirectoryGroup | undefined> {
  return await untilWritten(async () => {
    const before = await read();
    const changed = change(before);
    if (changed === undefined) return before;
    const now = nowOf(ports);
    const due = before !== undefined && (before.displayName !== changed.displayName || before.deleted !== changed.deleted);
    const after: DirectoryGroup = {
      ...changed,
      version: (before?.version ?? 0) + 1,
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
      dueAt: due ? now : changed.dueAt,
      cause: due ? ports.cause : changed.cause,
      ttl: changed.deleted === true ? changed.ttl : undefined,
    };
    await ports.directory.writeGroup(before, after);
    if (due) await groupDue(after, ports);
    return after;
  });
}

/** A group as nothing is known of it but its name. */
export const newGroup = (provider: string, id: string, displayName: string, at: string): DirectoryGroup => ({
  provider,
  id,
  displayName,
  at,
  version: 0,
  mapped: [],
  mappedAt: at,
  createdAt: at,
  updatedAt: at,
});
