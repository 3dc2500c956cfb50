import type { GrantsRound } from "../../shared/domain/grants-comparison.ts";
import type { GrantsRounds } from "../../shared/ports.ts";

/** The comparisons' rounds in memory: the same contract as DynamoDB's (test/contract/grants-rounds.ts). */
export class MemoryGrantsRounds implements GrantsRounds {
  readonly rounds = new Map<string, GrantsRound>();

  read = async (provider: string): Promise<GrantsRound | undefined> => structuredClone(this.rounds.get(provider));

  async write(provider: string, round: GrantsRound | undefined): Promise<void> {
    if (round === undefined) this.rounds.delete(provider);
    else this.rounds.set(provider, JSON.parse(JSON.stringify(round)) as GrantsRound);
  }
}
