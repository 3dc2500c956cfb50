import { type AccessEntry, type EksCluster, type IdentityMappings, MappingError } from "../../shared/ports.ts";

/** The access entries of clusters in memory: the same contract as EKS' (test/contract/identity-mappings.ts). */
export class MemoryMappings implements IdentityMappings {
  /** By `<EKS cluster> <principal>`. */
  readonly entries = new Map<string, AccessEntry>();
  /** Calls that changed, or meant to change, an entry. */
  readonly calls: string[] = [];
  /** What every call answers, while it is there. */
  trouble: MappingError | undefined;

  /** The entries of a cluster, principal to name. */
  in(eksClusterName: string): Record<string, string> {
    const mine = [...this.entries].filter(([key]) => key.startsWith(`${eksClusterName} `));
    return Object.fromEntries(mine.map(([key, { username }]) => [key.slice(eksClusterName.length + 1), username]).sort());
  }

  async describe(cluster: EksCluster, principalArn: string, signal: AbortSignal): Promise<AccessEntry | undefined> {
    this.#check(signal);
    return structuredClone(this.entries.get(keyOf(cluster, principalArn)));
  }

  async create(cluster: EksCluster, principalArn: string, username: string, signal: AbortSignal): Promise<void> {
    this.#check(signal, `create ${principalArn} ${username}`);
    const key = keyOf(cluster, principalArn);
    if (!this.entries.has(key)) this.entries.set(key, { username, ours: true });
  }

  async rename(cluster: EksCluster, principalArn: string, username: string, signal: AbortSignal): Promise<void> {
    this.#check(signal, `rename ${principalArn} ${username}`);
    const entry = this.entries.get(keyOf(cluster, principalArn));
    if (entry !== undefined) entry.username = username;
  }

  async delete(cluster: EksCluster, principalArn: string, signal: AbortSignal): Promise<void> {
    this.#check(signal, `delete ${principalArn}`);
    this.entries.delete(keyOf(cluster, principalArn));
  }

  #check(signal: AbortSignal, call?: string): void {
    if (signal.aborted) throw new MappingError("The time is up.", { retryable: true });
    if (this.trouble !== undefined) throw this.trouble;
    if (call !== undefined) this.calls.push(call);
  }
}

const keyOf = ({ eksClusterName }: EksCluster, principalArn: string): string => `${eksClusterName} ${principalArn}`;
