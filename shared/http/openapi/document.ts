import * as z from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import { example as clusterExample } from "../../../events/bodies/cluster.ts";
import { example as onboardExample } from "../../../events/bodies/onboard.ts";
import { example as patchExample } from "../../../events/bodies/patch.ts";
import { hasOwnCredential, type Route } from "../route.ts";
import { routes } from "../routes.ts";
import { idempotencyKey, ifMatch } from "../read.ts";
import { contentOf, responses } from "./responses.ts";
import { scimBodies } from "./scim-schemas.ts";

const examples: Record<string, unknown> = { createTenant: onboardExample, updateTenant: patchExample, putCluster: clusterExample };

/** The OpenAPI 3.1 document, from the route table. Deterministic. */
export function openApiDocument(version: string): ReturnType<typeof createDocument> {
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Tenantry",
      version,
      description: "Tenants of Kubernetes clusters: record what each should be; Tenantry makes it so and keeps it so.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths: paths(),
    components: {
      securitySchemes: {
        scim: { type: "http", scheme: "bearer", description: "The token of an identity provider, as the configuration names its secret." },
        oidc: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "A token of the configured OIDC issuer." },
      },
    },
  });
}

function paths(): ZodOpenApiPathsObject {
  const byPath = Map.groupBy(routes, (route) => route.path);
  return Object.fromEntries(
    [...byPath].map(([path, rows]) => [path, Object.fromEntries(rows.map((route) => [route.method.toLowerCase(), operation(route)]))]),
  );
}

function operation(route: Route): ZodOpenApiOperationObject {
  const headers = headersOf(route);
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.path.split("/")[1] || "meta"],
    security: securityOf(route),
    ...(route.scope === "signature" && { description: "Signed by the identity provider, as the provider documents it." }),
    ...(route.tenantScoped && { description: "A token with a `tenant_id` claim reaches this for its own tenant." }),
    requestParams: {
      ...(route.params && { path: route.params }),
      ...(route.query && { query: route.query }),
      ...(headers && { header: headers }),
    },
    ...(route.body && { requestBody: requestBody(route, route.body) }),
    ...(route.rawBody && {
      requestBody: { required: true, content: contentOf(route.bodyMedia, scimBodies[route.operationId] ?? z.looseObject({})) },
    }),
    responses: responses(route),
  };
}

function securityOf({ scope }: Route): Record<string, string[]>[] {
  if (scope === "scim") return [{ scim: [] }];
  return scope === "open" || hasOwnCredential(scope) ? [] : [{ oidc: [scope] }];
}

function requestBody(route: Route, schema: z.ZodType) {
  const media = { schema, example: examples[route.operationId] };
  const types = route.method === "PATCH" ? ["application/merge-patch+json", "application/json"] : ["application/json"];
  return { required: route.bodyOptional !== true, content: Object.fromEntries(types.map((type) => [type, media])) };
}

function headersOf(route: Route): z.ZodObject | undefined {
  if (route.method === "GET" || hasOwnCredential(route.scope)) return undefined;
  return z.object({
    "Idempotency-Key": z
      .string()
      .regex(idempotencyKey)
      .optional()
      .meta({ description: "The same key and body render the same resource; with another body it is 422." }),
    ...(route.waitSeconds !== undefined && {
      Prefer: z
        .string()
        .optional()
        .meta({ description: `RFC 7240: \`wait=N\` seconds, 25 at most (${route.waitSeconds} where absent), or \`respond-async\`.` }),
    }),
    ...(route.etag &&
      route.params && {
        "If-Match": z.string().regex(ifMatch).optional().meta({ description: "The entity tag last seen; 412 where it moved." }),
      }),
  });
}
