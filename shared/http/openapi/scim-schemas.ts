/** Bodies of SCIM, as strictly as they are read; names of attributes may come in any case as well. For the document and its tests alone. */
import * as z from "zod";
import { GROUP, USER } from "../scim/attributes.ts";
import { groupSchema } from "../scim/group.ts";
import { PATCH } from "../scim/patch.ts";
import { SEARCH_REQUEST, searchRequest } from "../scim/query.ts";
import { NUMBER } from "../scim/resource.ts";
import { userSchema } from "../scim/user.ts";

/** No attribute has this name: objects would swallow it unseen. */
const noProto = { propertyNames: { not: { const: "__proto__" } } };
const attributes = (of: z.ZodType) => z.record(z.string(), of).meta(noProto);

/** What an attribute may hold that is kept as it came. */
const value: z.ZodType = z
  .lazy(() =>
    z.union([
      z.string(),
      z.boolean(),
      z.null(),
      z.literal(0),
      z.number().min(NUMBER.least).max(NUMBER.most),
      z.number().min(-NUMBER.most).max(-NUMBER.least),
      z.array(value),
      attributes(value),
    ]),
  )
  .meta({ id: "ScimValue", description: "An attribute that is kept as it came, 16 levels deep at the most." });

/** `null` and an empty list both say that an attribute is unassigned (RFC 7643, 2.5). */
const unassignable = (schema: z.ZodType) => z.union([schema, z.null(), z.array(z.never()).max(0)]).optional();

function resource(id: string, description: string, shape: Readonly<Record<string, z.ZodType>>, required: string, example: object) {
  const attributes = Object.entries(shape).map(([name, schema]) => [name, name === required ? schema : unassignable(schema)]);
  // Attributes of the server's own are passed over.
  const own = ["id", "meta", "schemas", "groups", "password"].map((name) => [name, z.unknown().optional()]);
  return z
    .object(Object.fromEntries([...own, ...attributes]))
    .catchall(value)
    .meta({ id, description, examples: [example] });
}

const user = resource("ScimUser", "A user (RFC 7643, 4.1).", userSchema.shape, "userName", {
  schemas: [USER],
  userName: "anna@example.com",
  active: true,
  name: { givenName: "Anna", familyName: "Adams" },
  emails: [{ value: "anna@example.com", type: "work", primary: true }],
});
const group = resource("ScimGroup", "A group (RFC 7643, 4.2).", groupSchema.shape, "displayName", {
  schemas: [GROUP],
  displayName: "tenant:acme:viewer",
  members: [{ value: "2819c223-7f76-453a-919d-413861904646" }],
});

const containing = (name: string) =>
  z
    .array(z.unknown())
    .refine((all) => all.includes(name))
    .meta({ contains: { const: name } });
const anyCase = (...words: string[]) =>
  z
    .string()
    .regex(new RegExp(`^(${words.map((word) => word.replace(/./g, (letter) => `[${letter}${letter.toUpperCase()}]`)).join("|")})$`));
const path = z.string().min(1).meta({ description: 'An attribute, or some of its values: `emails[type eq "work"].value`.' });
const patch = z
  .looseObject({
    schemas: containing(PATCH),
    Operations: z
      .array(
        z.union([
          z.looseObject({ op: anyCase("remove"), path }),
          z.looseObject({ op: anyCase("add", "replace"), path, value }),
          z.looseObject({ op: anyCase("add", "replace"), path: z.null().optional(), value: attributes(value) }),
        ]),
      )
      .min(1),
  })
  .meta({
    id: "ScimPatch",
    description: "Changes of a user or group (RFC 7644, 3.5.2).",
    examples: [{ schemas: [PATCH], Operations: [{ op: "replace", path: "displayName", value: "Anna Adams" }] }],
  });

const search = searchRequest.meta({
  id: "ScimSearchRequest",
  description: "A search by POST (RFC 7644, 3.4.3).",
  examples: [{ schemas: [SEARCH_REQUEST], filter: 'meta.resourceType eq "User"', startIndex: 1, count: 10 }],
});

/** By `operationId`. */
export const scimBodies: Readonly<Record<string, z.ZodType>> = {
  createUser: user,
  replaceUser: user,
  patchUser: patch,
  createGroup: group,
  replaceGroup: group,
  patchGroup: patch,
  searchUsers: search,
  searchGroups: search,
  searchAll: search,
};
