import { type Grant, grantId, type IdentityMapping } from "../../domain/access.ts";
import type { Cluster } from "../../domain/cluster.ts";
import type { AccessPorts } from "./ports.ts";
import { type Standing, type StandingPorts, standingGrants } from "./standing-grants.ts";

/** What a step in EKS came to. `changed`: it has to be seen whether that took effect, and stayed. */
export type Settled = { stands: true } | { changed: true } | { refused: string };

const STANDS: Settled = { stands: true };
const CHANGED: Settled = { changed: true };

/**
 * Brings the access entry of a grant's AWS identity to what all grants of that person in that cluster come to: there while
 * one of them needs it, else gone. Whatever is not of this installation is left alone. Throws `MappingError`.
 */
export async function settleEntry(
  grant: Grant,
  mapping: IdentityMapping,
  cluster: Cluster,
  signal: AbortSignal,
  ports: StandingPorts & Pick<AccessPorts, "mappings">,
): Promise<Settled> {
  const { userId } = grant;
  const { principalArn } = mapping;
  const others = (await standingGrants(userId, cluster, ports)).filter((other) => !isSame(other.grant, grant));
  const rival = mapping.state === "Pending" ? rivalOf(mapping, others) : undefined;
  const needed = (mapping.state === "Pending" && rival === undefined) || others.some((other) => needs(other, principalArn));
  const username = `${cluster.access?.usernamePrefix ?? ""}${userId}`;
  const entry = await ports.mappings.describe(cluster, principalArn, signal);
  if (!needed) {
    const own = entry?.ours === true && [username, mapping.username].includes(entry.username);
    if (own) await ports.mappings.delete(cluster, principalArn, signal);
    if (rival !== undefined)
      return { refused: `${userId} is ${rival} in cluster "${cluster.name}" already: a person is one AWS identity.` };
    return own ? CHANGED : STANDS;
  }
  // EKS would put what a session calls itself in its place: a name that its holder chooses.
  if (username.includes("{{")) return { refused: `No access entry can have the name ${username}: EKS takes {{ for a variable.` };
  if (entry === undefined) {
    await ports.mappings.create(cluster, principalArn, username, signal);
    return CHANGED;
  }
  // What another has, or took, is not what goes with this grant.
  if (mapping.state === "Removing" && (!entry.ours || entry.username !== username)) return STANDS;
  if (!entry.ours)
    return {
      refused: `EKS cluster "${cluster.eksClusterName}" has an access entry for ${principalArn} that is not of this installation (${entry.username}). Delete it, and grant again.`,
    };
  if (entry.username === username) return STANDS;
  const holder = await holderOf(entry.username, principalArn, userId, cluster, ports);
  if (holder !== undefined)
    return { refused: `${principalArn} is ${holder} in cluster "${cluster.name}" already: an AWS identity is one person.` };
  await ports.mappings.rename(cluster, principalArn, username, signal);
  return CHANGED;
}

const isSame = (a: Grant, b: Grant): boolean => a.tenantId === b.tenantId && grantId(a) === grantId(b);

/** Whether a grant keeps the entry of that AWS identity. */
const needs = ({ grant, principalArn }: Standing, of: string): boolean => principalArn === of && grant.mapping?.state !== "Refused";

/** Another AWS identity that the person is in the cluster, since earlier. */
function rivalOf({ principalArn, since }: IdentityMapping, others: readonly Standing[]): string | undefined {
  const order = (mapping: Pick<IdentityMapping, "since" | "principalArn">): string => `${mapping.since} ${mapping.principalArn}`;
  return others.find(({ grant: { mapping }, principalArn: other }) => {
    if (mapping === undefined || other === principalArn || mapping.principalArn !== other) return false;
    return (mapping.state === "Pending" || mapping.state === "Mapped") && order(mapping) < order({ since, principalArn });
  })?.principalArn;
}

/** The other person whose name the entry has, where that person needs it still. */
async function holderOf(
  username: string,
  principalArn: string,
  userId: string,
  cluster: Cluster,
  ports: StandingPorts,
): Promise<string | undefined> {
  const prefix = cluster.access?.usernamePrefix ?? "";
  const holder = username.startsWith(prefix) ? username.slice(prefix.length) : username;
  if (holder === userId) return undefined;
  const standing = await standingGrants(holder, cluster, ports);
  return standing.some((one) => needs(one, principalArn)) ? holder : undefined;
}
