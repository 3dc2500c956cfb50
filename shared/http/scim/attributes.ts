import { ScimError } from "./error.ts";

/** A SCIM resource, or a complex value in one. */
export type Resource = Record<string, unknown>;

export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** Attributes as RFC 7643 spells them: clients may write them in any case. */
const spelled = new Map(
  `schemas id externalId meta userName name formatted familyName givenName middleName honorificPrefix honorificSuffix displayName nickName
  profileUrl title userType preferredLanguage locale timezone active password emails phoneNumbers ims photos addresses streetAddress locality
  region postalCode country groups entitlements roles x509Certificates members value display type primary employeeNumber costCenter
  organization division department manager resourceType created lastModified location version`
    .split(/\s+/)
    .map((name) => [name.toLowerCase(), name]),
);

/** Of which there may be several. */
export const MULTI_VALUED = "emails phoneNumbers ims photos addresses groups entitlements roles x509Certificates members".split(" ");

export const isComplex = (value: unknown): value is Resource => typeof value === "object" && value !== null && !Array.isArray(value);

/** The name under which an object has an attribute, or would have it. Throws `invalidPath` for one that no object may have. */
export function nameIn(object: Resource, name: string): string {
  if (["__proto__", "constructor", "prototype"].includes(name)) throw new ScimError("invalidPath", `There is no attribute ${name}.`);
  const lower = name.toLowerCase();
  return Object.keys(object).find((key) => key.toLowerCase() === lower) ?? spelled.get(lower) ?? name;
}

export const valueIn = (object: Resource, name: string): unknown => object[nameIn(object, name)];

/**
 * The names that a path goes through: `name.givenName`, `urn:...:User:userName`, `urn:...:enterprise:2.0:User:manager.value`.
 * An extension's schema is the first name of its attributes.
 */
export function namesOf(path: string): string[] {
  if (!path.toLowerCase().startsWith("urn:")) return split(path, path);
  const isSchema = (schema: string): boolean => path.toLowerCase() === schema.toLowerCase();
  const known = [USER, GROUP, ENTERPRISE].find((schema) => isSchema(schema) || path.toLowerCase().startsWith(`${schema.toLowerCase()}:`));
  if (known !== undefined && isSchema(known)) return known === ENTERPRISE ? [known] : [];
  const schema = known ?? path.slice(0, path.lastIndexOf(":"));
  const names = split(path.slice(schema.length + 1), path);
  return known === USER || known === GROUP ? names : [schema, ...names];
}

function split(names: string, path: string): string[] {
  const parts = names.split(".");
  if (parts.some((name) => !/^[$\w-]+$/.test(name))) throw new ScimError("invalidPath", `${path} is no path of an attribute.`);
  return parts;
}

/** A resource with the spelling of RFC 7643 in its own attributes, and without what is `null` or empty: both say "unassigned". */
export function tidy(resource: Resource): Resource {
  const entries = Object.entries(resource).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0));
  return Object.fromEntries(
    entries.map(([name, value]) => [name.toLowerCase() === ENTERPRISE.toLowerCase() ? ENTERPRISE : nameIn({}, name), value]),
  );
}
