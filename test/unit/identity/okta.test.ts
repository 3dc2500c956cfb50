import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createOktaApi } from "../../../shared/adapters/okta.ts";
import { definePlatform, type Platform } from "../../../shared/domain/platform.ts";
import platform from "../../../config/tenantry.ts";
import { applyIdentityChange } from "../../../shared/usecases/identity/apply-identity-change.ts";
import { compareWithOkta, wantedNames } from "../../../shared/usecases/identity/compare-with-okta.ts";
import { MemoryDirectory } from "../../support/memory-directory.ts";
import { OktaServer } from "../../support/okta-server.ts";

let okta: OktaServer;
let directory: MemoryDirectory;
let logged: string[];
beforeEach(async () => {
  okta = new OktaServer();
  await okta.start();
  directory = new MemoryDirectory();
  logged = [];
});
afterEach(() => okta.stop());

const api = (token = okta.token) => createOktaApi({ url: okta.url, token, signal: AbortSignal.timeout(10_000) });
const configured: Platform = definePlatform({
  ...platform,
  identity: {
    ...platform.identity,
    providers: { okta: { webhook: { format: "okta", secret: "ssm:a" } } },
    roleMapping: [...platform.identity.roleMapping, { group: "Everyone's admins", tenantId: "acme", role: "tenant-admin" }],
  },
});
const log = (message: string): void => void logged.push(message);
const compare = (asked = api()) => {
  const ports = {
    directory,
    platform: configured,
    log: { info: log, warn: log, error: log },
    accessQueue: { send: async () => {} },
    clock: { now: () => new Date() },
  };
  return compareWithOkta("okta", asked, ports, (change, provider) => applyIdentityChange(change, provider, ports));
};
const members = async (groupId: string): Promise<string[]> =>
  (await directory.pageMembers("okta", groupId, { limit: 100 })).memberships.filter(({ member }) => member).map(({ userId }) => userId);

describe("the comparison with Okta", () => {
  test("asks for the groups of the role mapping alone, and reads all pages of them and of their members", async () => {
    okta.groups.set("g1", {
      name: "tenant:acme:viewer",
      members: ["a", "b", "c", "d", "e"].map((id) => ({ id, login: `${id}@acme.test` })),
    });
    okta.groups.set("g2", { name: "Everyone's admins", members: [{ id: "a", login: "a@acme.test" }] });
    okta.groups.set("g3", { name: "tenant:acme:no-such-role", members: [{ id: "b", login: "b@acme.test" }] });
    okta.groups.set("g4", { name: "Marketing", members: [{ id: "c", login: "c@acme.test" }] });
    for (let n = 0; n < 5; n++) okta.groups.set(`t${n}`, { name: `tenant:t${n}:admin`, members: [] });
    expect(wantedNames("okta", configured)).toEqual([
      { name: "tenant:", exact: false },
      { name: "Everyone's admins", exact: true },
    ]);
    expect(await compare()).toEqual({ groups: 7, added: 6, removed: 0, refused: 0, renamed: 0 });
    expect(await members("g1")).toEqual(["a", "b", "c", "d", "e"]);
    expect(await members("g2")).toEqual(["a"]);
    expect(okta.asked.some((asked) => asked.includes("g4"))).toBe(false);
    expect(await compare()).toMatchObject({ added: 0, removed: 0 });
  });

  test("takes what a lost webhook left, and no more than may go at once", async () => {
    const people = Array.from({ length: 30 }, (_, n) => ({ id: `u${n}`, login: `u${n}@acme.test` }));
    okta.groups.set("g1", { name: "tenant:acme:viewer", members: people });
    await compare();
    okta.groups.set("g1", { name: "tenant:acme:viewer", members: people.slice(5) });
    await later();
    expect(await compare()).toMatchObject({ removed: 5, refused: 0 });
    expect(await members("g1")).toHaveLength(25);
    okta.groups.clear();
    await later();
    expect(await compare()).toMatchObject({ removed: 0, refused: 25 });
    expect(await members("g1")).toHaveLength(25);
    expect(logged.at(-1)).toContain("would remove too much");
  });

  test("deactivates who was suspended", async () => {
    const ada = { id: "a", login: "a@acme.test" };
    okta.groups.set("g1", { name: "tenant:acme:viewer", members: [ada] });
    await compare();
    okta.users = [{ ...ada, status: "SUSPENDED" }];
    await later();
    await compare();
    expect(await directory.getUser("okta", "a")).toMatchObject({ active: false });
  });

  test("waits where Okta says so, and tries again where it stumbles", async () => {
    okta.groups.set("g1", { name: "tenant:acme:viewer", members: [{ id: "a", login: "a@acme.test" }] });
    okta.faults.push({ status: 429, headers: { "x-rate-limit-reset": String(Math.ceil(Date.now() / 1_000)) } }, { status: 503 });
    expect(await compare()).toMatchObject({ added: 1 });
  });

  test("records nothing where Okta does not answer all of it", async () => {
    okta.groups.set("g1", { name: "tenant:acme:viewer", members: [{ id: "a", login: "a@acme.test" }] });
    await expect(compare(api("another token"))).rejects.toThrow("Okta answered 401");
    okta.groups.set("g1", { name: "tenant:acme:viewer", members: ["a", "b", "c"].map((id) => ({ id, login: id })) });
    okta.nextOrigin = "http://elsewhere.invalid";
    await expect(compare()).rejects.toThrow("names a next page at http://elsewhere.invalid");
    expect(directory.users.size).toBe(0);
  });
});

/** The comparison dates by whole seconds, less one. */
const later = () => new Promise((resolve) => setTimeout(resolve, 1_100));
