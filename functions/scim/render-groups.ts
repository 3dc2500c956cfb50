import type { DirectoryGroup } from "../../shared/domain/identity.ts";
import type { Resource } from "../../shared/http/scim/attributes.ts";
import { ScimError } from "../../shared/http/scim/error.ts";
import { renderGroup } from "../../shared/http/scim/group.ts";
import { project, type Projection, wants } from "../../shared/http/scim/query.ts";
import { memberIds } from "../../shared/usecases/identity/provision-group.ts";
import type { ScimDeps } from "./deps.ts";

/** Members in one answer: with their ids it stays below what a function may answer, 6 MB. */
const MEMBERS_SHOWN = 100_000;

/** Groups as the query wants them, with their members where it does. Throws `tooMany`. */
export async function renderGroups(groups: readonly DirectoryGroup[], query: Projection, deps: ScimDeps): Promise<Resource[]> {
  let room = MEMBERS_SHOWN;
  const made: Resource[] = [];
  for (const group of groups) {
    const members = wants(query, "members") ? await memberIds(group, deps) : undefined;
    room -= members?.length ?? 0;
    if (room < 0) throw new ScimError("tooMany", "Too many members for one answer: ask with excludedAttributes=members.");
    made.push(project(renderGroup(group, members), query));
  }
  return made;
}
