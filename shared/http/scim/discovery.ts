import { ENTERPRISE, GROUP, type Resource, USER } from "./attributes.ts";
import { COUNT } from "./query.ts";

const CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const meta = (resourceType: string, path: string): Resource => ({ resourceType, location: `/scim/v2/${path}` });

/** RFC 7643, 5. */
export const serviceProviderConfig: Resource = {
  schemas: [CONFIG],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: COUNT.most },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  authenticationSchemes: [{ type: "oauthbearertoken", name: "Bearer token", description: "The provider's own token.", primary: true }],
  meta: meta("ServiceProviderConfig", "ServiceProviderConfig"),
};

const attribute = (name: string, over: Resource = {}): Resource => ({
  name,
  type: "string",
  multiValued: false,
  description: "",
  required: false,
  caseExact: false,
  mutability: "readWrite",
  returned: "default",
  uniqueness: "none",
  ...over,
});
const texts = (names: string): Resource[] => names.split(" ").map((name) => attribute(name));
const complex = (name: string, subAttributes: Resource[], over: Resource = {}): Resource =>
  attribute(name, { type: "complex", subAttributes, ...over });
const several = (name: string, subs: Resource[] = texts("value display type")): Resource =>
  complex(name, [...subs, attribute("primary", { type: "boolean" })], { multiValued: true });

const schema = (id: string, name: string, description: string, attributes: Resource[]): Resource => ({
  schemas: [SCHEMA],
  id,
  name,
  description,
  attributes,
  meta: meta("Schema", `Schemas/${id}`),
});

/** RFC 7643, 7: what is read and kept. Other attributes are kept as they came. */
export const schemas: Resource[] = [
  schema(USER, "User", "User Account", [
    attribute("userName", { required: true, uniqueness: "server" }),
    complex("name", texts("formatted familyName givenName middleName honorificPrefix honorificSuffix")),
    ...texts("displayName nickName profileUrl title userType preferredLanguage locale timezone"),
    attribute("active", { type: "boolean" }),
    ...["emails", "phoneNumbers", "ims", "photos", "entitlements", "roles", "x509Certificates"].map((name) => several(name)),
    several("addresses", texts("formatted streetAddress locality region postalCode country type")),
  ]),
  schema(GROUP, "Group", "Group", [
    attribute("displayName", { required: true }),
    complex("members", [attribute("value", { mutability: "immutable", caseExact: true })], { multiValued: true }),
  ]),
  schema(ENTERPRISE, "EnterpriseUser", "Enterprise User", [
    ...texts("employeeNumber costCenter organization division department"),
    complex("manager", texts("value displayName")),
  ]),
];

const type = (id: string, of: string, extensions: Resource[]): Resource => ({
  schemas: [TYPE],
  id,
  name: id,
  endpoint: `/${id}s`,
  description: id,
  schema: of,
  schemaExtensions: extensions,
  meta: meta("ResourceType", `ResourceTypes/${id}`),
});

/** RFC 7643, 6. */
export const resourceTypes: Resource[] = [type("User", USER, [{ schema: ENTERPRISE, required: false }]), type("Group", GROUP, [])];
