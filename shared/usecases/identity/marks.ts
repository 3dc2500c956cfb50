import type { DirectoryGroup, Membership } from "../../domain/identity.ts";
import type { Timestamp } from "../../domain/tenant.ts";

/*
 * How far a membership's grants follow it is its mark (`synced`):
 *
 *     none, `again:<time>` ──revokes recorded──> `granting:<mark before>` ──grants recorded──> the membership's `at`
 *              ^                                                                                      │
 *              └── another word on the membership (none), or on its user (`again`) <──────────────────┘
 *
 * Every step is a write that holds only over the mark that was read, so a late worker never marks what it did not see.
 */

const AGAIN = "again:";
const GRANTING = "granting:";

/** The mark of a membership that is to be worked on again, since that time: as its user changed, say. */
export const again = (since: Timestamp): string => `${AGAIN}${since}`;
/** Whether a membership waits to be worked on again since that time. */
export const isAgainSince = (synced: string | undefined, since: Timestamp): boolean => before(synced) === again(since);
export const isAgain = (synced: string | undefined): boolean => before(synced).startsWith(AGAIN);

/** The mark of a membership whose revokes are recorded, and whose grants are not. */
export const granting = (synced: string | undefined): string => (isGranting(synced) ? (synced ?? "") : `${GRANTING}${synced ?? ""}`);
const isGranting = (synced: string | undefined): boolean => synced?.startsWith(GRANTING) === true;
const before = (synced: string | undefined): string => (isGranting(synced) ? (synced ?? "").slice(GRANTING.length) : (synced ?? ""));

/** Whether it is the group, and nothing said of the member, that brings the membership up. */
export const isOfGroup = ({ synced, at }: Membership): boolean => before(synced) === at;

/** Whether the grants do not follow the membership, as the group now maps. */
export const hasWork = ({ at, synced, mappedAt }: Membership, group: Pick<DirectoryGroup, "mappedAt">): boolean =>
  synced !== at || mappedAt !== group.mappedAt;

/** Whether a membership with work may have grants to lose: whoever was never given anything only gains. */
export const mayLose = ({ member, synced, mappedAt, grantedAs }: Membership, group: Pick<DirectoryGroup, "mappedAt">): boolean =>
  !(isGranting(synced) && mappedAt === group.mappedAt) && (!member || grantedAs !== undefined || isAgain(synced));
