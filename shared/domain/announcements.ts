import { TenantryError } from "./errors.ts";
import type { Announcement } from "./tenant.ts";

/** Requests of another control plane that may wait for an answer in one record: each has a registration of its own. */
export const MOST_REQUESTS = 16;

/** What an announcement is about: of several on one subject, only the last will be true. */
const subjectOf = ({ type }: Announcement): string => (type === "TenantActivated" ? "TenantSuspended" : type);

const requestOf = ({ cause: { sbt } }: Announcement): string | undefined => sbt && `${sbt.request} ${sbt.tenantRegistrationId}`;

/**
 * What waits to be said, with what a new intent has to say. Of each subject the last stays, so the list does not grow while
 * nothing converges. Beside it stay requests of other control planes, until each has its answer.
 * @throws TenantryError `WriteContention` where more of these wait than a record has room for
 */
export function announce(waiting: readonly Announcement[], next: readonly Announcement[]): Announcement[] {
  let all = [...waiting];
  for (const one of next) {
    const isReplaced = (old: Announcement): boolean =>
      subjectOf(old) === subjectOf(one) && (requestOf(old) === undefined || requestOf(old) === requestOf(one));
    all = [...all.filter((old) => !isReplaced(old)), one];
  }
  if (all.filter((one) => requestOf(one) !== undefined).length > MOST_REQUESTS)
    throw new TenantryError("WriteContention", `${MOST_REQUESTS} requests for this tenant wait for their answer; try again.`);
  return all;
}
