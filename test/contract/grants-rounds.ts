import { expect, test } from "@jest/globals";
import type { GrantsRounds } from "../../shared/ports.ts";

/** What every GrantsRounds keeps to. */
export function grantsRoundsContract(name: string, make: () => Promise<GrantsRounds>): void {
  test(`${name} keeps how far each provider's comparison is, until its round ends`, async () => {
    const rounds = await make();
    const provider = `p-${Math.random().toString(36).slice(2, 12)}`;
    const round = {
      startedAt: "2030-01-31T12:00:00.000Z",
      after: "g1",
      report: { grants: 5, added: 1, removed: 2, refused: 0 },
    };
    expect(await rounds.read(provider)).toBeUndefined();
    await rounds.write(provider, round);
    expect(await rounds.read(provider)).toEqual(round);
    expect(await rounds.read(`${provider}2`)).toBeUndefined();
    await rounds.write(provider, { ...round, after: undefined });
    expect(await rounds.read(provider)).toEqual({ startedAt: round.startedAt, report: round.report });
    await rounds.write(provider, undefined);
    await rounds.write(provider, undefined);
    expect(await rounds.read(provider)).toBeUndefined();
  });
}
