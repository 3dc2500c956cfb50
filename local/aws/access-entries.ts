import type { MappedIdentity } from "../kubernetes/authenticator.ts";

/** The access entries that the embedded EKS said yes to, cluster by cluster. */
export class AccessEntries {
  readonly #entries = new Map<string, Map<string, MappedIdentity>>();

  of(cluster: string): MappedIdentity[] {
    return [...(this.#entries.get(cluster)?.values() ?? [])];
  }

  /** Follows a call that succeeded; the cluster whose entries it changed, if it did. */
  follow(method: string | undefined, url: string | undefined, body: string): string | undefined {
    const [, name, principal] = /^\/clusters\/([^/?]+)\/access-entries(?:\/([^/?]+))?$/.exec(url ?? "") ?? [];
    if (name === undefined || (method !== "POST" && method !== "DELETE")) return undefined;
    const cluster = decodeURIComponent(name);
    const entries = this.#entries.get(cluster) ?? new Map<string, MappedIdentity>();
    this.#entries.set(cluster, entries);
    if (method === "DELETE") {
      entries.delete(decodeURIComponent(principal ?? ""));
      return cluster;
    }
    const { accessEntry } = JSON.parse(body) as { accessEntry: MappedIdentity };
    entries.set(accessEntry.principalArn, accessEntry);
    return cluster;
  }
}
