import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { userId } from "../../../events/bodies/fields.ts";
import { encodeUserId } from "../../../shared/domain/access.ts";
import { grantsApi } from "../../../shared/http/routes/grants-api.ts";
import { harness } from "./requests.ts";

/** As a URL parser sends a path. */
const asSent = (path: string): string => new URL(path, "https://api.example").pathname;
/** As API Gateway's HTTP API hands it to a function: decoded but for `%25`, and cut at a `?`. */
const asHandedOn = (path: string): string =>
  path
    .split(/(%25)/)
    .map((part) => (part === "%25" ? part : decodeURIComponent(part)))
    .join("")
    .split("?")[0] ?? "";

const pathOf = (segment: string): string => asSent(`/tenants/acme/grants/${segment}/tenant-viewer`);
async function reached(path: string): Promise<unknown> {
  const { send, seen } = harness(grantsApi);
  const { status, body } = await send({ method: "GET", path });
  return status === 200 ? (seen[0]?.request.params as { userId?: string } | undefined)?.userId : body;
}

const SPECIAL = [
  "bob/ops",
  "a?b",
  "a?b/tenant-admin",
  "a#b",
  "100%",
  "%2F",
  "%252F",
  "~tilde",
  ".",
  "..",
  "a\\b",
  "a+b@example.com",
  "Ünï ço",
  "👩‍🚀",
  "a;b=c&d",
];
const anyUserId = fc
  .oneof(
    fc.constantFrom(...SPECIAL),
    fc.string({ unit: fc.constantFrom(..."/?#%~.\\ +;:@&=2FañA€😀"), minLength: 1, maxLength: 40 }),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
  )
  .filter((id) => userId.safeParse(id).success);

describe("A user id in a path", () => {
  test("reaches the function whole through API Gateway, whatever it holds", async () => {
    await fc.assert(
      fc.asyncProperty(anyUserId, async (id) => {
        expect(await reached(asHandedOn(pathOf(encodeURIComponent(encodeUserId(id)))))).toBe(id);
      }),
      { numRuns: 500 },
    );
  });
  test("is the same where nothing decodes the path before the function", async () => {
    for (const id of SPECIAL) expect(await reached(pathOf(encodeURIComponent(encodeUserId(id))))).toBe(id);
  });
  test.each(["a%3Fb", "a%23b", "50%25", "a%5Cb", "~", "~YQ", "~Lg==", "~_w"])("is refused as %s, with the rule", async (segment) => {
    expect(await reached(pathOf(segment))).toMatchObject({
      status: 400,
      errors: [{ in: "path", pointer: "/userId", detail: expect.stringContaining("~<base64url>") }],
    });
  });
});
