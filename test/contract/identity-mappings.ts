import { beforeEach, describe, expect, test } from "@jest/globals";
import type { EksCluster, IdentityMappings } from "../../shared/ports.ts";

interface Made {
  mappings: IdentityMappings;
  cluster: EksCluster;
  /** An entry that somebody else makes. */
  foreign(principalArn: string, username: string): Promise<void>;
}

/** What every IdentityMappings keeps to. */
export function identityMappingsContract(name: string, make: () => Promise<Made>): void {
  describe(`${name} as IdentityMappings`, () => {
    let made: Made;
    let principal: string;
    const signal = AbortSignal.timeout(60_000);
    const look = () => made.mappings.describe(made.cluster, principal, signal);
    beforeEach(async () => {
      made = await make();
      principal = `arn:aws:iam::000000000000:user/people/anna-${Math.random().toString(36).slice(2, 12)}`;
    });

    test("an entry that is made is there, ours, under its name; one that is not is not", async () => {
      expect(await look()).toBeUndefined();
      await made.mappings.create(made.cluster, principal, "sso:anna@example.com", signal);
      expect(await look()).toEqual({ username: "sso:anna@example.com", ours: true });
    });

    test("made again it stays as it is, whosever it is", async () => {
      await made.mappings.create(made.cluster, principal, "anna", signal);
      await made.mappings.create(made.cluster, principal, "bob", signal);
      expect(await look()).toEqual({ username: "anna", ours: true });
    });

    test("somebody else's is not ours, and making it ours does nothing", async () => {
      await made.foreign(principal, "admin");
      await made.mappings.create(made.cluster, principal, "anna", signal);
      expect(await look()).toEqual({ username: "admin", ours: false });
    });

    test("gets another name, and stays ours; one that is gone stays gone", async () => {
      await made.mappings.create(made.cluster, principal, "anna", signal);
      await made.mappings.rename(made.cluster, principal, "anna.smith", signal);
      expect(await look()).toEqual({ username: "anna.smith", ours: true });
      await made.mappings.delete(made.cluster, principal, signal);
      await made.mappings.rename(made.cluster, principal, "anna", signal);
      expect(await look()).toBeUndefined();
    });

    test("deleted twice it is gone", async () => {
      await made.mappings.create(made.cluster, principal, "anna", signal);
      await made.mappings.delete(made.cluster, principal, signal);
      await made.mappings.delete(made.cluster, principal, signal);
      expect(await look()).toBeUndefined();
    });

    test("does nothing once the time is up", async () => {
      const late = made.mappings.create(made.cluster, principal, "anna", AbortSignal.abort());
      await expect(late).rejects.toMatchObject({ name: "MappingError", retryable: true });
      expect(await look()).toBeUndefined();
    });
  });
}
