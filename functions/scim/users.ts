import type { DirectoryUser } from "../../shared/domain/identity.ts";
import type { HttpAnswer } from "../../shared/http/request.ts";
import { operationsOf } from "../../shared/http/scim/patch.ts";
import { isSeen, versionSeen } from "../../shared/http/scim/precondition.ts";
import { project, type Projection } from "../../shared/http/scim/query.ts";
import { etagOf, locationOf } from "../../shared/http/scim/resource.ts";
import { patchedUser, renderUser, userDraftOf } from "../../shared/http/scim/user.ts";
import { changeUser, createUser, readUser, removeUser } from "../../shared/usecases/identity/provision-user.ts";
import type { scimApi } from "../../shared/http/routes/scim-api.ts";
import type { Operations } from "../../shared/http/request.ts";
import { bodyOf, forProvider, scimAnswer } from "./answers.ts";
import type { ScimDeps } from "./deps.ts";

type Names = "createUser" | "getUser" | "replaceUser" | "patchUser" | "deleteUser";

export function userOperations(deps: ScimDeps): Pick<Operations<typeof scimApi>, Names> {
  const by = forProvider(deps);
  const shown = (user: DirectoryUser, query: Projection, status = 200): HttpAnswer =>
    scimAnswer(status, project(renderUser(user), query), { etag: etagOf(user) });
  return {
    createUser: by(async (provider, request, ports) => {
      const user = await createUser(provider, userDraftOf(bodyOf(request)), ports);
      return { ...shown(user, request.query, 201), location: locationOf("User", user.id) };
    }),
    getUser: by(async (provider, { params, query, headers }) => {
      const user = await readUser(provider, params.id, deps);
      return isSeen(headers["if-none-match"], user) ? { status: 304, etag: etagOf(user) } : shown(user, query);
    }),
    replaceUser: by(async (provider, request, ports) => {
      const { params, query, headers } = request;
      const body = bodyOf(request);
      const seen = versionSeen(headers["if-match"]);
      return shown(await changeUser(provider, params.id, (before) => userDraftOf(body, before), seen, ports), query);
    }),
    patchUser: by(async (provider, request, ports) => {
      const { params, query, headers } = request;
      const operations = operationsOf(bodyOf(request));
      const seen = versionSeen(headers["if-match"]);
      return shown(await changeUser(provider, params.id, (before) => patchedUser(before, operations), seen, ports), query);
    }),
    deleteUser: by(async (provider, { params, headers }, ports) => {
      await removeUser(provider, params.id, versionSeen(headers["if-match"]), ports);
      return { status: 204 };
    }),
  };
}
