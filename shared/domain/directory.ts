import type { DirectoryGroup, DirectoryUser } from "./identity.ts";

/** What a caller may say of a user. */
export type UserDraft = Pick<DirectoryUser, "userName" | "externalId" | "email" | "active" | "attributes">;

/** What a caller may say of a group, but for its members. */
export type GroupDraft = Pick<DirectoryGroup, "displayName" | "externalId" | "attributes">;

/** What becomes of a group's members: they are just these (`all`), or some come and some go, in this order; `none`: all go. */
export type MembersAsked = { all: readonly string[] } | { changes: readonly ({ userId: string; member: boolean } | "none")[] };

/** What narrows a search to a few records by a key. */
export type Lookup = { by: "id" | "name" | "externalId" | "member"; value: string };

/**
 * The longest id of a user, a group or a member, bytes of UTF-8. Ids stand in the table's keys, of which a sort key holds 1,024
 * bytes: what is longer is refused where it comes in, and is nobody where it is asked for.
 */
export const ID_BYTES = 768;
export const isId = (text: string): boolean => Buffer.byteLength(text) <= ID_BYTES;
