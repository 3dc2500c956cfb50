import * as z from "zod";
import type { GroupDraft, MembersAsked } from "../../domain/directory.ts";
import type { DirectoryGroup } from "../../domain/identity.ts";
import { GROUP, isComplex, type Resource } from "./attributes.ts";
import { ScimError } from "./error.ts";
import { equalities, type Filter } from "./filter.ts";
import { type Operation, patched, targetOf, withPaths } from "./patch.ts";
import { checked, metaOf, name, others, text } from "./resource.ts";

const memberId = text().min(1);
const member = z.union([z.looseObject({ value: memberId }).transform(({ value }) => value), memberId]);
export const groupSchema = z.looseObject({ displayName: name, externalId: text().optional(), members: z.array(member).default([]) });

/** What a group's resource says. Throws `ScimError`. */
export function groupDraftOf(resource: unknown): { draft: GroupDraft; members: string[] } {
  const group = checked(groupSchema, resource);
  const { displayName, externalId, members } = group;
  return { draft: { displayName, externalId, attributes: others(group, ["displayName", "externalId", "members"]) }, members };
}

/** @param members user ids; `undefined` where they were not asked for */
export function renderGroup(group: DirectoryGroup, members: readonly string[] | undefined): Resource {
  const { id, externalId, displayName, attributes = {} } = group;
  const extensions = Object.keys(attributes).filter((key) => key.toLowerCase().startsWith("urn:"));
  return {
    schemas: [GROUP, ...extensions],
    id,
    ...(externalId !== undefined && { externalId }),
    displayName,
    ...attributes,
    ...(members !== undefined && { members: members.map((value) => ({ value })) }),
    meta: metaOf("Group", group),
  };
}

/** What a PATCH asks of a group: of its own attributes as they then stand, and of its members. */
export interface GroupPatch {
  change: (before: DirectoryGroup) => GroupDraft;
  members: MembersAsked | undefined;
}

/** Throws `ScimError`. */
export function groupPatchOf(operations: Operation[]): GroupPatch {
  const all = withPaths(operations).map((operation) => ({ ...operation, target: targetOf(operation.path) }));
  const isMembers = ({ target }: (typeof all)[number]): boolean => target.names[0]?.toLowerCase() === "members";
  const changes = all.filter(isMembers).flatMap(({ op, target, value, path }) => {
    if (target.names.length > 1 || target.sub !== undefined) throw new ScimError("mutability", `${path} is read-only.`);
    return membersAsked(op, target.filter, value);
  });
  const own = all.filter((operation) => !isMembers(operation));
  return {
    change: (before) => {
      const { meta: _meta, schemas: _schemas, ...resource } = renderGroup(before, undefined);
      return groupDraftOf(patched(resource, own)).draft;
    },
    members: changes.length === 0 ? undefined : { changes },
  };
}

type Change = { userId: string; member: boolean } | "none";

function membersAsked(op: Operation["op"], filter: Filter | undefined, value: unknown): Change[] {
  if (filter !== undefined) {
    if (op !== "remove") throw new ScimError("invalidPath", "Members are added by the path members.");
    return idsOf(filter).map((userId) => ({ userId, member: false }));
  }
  const listed = idsIn(value);
  if (op === "remove") return listed.length === 0 ? ["none"] : listed.map((userId) => ({ userId, member: false }));
  return [...(op === "replace" ? ["none" as const] : []), ...listed.map((userId) => ({ userId, member: true }))];
}

/** Ids in a value: a list of members, or one of them, as an object or its bare id. */
function idsIn(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const parsed = z.array(member).safeParse(Array.isArray(value) ? value : [value]);
  if (!parsed.success) throw new ScimError("invalidValue", "Members must be objects with the id of a user as their value.");
  return parsed.data;
}

/** The ids in `value eq "a" or value eq "b"`. */
function idsOf(filter: Filter): string[] {
  if (filter.op === "or" && "filters" in filter) return filter.filters.flatMap(idsOf);
  const id = equalities(filter).get("value");
  if (id === undefined) throw new ScimError("invalidFilter", 'Members are named by members[value eq "<id>"].');
  return idsIn(id);
}

export const hasMembers = (resource: unknown): boolean =>
  isComplex(resource) && Object.keys(resource).some((key) => key.toLowerCase() === "members");
