import * as z from "zod";
import type { UserDraft } from "../../domain/directory.ts";
import type { DirectoryUser } from "../../domain/identity.ts";
import { isComplex, type Resource, USER } from "./attributes.ts";
import { type Operation, patched, withPaths } from "./patch.ts";
import { bool, checked, metaOf, name, others, text } from "./resource.ts";

const email = z.looseObject({ value: text(), type: text().optional(), primary: bool.optional() });

export const userSchema = z.looseObject({
  userName: name,
  externalId: text().optional(),
  active: bool.optional(),
  displayName: text().optional(),
  emails: z.array(z.union([email, text().transform((value) => ({ value }))])).optional(),
});

/** What a user's resource says; one that does not say whether they are active leaves that as it stands. Throws `ScimError`. */
export function userDraftOf(resource: unknown, standing: Pick<UserDraft, "active"> = { active: true }): UserDraft {
  const user = checked(userSchema, resource);
  const { userName, externalId, active = standing.active } = user;
  return { userName, externalId, active, email: emailOf(user.emails), attributes: others(user, ["userName", "externalId", "active"]) };
}

type Email = { value: string; type?: unknown; primary?: unknown };

/** The primary address, else the one at work, else the first. */
function emailOf(emails: Email[] = []): string | undefined {
  const best = emails.find(({ primary }) => primary === true) ?? emails.find(({ type }) => type === "work") ?? emails[0];
  return best?.value === "" ? undefined : best?.value;
}

export function renderUser(user: DirectoryUser): Resource {
  const { id, externalId, userName, active, email: address, attributes = {} } = user;
  const extensions = Object.keys(attributes).filter((key) => key.toLowerCase().startsWith("urn:"));
  return {
    schemas: [USER, ...extensions],
    id,
    ...(externalId !== undefined && { externalId }),
    userName,
    ...(address !== undefined && { emails: [{ value: address, primary: true }] }),
    ...attributes,
    ...(active !== undefined && { active }),
    meta: metaOf("User", user),
  };
}

/** What a user is after a PATCH's operations; one whose `active` they removed is not active. Throws `ScimError`. */
export function patchedUser(user: DirectoryUser, operations: Operation[]): UserDraft {
  const { meta: _meta, schemas: _schemas, ...resource } = renderUser(user);
  const after = patched(resource, withPaths(operations));
  // An extension is told by its attributes, and gone without any.
  return userDraftOf(Object.fromEntries(Object.entries(after).filter(([, value]) => !isComplex(value) || Object.keys(value).length > 0)), {
    active: undefined,
  });
}
