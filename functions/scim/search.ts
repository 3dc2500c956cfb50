import type { DirectoryGroup, DirectoryUser } from "../../shared/domain/identity.ts";
import type { HttpAnswer, HttpRequest, Operations } from "../../shared/http/request.ts";
import type { scimApi } from "../../shared/http/routes/scim-api.ts";
import type { Resource } from "../../shared/http/scim/attributes.ts";
import { renderGroup } from "../../shared/http/scim/group.ts";
import { type Asked, fitting, listAnswer, project, type ScimQuery, searchOf, searchRequestOf } from "../../shared/http/scim/query.ts";
import { renderUser } from "../../shared/http/scim/user.ts";
import { findGroups, findUsers } from "../../shared/usecases/identity/find-in-directory.ts";
import { bodyOf, forProvider, scimAnswer, timeLeftOf } from "./answers.ts";
import type { ScimDeps } from "./deps.ts";
import { renderGroups } from "./render-groups.ts";

type Names = "listUsers" | "listGroups" | "searchUsers" | "searchGroups" | "searchAll";

/** Of all that fit, those from `skip` on, `limit` at the most. */
type Window = { skip: number; limit: number };
type Page = { total: number; resources: Resource[] };

const windowOf = ({ startIndex, count }: Asked): Window => ({ skip: startIndex - 1, limit: count });

/** What is left of a window after a page of what comes first. */
const after = ({ skip, limit }: Window, { total, resources }: Page): Window => ({
  skip: Math.max(0, skip - total),
  limit: limit - resources.length,
});

/** Searches by GET with a query, and by POST with the same in the body (RFC 7644, 3.4.2 and 3.4.3). */
export function searchOperations(deps: ScimDeps): Pick<Operations<typeof scimApi>, Names> {
  type Search = (provider: string, asked: Asked, window: Window, query: ScimQuery, request: HttpRequest) => Promise<Page>;
  const users: Search = async (provider, asked, window, query, request) => {
    const search = { lookup: asked.lookup, fits: fitting(asked, renderUser), ...window };
    const { items, total } = await findUsers(provider, search, { ...deps, timeLeft: timeLeftOf(request) });
    return { total, resources: items.map((user: DirectoryUser) => project(renderUser(user), query)) };
  };
  const groups: Search = async (provider, asked, window, query, request) => {
    const fits = fitting(asked, (group: DirectoryGroup) => renderGroup(group, undefined));
    const { items, total } = await findGroups(
      provider,
      { lookup: asked.lookup, fits, ...window },
      { ...deps, timeLeft: timeLeftOf(request) },
    );
    return { total, resources: await renderGroups(items, query, deps) };
  };
  const one =
    (of: "users" | "groups", search: Search, queryOf: (request: HttpRequest) => ScimQuery) =>
    async (provider: string, request: HttpRequest): Promise<HttpAnswer> => {
      const query = queryOf(request);
      const asked = searchOf(query, of);
      const { total, resources } = await search(provider, asked, windowOf(asked), query, request);
      return scimAnswer(200, listAnswer(asked, total, resources));
    };
  const inQuery = ({ query }: HttpRequest): ScimQuery => query as ScimQuery;
  const inBody = (request: HttpRequest): ScimQuery => searchRequestOf(bodyOf(request));

  const by = forProvider(deps);
  return {
    listUsers: by(one("users", users, inQuery)),
    listGroups: by(one("groups", groups, inQuery)),
    searchUsers: by(one("users", users, inBody)),
    searchGroups: by(one("groups", groups, inBody)),
    searchAll: by(async (provider, request) => {
      const query = inBody(request);
      const [ofUsers, ofGroups] = [searchOf(query, "users"), searchOf(query, "groups")];
      const first = await users(provider, ofUsers, windowOf(ofUsers), query, request);
      const then = await groups(provider, ofGroups, after(windowOf(ofGroups), first), query, request);
      return scimAnswer(200, listAnswer(ofUsers, first.total + then.total, [...first.resources, ...then.resources]));
    }),
  };
}
