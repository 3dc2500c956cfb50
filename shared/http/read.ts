import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod";
import { type InputIssue, TenantryError } from "../domain/errors.ts";
import { toIssues } from "../domain/issues.ts";
import type { Route } from "./route.ts";

/** The largest body that is read, bytes. */
export const bodyLimit = 64 * 1024;

const nothing = z.strictObject({});

/** Checks one part of a request. Throws `InvalidInput` with a pointer for each mistake. */
export function check<S extends z.ZodType>(schema: S, value: unknown, part?: NonNullable<InputIssue["in"]>): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = toIssues(parsed.error).map((issue) => (part === undefined ? issue : { in: part, ...issue }));
  throw new TenantryError("InvalidInput", `The ${part ?? "body"} is not valid.`, { issues });
}

/** The path's parameters, decoded. Throws `InvalidInput` on a percent sign that encodes nothing. */
export function decodeParams(raw: Readonly<Record<string, string | undefined>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(raw ?? {}).map(([name, value = ""]) => [name, decode(name, value)]));
}

function decode(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    throw new TenantryError("InvalidInput", "The path is not valid.", {
      cause,
      issues: [{ in: "path", pointer: `/${name}`, detail: "malformed percent-encoding" }],
    });
  }
}

export function readQuery(route: Pick<Route, "query">, event: Pick<APIGatewayProxyEventV2, "queryStringParameters">): unknown {
  return check(route.query ?? nothing, event.queryStringParameters ?? {}, "query");
}

/**
 * The body by the route's schema; `undefined` on a route that takes none.
 * Throws `PayloadTooLarge`, `UnsupportedMediaType`, `InvalidInput`.
 */
export function readBody(route: Pick<Route, "method" | "body" | "bodyOptional">, event: BodyOf, contentType: string | undefined): unknown {
  const bytes = readBytes(bodyLimit, event);
  if (route.body === undefined) {
    if (bytes.length > 0) throw invalidBody("This call takes no body.");
    return undefined;
  }
  if (bytes.length === 0 && route.bodyOptional === true) return check(route.body, {});
  if (bytes.length === 0) throw invalidBody("This call needs a JSON body.");
  const accepted = route.method === "PATCH" ? ["application/merge-patch+json", "application/json"] : ["application/json"];
  if (!accepted.includes(mediaType(contentType)))
    throw new TenantryError("UnsupportedMediaType", `The body must be ${accepted.join(" or ")}.`);
  return check(route.body, parseJson(bytes));
}

/** The bytes of a JSON body, as they came. Throws `PayloadTooLarge`, `UnsupportedMediaType`. */
export function readRawBody(
  { rawBody = bodyLimit, bodyMedia = ["application/json"] }: Pick<Route, "rawBody" | "bodyMedia">,
  event: BodyOf,
  contentType: string | undefined,
): Buffer {
  const bytes = readBytes(rawBody, event);
  if (!bodyMedia.includes(mediaType(contentType)))
    throw new TenantryError("UnsupportedMediaType", `The body must be ${bodyMedia.join(" or ")}.`);
  return bytes;
}

type BodyOf = Pick<APIGatewayProxyEventV2, "body" | "isBase64Encoded">;

function readBytes(limit: number, { body = "", isBase64Encoded }: BodyOf): Buffer {
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  if (bytes.length > limit) throw new TenantryError("PayloadTooLarge", `The body is larger than ${limit} bytes.`);
  return bytes;
}

const mediaType = (header = ""): string => (header.split(";")[0] ?? "").trim().toLowerCase();

/** Throws `InvalidInput`. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes), refuseProto);
  } catch (cause) {
    throw invalidBody("The body is not JSON in UTF-8.", cause);
  }
}

/** No name of ours begins so, and objects would swallow it unseen. */
function refuseProto(key: string, value: unknown): unknown {
  if (key === "__proto__") throw new SyntaxError("__proto__");
  return value;
}

const invalidBody = (detail: string, cause?: unknown): TenantryError =>
  new TenantryError("InvalidInput", detail, { issues: [{ pointer: "", detail }], cause });

export const idempotencyKey = /^[\x21-\x7e]{1,255}$/;
/** `*`, or an entity tag as this API gives them. */
export const ifMatch = /^(\*|"\d{1,15}")$/;

/** `Idempotency-Key`: 1 to 255 visible ASCII characters. Throws `InvalidInput`. */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || idempotencyKey.test(header)) return header;
  throw invalidHeader("Idempotency-Key", "1 to 255 visible ASCII characters");
}

/**
 * `If-Match` as the generation that the client saw; `undefined` for `*` and for none.
 * Throws `InvalidInput` for a list, `PreconditionFailed` for a tag that this API never gave.
 */
export function readIfMatch(header: string | undefined): number | undefined {
  const tag = header?.trim();
  if (tag === undefined || tag === "*") return undefined;
  if (tag.includes(",")) throw invalidHeader("If-Match", "one entity tag, or *");
  if (!ifMatch.test(tag)) throw new TenantryError("PreconditionFailed", "If-Match names an entity tag that this API did not give.");
  return Number(tag.slice(1, -1));
}

const invalidHeader = (name: string, detail: string): TenantryError =>
  new TenantryError("InvalidInput", `The header ${name} is not valid.`, { issues: [{ in: "header", pointer: `/${name}`, detail }] });
