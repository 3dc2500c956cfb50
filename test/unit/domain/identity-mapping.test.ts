import { describe, expect, test } from "@jest/globals";
import type { Grant, GrantSource, IdentityMapping } from "../../../shared/domain/access.ts";
import { principalOfUser } from "../../../shared/domain/identity-config.ts";
import { dueOf, hasMappingWork, principalOf } from "../../../shared/domain/identity-mapping.ts";
import { answers } from "../../../shared/http/openapi/schemas.ts";
import { renderGrant } from "../../../shared/http/render.ts";
import { aCause } from "../../support/builders.ts";

const at = (hour: number): string => `2030-01-01T${String(hour).padStart(2, "0")}:00:00.000Z`;
const arn = (name: string): string => `arn:aws:iam::111122223333:user/${name}`;
const source = (over: Partial<GrantSource>): GrantSource => ({ granted: true, at: at(1), cause: aCause(), ...over });
const mapped = (over: Partial<IdentityMapping> = {}): IdentityMapping => ({
  cluster: "eu-1",
  principalArn: arn("anna"),
  username: "people:anna",
  state: "Mapped",
  since: at(1),
  actedAt: at(1),
  tries: 0,
  ...over,
});

describe("The AWS identity of a grant", () => {
  test("is what the last of its sources to have spoken of one says, of those that give the grant now", () => {
    const sources = {
      direct: source({ at: at(1), principalArn: arn("anna-1") }),
      "okta:g1": source({ at: at(2), principalArn: arn("anna-2") }),
      "okta:g2": source({ at: at(3) }),
      "okta:g3": source({ at: at(4), granted: false, principalArn: arn("anna-4") }),
    };
    expect(principalOf({ sources }, at(5))).toBe(arn("anna-2"));
    expect(principalOf({ sources: { direct: source({ principalArn: arn("anna"), expiresAt: at(4) }) } }, at(5))).toBeUndefined();
  });

  test("is work where the mapping is not what the sources ask for", () => {
    const sources = { direct: source({ principalArn: arn("anna") }) };
    const none = { direct: source({}) };
    expect(hasMappingWork({ sources, mapping: undefined }, at(2))).toBe(true);
    expect(hasMappingWork({ sources, mapping: mapped() }, at(2))).toBe(false);
    expect(hasMappingWork({ sources, mapping: mapped({ state: "Refused" }) }, at(2))).toBe(true);
    expect(hasMappingWork({ sources, mapping: mapped({ principalArn: arn("former") }) }, at(2))).toBe(true);
    expect(hasMappingWork({ sources: none, mapping: mapped() }, at(2))).toBe(true);
    expect(hasMappingWork({ sources: none, mapping: undefined }, at(2))).toBe(false);
  });

  test("that one of two sources says only for a while makes the grant due when that ends, though the grant stands on", () => {
    const sources = { direct: source({ principalArn: arn("anna"), expiresAt: at(8) }), "okta:g1": source({}) };
    expect(dueOf({ sources, mapping: mapped() }, at(2))).toBe(at(8));
    expect(dueOf({ sources, mapping: mapped() }, at(9))).toBe(at(9));
    expect(dueOf({ sources: { direct: source({}) }, mapping: undefined }, at(2))).toBeUndefined();
  });
});

test("A provider's template makes an identity of a user id that IAM can hold, and of no other", () => {
  const template = arn("people/{userId}");
  expect(principalOfUser(template, "anna@example.com")).toBe(arn("people/anna@example.com"));
  for (const userId of ["auth0|1", "../admin", "a/b", "x".repeat(65), ""]) expect(principalOfUser(template, userId)).toBeUndefined();
  expect(principalOfUser(undefined, "anna")).toBeUndefined();
});

test("A grant shows its identity, and how far the mapping is, as the contract has it", () => {
  const grant: Grant = {
    tenantId: "acme",
    userId: "anna",
    role: "tenant-viewer",
    sources: { direct: source({ principalArn: arn("anna") }) },
    granted: true,
    version: 3,
    mapping: mapped({ state: "Refused", message: "Not ours." }),
    createdAt: at(1),
    updatedAt: at(1),
  };
  const shown = renderGrant(grant, {}, at(2));
  expect(shown).toMatchObject({
    principalArn: arn("anna"),
    sources: [{ source: "direct", principalArn: arn("anna") }],
    mapping: { state: "Refused", cluster: "eu-1", principalArn: arn("anna"), username: "people:anna", message: "Not ours." },
  });
  expect(answers.Grant.safeParse(shown).success).toBe(true);
});
