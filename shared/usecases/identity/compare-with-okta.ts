import { type ComparisonReport, type Ours, planComparison } from "../../domain/directory-comparison.ts";
import type { IdentityChange, ProviderName } from "../../domain/identity.ts";
import type { Platform } from "../../domain/platform.ts";
import { rolesOf } from "../../domain/role-mapping.ts";
import type { Directory, Log, ProviderApi } from "../../ports.ts";

export interface ComparisonPorts {
  directory: Pick<Directory, "pageGroups" | "pageMembers" | "pageUsers">;
  platform: Pick<Platform, "identity" | "grantRoles">;
  log: Log;
}

const PAGE = 500;

/**
 * Compares what a provider's API says with the directory, and records what a lost webhook left out.
 *
 * Delivery: what it records is dated before the provider was asked, so a webhook of anything newer wins, whichever comes
 * first. Where the provider does not answer to the end it throws, and nothing is recorded. Removals above
 * `identity.removeAtMost` are all left out, and told of.
 */
export async function compareWithOkta(
  provider: ProviderName,
  api: ProviderApi,
  ports: ComparisonPorts,
  apply: (change: IdentityChange, provider: ProviderName) => Promise<unknown>,
): Promise<ComparisonReport> {
  const { platform, log } = ports;
  const matters = (displayName: string): boolean => rolesOf(provider, displayName, platform).length > 0;
  const told = await api.read(wantedNames(provider, platform));
  const theirs = { ...told, groups: told.groups.filter(({ displayName }) => matters(displayName)) };
  const ours = await readOurs(provider, matters, new Set(theirs.groups.map(({ id }) => id)), ports);
  const reactivates = platform.identity.providers[provider]?.scim === undefined;
  const { changes, report } = planComparison(theirs, ours, platform.identity.removeAtMost, reactivates);
  for (const change of changes) await apply(change, provider);
  const said = { provider, ...report };
  if (report.refused > 0) log.error("A comparison with an identity provider would remove too much: it removed nothing.", said);
  else log.info("Compared with an identity provider.", said);
  return report;
}

/** The names of the role mapping: exact ones, and what names by a pattern begin with. */
export function wantedNames(provider: ProviderName, { identity }: Pick<Platform, "identity">): { name: string; exact: boolean }[] {
  const mappings = identity.roleMapping.filter((mapping) => mapping.provider === undefined || mapping.provider === provider);
  const names = mappings.map((mapping) =>
    "group" in mapping
      ? { name: mapping.group, exact: true }
      : { name: mapping.pattern.replace(/\{(tenantId|role)\}.*$/s, ""), exact: false },
  );
  return [...new Map(names.map((name) => [JSON.stringify(name), name])).values()];
}

async function readOurs(
  provider: ProviderName,
  matters: (displayName: string) => boolean,
  named: ReadonlySet<string>,
  { directory }: ComparisonPorts,
): Promise<Ours> {
  const ours: Ours = { groups: [], users: [] };
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await directory.pageGroups(provider, { limit: PAGE, after });
    for (const { id, displayName, externalId, deleted } of page.groups)
      if (deleted !== true && (matters(displayName) || named.has(id)))
        ours.groups.push({ id, displayName, externalId, members: await membersOf(provider, id, directory) });
    after = page.next;
  }
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await directory.pageUsers(provider, { limit: PAGE, after });
    for (const { id, userName, externalId, active } of page.users) ours.users.push({ id, userName, externalId, active: active === true });
    after = page.next;
  }
  return ours;
}

async function membersOf(provider: ProviderName, groupId: string, directory: ComparisonPorts["directory"]): Promise<string[]> {
  const members: string[] = [];
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await directory.pageMembers(provider, groupId, { limit: PAGE, after });
    members.push(...page.memberships.filter(({ member }) => member).map(({ userId }) => userId));
    after = page.next;
  }
  return members;
}
