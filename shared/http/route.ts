import type * as z from "zod";

/** The Lambda that serves a route: its key in `serverless.yml`. */
export type Area =
  | "onboarding-api"
  | "tenants-api"
  | "quota-api"
  | "teardown-api"
  | "lifecycle-api"
  | "grants-api"
  | "clusters-api"
  | "revisions-api"
  | "kubeconfig-api"
  | "webhooks-api"
  | "scim-api"
  | "meta-api";

export type Scope = `tenantry/${"tenants" | "access" | "clusters"}.${"read" | "write"}`;

/** Credentials of other systems that the gateway knows nothing of: the operation checks them itself, before anything else. */
export const ownCredentials = ["signature", "scim"] as const;
export type OwnCredential = (typeof ownCredentials)[number];
export const hasOwnCredential = (scope: Route["scope"]): scope is OwnCredential => ownCredentials.some((own) => own === scope);

/** Names of the answers' schemas, which stand in `openapi/schemas.ts` so that no handler carries them. */
export type AnswerName =
  | "Tenant"
  | "TenantOrPlan"
  | "TenantList"
  | "EventList"
  | "Grant"
  | "GrantList"
  | "Cluster"
  | "ClusterList"
  | "Revisions"
  | "Kubeconfig"
  | "Verification"
  | "Scim"
  | "ScimList"
  | "Health"
  | "OpenApi";

/** One row of the route table: the gateway's events, the authorisation, the checks and OpenAPI all come from it. */
export interface Route {
  operationId: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** As the gateway writes it: `/tenants/{tenantId}`. */
  path: `/${string}`;
  area: Area;
  /** What the token must hold; `open` for everybody; another credential than a token, by its name. */
  scope: Scope | OwnCredential | "open";
  /** Whether a token with a `tenant_id` claim reaches it, for that `{tenantId}` alone. */
  tenantScoped: boolean;
  /** Members of the body that a token with a `tenant_id` claim may not give: they have effect beyond that tenant. */
  beyondTenant?: readonly string[];
  summary: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Whether the body may be left out: it is then `{}`. */
  bodyOptional?: boolean;
  /** The largest body, bytes, of a route that takes JSON as the very bytes that came: its schema is not ours to check before its signature. */
  rawBody?: number;
  /** Media types that such a body may have; JSON alone where absent. */
  bodyMedia?: readonly string[];
  /** How long the operation may wait for convergence unless `Prefer` says otherwise, seconds. */
  waitSeconds?: number;
  /** Whether it answers with an `ETag`, and heeds `If-Match` where it is unsafe. */
  etag?: boolean;
  /** Media types that it answers in, the one it prefers first; JSON alone where absent. */
  media?: readonly string[];
  /** Status -> the body's schema, or `null` for none. Problems are the same everywhere and not listed. */
  answers: Readonly<Record<number, AnswerName | null>>;
}

/** The rows of an area, by `operationId`. */
export type Routes = Readonly<Record<string, Omit<Route, "operationId">>>;

/** Keeps the literal types of an area's rows, and checks them. */
export const defineRoutes = <const R extends Routes>(routes: R): R => routes;
