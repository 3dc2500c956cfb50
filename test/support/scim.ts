import type { Context } from "aws-lambda";
import { type Asked, httpEvent } from "../unit/http/requests.ts";
import { identityWorld } from "./identity-world.ts";

Object.assign(process.env, { TABLE_NAME: "t", ACCESS_QUEUE_URL: "https://example.invalid/q", STAGE: "test", AWS_REGION: "eu-central-1" });
const { createHandler } = await import("../../functions/scim/api.ts");

export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
export const patchOf = (...Operations: object[]) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });

export interface ScimAnswer {
  status: number;
  headers: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  body: any;
}

const provider = (name: string) => ({ scim: { token: `ssm:${name}` }, userId: "userName" as const });

/** SCIM's own handler on a directory in memory, called as `entra` unless told otherwise. */
export function scimWorld(over: { secrets?: (ref: string) => Promise<string[]>; remainingMs?: () => number } = {}) {
  const world = identityWorld();
  const logged: string[] = [];
  const log = (message: string, extra?: Record<string, unknown>): void => void logged.push(`${message} ${String(extra?.["error"] ?? "")}`);
  const secrets = over.secrets ?? (async (ref: string) => (ref === "ssm:unready" ? [] : [`${ref}-token`, `${ref}-next`]));
  const handler = createHandler({
    ...world.ports,
    platform: {
      retentionDays: { dedupe: 30 },
      identity: {
        providers: { okta: provider("okta"), entra: provider("entra"), unready: provider("unready"), hooks: { userId: "userName" } },
        roleMapping: [],
        removeAtMost: { share: 0.2, count: 10 },
      },
    },
    secrets,
    log: { info: log, warn: log, error: log },
  });
  const context = { getRemainingTimeInMillis: over.remainingMs ?? (() => 29_000) } as Context;
  const scim = async (
    method: string,
    path: string,
    body?: unknown,
    more: Partial<Asked> & { token?: string | null } = {},
  ): Promise<ScimAnswer> => {
    const { token = "ssm:entra-token", headers, ...rest } = more;
    const [plain = "", search = ""] = path.split("?");
    const answer = await handler(
      httpEvent({
        method,
        path: `/scim/v2${plain}`,
        query: Object.fromEntries(new URLSearchParams(search)),
        body,
        headers: {
          ...(token !== null && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { "content-type": "application/scim+json" }),
          ...headers,
        },
        ...rest,
      }),
      context,
    );
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers ?? {},
      body: answer.body === undefined ? undefined : JSON.parse(answer.body),
    };
  };
  return { ...world, scim, logged };
}
