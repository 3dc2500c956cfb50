import { describe, expect, test } from "@jest/globals";
import type { Context, SQSEvent } from "aws-lambda";
import { DONE } from "../../../shared/usecases/identity/ports.ts";
import { reviveAccess, TRIES, workAccess } from "../../../shared/usecases/identity/work-access.ts";
import { sweepDue } from "../../../shared/usecases/sweep-due.ts";
import { type Gate, never } from "../../fault/support/world.ts";
import { aCompany } from "../../support/company.ts";

const HOUR = 60;

/** A group with a member, whose work meets a gate: all that sweep and messages bring, minute by minute. */
async function aGroup() {
  const company = aCompany();
  const { said, onboard, settle, world } = company;
  await onboard("acme");
  await said.user("anna");
  await said.group("g1", "tenant:acme:viewer");
  await settle();
  const minutes = async (count: number, gate: Gate) => {
    let tries = 0;
    for (let minute = 0; minute < count; minute++) {
      world.pass(60_000);
      const ports = world.ports(gate);
      await sweepDue(ports, new AbortController().signal);
      const messages = world.accessQueue.filter(({ from }) => from <= world.nowMs);
      world.accessQueue = world.accessQueue.filter(({ from }) => from > world.nowMs);
      for (const { item } of messages) {
        const before = world.deadLetters.length;
        const work = workAccess(
          item,
          () => true,
          { ...ports, directory: countsOne(ports.directory, () => ++tries) },
          async () => DONE,
        );
        // A process that is gone never answers: nobody waits for it.
        await Promise.race([work, new Promise((resolve) => setTimeout(resolve, 5))]);
        expect(world.deadLetters.length - before).toBeLessThanOrEqual(1);
      }
    }
    return tries;
  };
  return { ...company, minutes };
}

/** Each try begins with the read of its group. */
const countsOne = <T extends { getGroup: (provider: string, id: string) => Promise<unknown> }>(directory: T, count: () => void): T =>
  new Proxy(directory, {
    get: (target, name) => {
      if (name === "getGroup") count();
      return Reflect.get(target, name);
    },
  });

const poison: Gate = async (call, effect) => {
  if (call === "directory.pageMembers") throw new Error("Size of hashkey has exceeded the maximum size limit");
  return effect();
};
const dies: Gate = (call, effect) => (call === "directory.pageMembers" ? never() : effect());
const fine: Gate = (_call, effect) => effect();

describe("Access work that fails at every try", () => {
  test("is tried again after pauses that grow, and then set aside with the reason; nothing is due of it any more", async () => {
    const { said, minutes, world, directory } = await aGroup();
    await said.member("g1", "anna", true);
    expect(await minutes(HOUR, poison)).toBeLessThan(12);
    expect(world.deadLetters).toEqual([]);
    const tries = await minutes(23 * HOUR, poison);
    expect(tries).toBeLessThan(TRIES);
    expect(world.deadLetters).toEqual([
      {
        code: "Internal",
        body: JSON.stringify({ pk: "IDP#okta", sk: "GROUP#g1", setAside: true }),
        reason: "IDP#okta GROUP#g1: Error: Size of hashkey has exceeded the maximum size limit",
      },
    ]);
    expect(directory.dueItems()).toEqual([]);
    expect(await minutes(24 * HOUR, poison)).toBe(0);
  }, 30_000);

  test("and ends its process, is counted and set aside as well", async () => {
    const { said, minutes, world, directory } = await aGroup();
    await said.member("g1", "anna", true);
    await minutes(3 * HOUR, dies);
    expect(world.deadLetters).toMatchObject([{ reason: expect.stringContaining("never came to an end") }]);
    expect(directory.dueItems()).toEqual([]);
  }, 30_000);

  test("is done once its letter is sent again and the cause is gone; a second copy of the letter is void", async () => {
    const { said, minutes, world, access, settle } = await aGroup();
    await said.member("g1", "anna", true);
    await minutes(24 * HOUR, poison);
    const { pk, sk } = JSON.parse(world.deadLetters[0]?.body ?? "{}") as { pk: string; sk: string };
    const revive = () =>
      reviveAccess(
        { pk, sk },
        () => true,
        world.ports(),
        async () => DONE,
      );
    await revive();
    await settle();
    expect(access()).toEqual(["acme anna@example.com-tenant-viewer"]);
    await revive();
    expect(world.directory.dueItems()).toEqual([]);
  }, 30_000);

  test("is begun anew by another word on it, with all its tries", async () => {
    const { said, minutes, world, access, settle } = await aGroup();
    await said.member("g1", "anna", true);
    await minutes(24 * HOUR, poison);
    await said.user("bob");
    await said.member("g1", "bob", true);
    await minutes(HOUR, poison);
    expect(world.deadLetters).toHaveLength(1);
    await minutes(2 * HOUR, fine);
    await settle();
    expect(access()).toHaveLength(2);
  }, 30_000);
});

test("Work that goes on again and again is no failure, however often", async () => {
  const { said, minutes, world, directory } = await aGroup();
  await said.group("g2", "tenant:not-there-yet:viewer");
  await said.member("g2", "anna", true);
  await minutes(72 * HOUR, fine);
  expect(world.deadLetters).toEqual([]);
  expect(directory.dueItems()).toHaveLength(1);
}, 30_000);

test("A dead letter that is sent back to the queue is work again", async () => {
  Object.assign(process.env, {
    TABLE_NAME: "t",
    ACCESS_QUEUE_URL: "https://example.invalid/q",
    RECONCILE_QUEUE_URL: "https://example.invalid/q",
    DEAD_LETTER_QUEUE_URL: "https://example.invalid/q",
    INSTALLATION: "tenantry-test",
    AWS_REGION: "eu-central-1",
  });
  const { createHandler } = await import("../../../functions/access/queue.ts");
  const { said, minutes, world, access, settle } = await aGroup();
  await said.member("g1", "anna", true);
  await minutes(24 * HOUR, poison);
  const inbox = { get: async () => undefined, done: async () => {} };
  const handle = createHandler({ ...world.ports(), inbox });
  const record = { messageId: "m", body: world.deadLetters[0]?.body, eventSource: "aws:sqs" };
  const context = { getRemainingTimeInMillis: () => 60_000 };
  const answer = await handle({ Records: [record] } as unknown as SQSEvent, context as Context);
  expect(answer).toEqual({ batchItemFailures: [] });
  await settle();
  expect(access()).toEqual(["acme anna@example.com-tenant-viewer"]);
}, 30_000);
