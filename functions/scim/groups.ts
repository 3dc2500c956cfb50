import type { DirectoryGroup } from "../../shared/domain/identity.ts";
import type { HttpAnswer, Operations } from "../../shared/http/request.ts";
import type { scimApi } from "../../shared/http/routes/scim-api.ts";
import { ScimError } from "../../shared/http/scim/error.ts";
import { groupDraftOf, groupPatchOf, hasMembers, renderGroup } from "../../shared/http/scim/group.ts";
import { operationsOf } from "../../shared/http/scim/patch.ts";
import { isSeen, versionSeen } from "../../shared/http/scim/precondition.ts";
import { fitting, listAnswer, project, type ScimQuery, searchOf, wants } from "../../shared/http/scim/query.ts";
import { etagOf, locationOf } from "../../shared/http/scim/resource.ts";
import { findGroups } from "../../shared/usecases/identity/find-in-directory.ts";
import { changeGroup, createGroup, memberIds, readGroup, removeGroup } from "../../shared/usecases/identity/provision-group.ts";
import { bodyOf, forProvider, scimAnswer, timeLeftOf } from "./answers.ts";
import type { ScimDeps } from "./deps.ts";

/** Members in one answer: with their ids it stays below what a function may answer, 6 MB. */
const MEMBERS_SHOWN = 100_000;

type Names = "listGroups" | "createGroup" | "getGroup" | "replaceGroup" | "patchGroup" | "deleteGroup";

export function groupOperations(deps: ScimDeps): Pick<Operations<typeof scimApi>, Names> {
  const by = forProvider(deps);
  const rendered = async (groups: DirectoryGroup[], query: ScimQuery) => {
    let room = MEMBERS_SHOWN;
    const made = [];
    for (const group of groups) {
      const members = wants(query, "members") ? await memberIds(group, deps) : undefined;
      room -= members?.length ?? 0;
      if (room < 0) throw new ScimError("tooMany", "Too many members for one answer: ask with excludedAttributes=members.");
      made.push(project(renderGroup(group, members), query));
    }
    return made;
  };
  const shown = async (group: DirectoryGroup, query: ScimQuery, status = 200): Promise<HttpAnswer> => {
    const [resource = {}] = await rendered([group], query);
    return scimAnswer(status, resource, { etag: etagOf(group) });
  };
  return {
    listGroups: by(async (provider, request) => {
      const { query } = request;
      const asked = searchOf(query, "groups");
      const fits = fitting(asked, (group: DirectoryGroup) => renderGroup(group, undefined));
      const search = { lookup: asked.lookup, fits, skip: asked.startIndex - 1, limit: asked.count };
      const { items, total } = await findGroups(provider, search, { ...deps, timeLeft: timeLeftOf(request) });
      return scimAnswer(200, listAnswer(asked, total, await rendered(items, query)));
    }),
    createGroup: by(async (provider, request, ports) => {
      const { draft, members } = groupDraftOf(bodyOf(request));
      const group = await createGroup(provider, draft, members, ports, timeLeftOf(request));
      return { ...(await shown(group, request.query, 201)), location: locationOf("Group", group.id) };
    }),
    getGroup: by(async (provider, { params, query, headers }) => {
      const group = await readGroup(provider, params.id, deps);
      return isSeen(headers["if-none-match"], group) ? { status: 304, etag: etagOf(group) } : await shown(group, query);
    }),
    replaceGroup: by(async (provider, request, ports) => {
      const body = bodyOf(request);
      const { draft, members } = groupDraftOf(body);
      // Who says nothing of members leaves them as they are.
      const asked = hasMembers(body) ? { all: members } : undefined;
      const seen = versionSeen(request.headers["if-match"]);
      const group = await changeGroup(provider, request.params.id, () => draft, asked, seen, ports, timeLeftOf(request));
      return await shown(group, request.query);
    }),
    patchGroup: by(async (provider, request, ports) => {
      const { change, members } = groupPatchOf(operationsOf(bodyOf(request)));
      const seen = versionSeen(request.headers["if-match"]);
      const group = await changeGroup(provider, request.params.id, change, members, seen, ports, timeLeftOf(request));
      return request.query.attributes === undefined ? { status: 204, etag: etagOf(group) } : await shown(group, request.query);
    }),
    deleteGroup: by(async (provider, { params, headers }, ports) => {
      await removeGroup(provider, params.id, versionSeen(headers["if-match"]), ports);
      return { status: 204 };
    }),
  };
}
