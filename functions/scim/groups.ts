import type { DirectoryGroup } from "../../shared/domain/identity.ts";
import type { HttpAnswer, Operations } from "../../shared/http/request.ts";
import type { scimApi } from "../../shared/http/routes/scim-api.ts";
import { groupDraftOf, groupPatchOf, hasMembers } from "../../shared/http/scim/group.ts";
import { operationsOf } from "../../shared/http/scim/patch.ts";
import { isSeen, versionSeen } from "../../shared/http/scim/precondition.ts";
import type { Projection } from "../../shared/http/scim/query.ts";
import { etagOf, locationOf } from "../../shared/http/scim/resource.ts";
import { changeGroup, createGroup, readGroup, removeGroup } from "../../shared/usecases/identity/provision-group.ts";
import { bodyOf, forProvider, scimAnswer, timeLeftOf } from "./answers.ts";
import type { ScimDeps } from "./deps.ts";
import { renderGroups } from "./render-groups.ts";

type Names = "createGroup" | "getGroup" | "replaceGroup" | "patchGroup" | "deleteGroup";

export function groupOperations(deps: ScimDeps): Pick<Operations<typeof scimApi>, Names> {
  const by = forProvider(deps);
  const shown = async (group: DirectoryGroup, query: Projection, status = 200): Promise<HttpAnswer> => {
    const [resource = {}] = await renderGroups([group], query, deps);
    return scimAnswer(status, resource, { etag: etagOf(group) });
  };
  return {
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
