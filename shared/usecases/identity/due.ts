import type { DirectoryGroup, DirectoryUser } from "../../domain/identity.ts";
import type { Cause, Timestamp } from "../../domain/tenant.ts";
import type { AccessQueue, Clock, Directory } from "../../ports.ts";

/** What recording needs of what a provider said. */
export interface IdentityPorts {
  directory: Directory;
  accessQueue: AccessQueue;
  clock: Clock;
  platform: { retentionDays: { dedupe: number } };
  /** Who says it, and in which conversation: goes into the audit trail of what follows. */
  cause?: Cause | undefined;
}

/** Until the sweep does what a call that died left undone: longer than any call lasts, milliseconds. */
export const LEFT_UNDONE_MS = 120_000;

export const nowOf = ({ clock }: Pick<IdentityPorts, "clock">): Timestamp => clock.now().toISOString();
export const plusMs = (at: Timestamp, ms: number): Timestamp => new Date(Date.parse(at) + ms).toISOString();

/** The time of a change that is newer than what stands, whatever dated that: calls are the newest. */
export const newerThan = (standing: Timestamp | undefined, now: Timestamp): Timestamp =>
  standing === undefined || standing < now ? now : plusMs(standing, 1);

/** Makes a group due now, and says so. */
export async function groupDue({ provider, id }: Pick<DirectoryGroup, "provider" | "id">, ports: IdentityPorts): Promise<void> {
  const dueAt = nowOf(ports);
  if (await ports.directory.touchGroup(provider, id, dueAt))
    await ports.accessQueue.send([{ pk: `IDP#${provider}`, sk: `GROUP#${id}`, dueAt }]);
}

/** Says that a user is due, as its record does. */
export async function userDue({ provider, id, dueAt }: DirectoryUser, { accessQueue }: IdentityPorts): Promise<void> {
  if (dueAt !== undefined) await accessQueue.send([{ pk: `IDP#${provider}`, sk: `USER#${id}`, dueAt }]);
}
