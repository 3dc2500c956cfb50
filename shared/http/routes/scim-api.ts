import * as z from "zod";
import { noControls } from "../../domain/text.ts";
import { defineRoutes } from "../route.ts";
import { SCIM_MEDIA } from "../scim/error.ts";
import { projection, scimQuery } from "../scim/query.ts";

const media = [SCIM_MEDIA, "application/json"];
/** Queries of what is not searched are passed over (RFC 7644, 4). */
const row = { area: "scim-api", scope: "scim", tenantScoped: false, media, query: z.looseObject({}) } as const;
const list = { ...row, query: scimQuery } as const;
const withId = { params: z.strictObject({ id: z.string().min(1).max(256).regex(noControls, "no control characters") }) } as const;
/** What answers with a user or a group. */
const shown = { ...row, query: projection } as const;
const one = { ...shown, ...withId } as const;
/** The largest user is well within an item of the table; a group's 50,000 members are within what a function may be given. */
const user = { rawBody: 128 * 1024, bodyMedia: media } as const;
const search = { rawBody: 64 * 1024, bodyMedia: media } as const;
const group = { rawBody: 6 * 1024 * 1024, bodyMedia: media } as const;

/** SCIM 2.0 (RFC 7643, RFC 7644): identity providers keep their people and groups here, each with a bearer token of its own. */
export const scimApi = defineRoutes({
  getServiceProviderConfig: {
    ...row,
    method: "GET",
    path: "/scim/v2/ServiceProviderConfig",
    summary: "What of SCIM is there.",
    answers: { 200: "Scim" },
  },
  listSchemas: {
    ...row,
    method: "GET",
    path: "/scim/v2/Schemas",
    summary: "The attributes of users and groups.",
    answers: { 200: "ScimList" },
  },
  getSchema: { ...row, ...withId, method: "GET", path: "/scim/v2/Schemas/{id}", summary: "One schema.", answers: { 200: "Scim" } },
  listResourceTypes: { ...row, method: "GET", path: "/scim/v2/ResourceTypes", summary: "Users and groups.", answers: { 200: "ScimList" } },
  getResourceType: {
    ...row,
    ...withId,
    method: "GET",
    path: "/scim/v2/ResourceTypes/{id}",
    summary: "One type of resources.",
    answers: { 200: "Scim" },
  },
  searchAll: {
    ...row,
    ...search,
    method: "POST",
    path: "/scim/v2/.search",
    summary: "Find users and groups by a search request, page by page; users first.",
    answers: { 200: "ScimList" },
  },
  listUsers: {
    ...list,
    method: "GET",
    path: "/scim/v2/Users",
    summary: "Find users by a filter, page by page.",
    answers: { 200: "ScimList" },
  },
  searchUsers: {
    ...row,
    ...search,
    method: "POST",
    path: "/scim/v2/Users/.search",
    summary: "Find users by a search request, page by page.",
    answers: { 200: "ScimList" },
  },
  createUser: {
    ...shown,
    ...user,
    method: "POST",
    path: "/scim/v2/Users",
    summary: "Record a user; 409 where another has the name.",
    answers: { 201: "Scim" },
  },
  getUser: {
    ...one,
    method: "GET",
    path: "/scim/v2/Users/{id}",
    summary: "Show a user; an inactive one too.",
    answers: { 200: "Scim", 304: null },
  },
  replaceUser: { ...one, ...user, method: "PUT", path: "/scim/v2/Users/{id}", summary: "Replace a user.", answers: { 200: "Scim" } },
  patchUser: {
    ...one,
    ...user,
    method: "PATCH",
    path: "/scim/v2/Users/{id}",
    summary: "Change a user. Who is not active any more loses all access in all tenants.",
    answers: { 200: "Scim" },
  },
  deleteUser: {
    ...row,
    ...withId,
    method: "DELETE",
    path: "/scim/v2/Users/{id}",
    summary: "Delete a user, and all their access.",
    answers: { 204: null },
  },
  listGroups: {
    ...list,
    method: "GET",
    path: "/scim/v2/Groups",
    summary: "Find groups by a filter, page by page.",
    answers: { 200: "ScimList" },
  },
  searchGroups: {
    ...row,
    ...search,
    method: "POST",
    path: "/scim/v2/Groups/.search",
    summary: "Find groups by a search request, page by page.",
    answers: { 200: "ScimList" },
  },
  createGroup: {
    ...shown,
    ...group,
    method: "POST",
    path: "/scim/v2/Groups",
    summary: "Record a group with its members; 409 where one of that name is there.",
    answers: { 201: "Scim" },
  },
  getGroup: { ...one, method: "GET", path: "/scim/v2/Groups/{id}", summary: "Show a group.", answers: { 200: "Scim", 304: null } },
  replaceGroup: {
    ...one,
    ...group,
    method: "PUT",
    path: "/scim/v2/Groups/{id}",
    summary: "Replace a group and its members.",
    answers: { 200: "Scim" },
  },
  patchGroup: {
    ...one,
    ...group,
    method: "PATCH",
    path: "/scim/v2/Groups/{id}",
    summary: "Change a group: its name, or who is in it. 200 and the group where `attributes` are asked for.",
    answers: { 200: "Scim", 204: null },
  },
  deleteGroup: {
    ...row,
    ...withId,
    method: "DELETE",
    path: "/scim/v2/Groups/{id}",
    summary: "Delete a group, and what it gave.",
    answers: { 204: null },
  },
});
