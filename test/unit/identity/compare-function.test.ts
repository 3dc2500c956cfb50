import { afterEach, beforeEach, expect, test } from "@jest/globals";
import platform from "../../../config/tenantry.ts";
import { createOktaApi } from "../../../shared/adapters/okta.ts";
import { definePlatform } from "../../../shared/domain/platform.ts";
import { MemoryDirectory } from "../../support/memory-directory.ts";
import { MemoryGrantsRounds } from "../../support/memory-grants-rounds.ts";
import { MemoryTable } from "../../support/memory-table.ts";
import { OktaServer } from "../../support/okta-server.ts";

Object.assign(process.env, {
  TABLE_NAME: "t",
  ACCESS_QUEUE_URL: "https://example.invalid/q",
  STAGE: "test",
  AWS_REGION: "eu-central-1",
  POWERTOOLS_METRICS_DISABLED: "true",
});
const { createHandler } = await import("../../../functions/identity/compare.ts");
const context = { getRemainingTimeInMillis: () => 60_000 };

let okta: OktaServer;
beforeEach(async () => {
  okta = new OktaServer();
  await okta.start();
  okta.groups.set("g1", { name: "tenant:acme:viewer", members: [{ id: "a", login: "a@acme.test" }] });
});
afterEach(() => okta.stop());

const run = (secrets: Record<string, string[]>) => {
  const api = (name: string) => ({ kind: "okta" as const, url: okta.url, token: `ssm:${name}` });
  const providers = { none: {}, broken: { api: api("broken") }, unready: { api: api("unready") }, good: { api: api("good") } };
  const directory = new MemoryDirectory();
  const handler = createHandler({
    directory,
    store: new MemoryTable(),
    rounds: new MemoryGrantsRounds(),
    newId: () => "run-1",
    accessQueue: { send: async () => {} },
    secrets: async (ref) => secrets[ref] ?? [],
    openApi: (url, token, signal) => createOktaApi({ url, token, signal }),
    platform: definePlatform({ ...platform, identity: { ...platform.identity, providers } }),
    clock: { now: () => new Date() },
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  return { directory, result: handler({}, context) };
};

test("each provider with an API and a token is compared, and no other", async () => {
  const { result } = run({ "ssm:good": [okta.token] });
  const grants = { grants: 0, added: 0, removed: 0, refused: 0, startedAt: expect.any(String), complete: true };
  expect(await result).toEqual({
    none: { grants },
    broken: { grants },
    unready: { grants },
    good: { grants, directory: { groups: 1, added: 1, removed: 0, refused: 0, renamed: 0 } },
  });
});

test("one that fails keeps no other from it, and the run fails, so that somebody hears", async () => {
  const { result, directory } = run({ "ssm:good": [okta.token], "ssm:broken": ["another token"] });
  await expect(result).rejects.toThrow("failed with 1 of the providers");
  expect(await directory.getUser("good", "a")).toMatchObject({ userName: "a@acme.test" });
});
