import { expect, test } from "@jest/globals";
import { createGroup } from "../../../shared/usecases/identity/provision-group.ts";
import { createUser } from "../../../shared/usecases/identity/provision-user.ts";
import { WriteConflict } from "../../../shared/ports.ts";
import { identityWorld } from "../../support/identity-world.ts";

/** The write takes effect and its answer is lost: the SDK sends it again, and its own first write stands in the way. */
function losesAnswer<Args extends unknown[]>(write: (...args: Args) => Promise<void>): (...args: Args) => Promise<void> {
  let lost = false;
  return async (...args) => {
    await write(...args);
    if (lost) return;
    lost = true;
    throw new WriteConflict("The record moved.");
  };
}

test("a group is created whose first write's answer was lost, with its members and no second one beside it", async () => {
  const { ports, directory, sent } = identityWorld();
  directory.writeGroup = losesAnswer(directory.writeGroup.bind(directory));
  const group = await createGroup("entra", { displayName: "tenant:acme:admin" }, ["u1"], ports, () => true);
  expect([...directory.groups.values()].map(({ id }) => id)).toEqual([group.id]);
  expect(await directory.getMembership("entra", group.id, "u1")).toMatchObject({ member: true });
  expect(sent.at(-1)).toMatchObject({ sk: `GROUP#${group.id}` });
});

test("a user is created whose first write's answer was lost, and is due where they are inactive", async () => {
  const { ports, directory } = identityWorld();
  directory.writeUser = losesAnswer(directory.writeUser.bind(directory));
  const user = await createUser("entra", { userName: "ada@example.com", active: false }, ports);
  expect([...directory.users.values()].map(({ id }) => id)).toEqual([user.id]);
  expect(user.dueAt).toBeDefined();
});
