import * as z from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject, type ZodOpenApiResponsesObject } from "zod-openapi";
import { example as clusterExample } from "../../../events/bodies/cluster.ts";
import { example as onboardExample } from "../../../events/bodies/onboard.ts";
import { example as patchExample } from "../../../events/bodies/patch.ts";
import { hasOwnCredential, type Route } from "../route.ts";
import { routes } from "../routes.ts";
import { SCIM_MEDIA } from "../scim/error.ts";
import { answers, problem, scimError } from "./schemas.ts";

const examples: Record<string, unknown> = { createTenant: onboardExample, updateTenant: patchExample, putCluster: clusterExample };

/** Words for the answers that a status gives by itself. */
const meanings: Record<number, string> = {
  200: "Done, or as it stands.",
  201: "Made, and ready.",
  202: "Recorded; it finishes by itself.",
  204: "Done; nothing to show.",
};

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
    ...(route.rawBody && { requestBody: { required: true, content: contentOf(route.bodyMedia, { type: "object" as const }) } }),
    responses: responses(route),
  };
}

function securityOf({ scope }: Route): Record<string, string[]>[] {
  if (scope === "scim") return [{ scim: [] }];
  return scope === "open" || hasOwnCredential(scope) ? [] : [{ oidc: [scope] }];
}

const contentOf = <S>(media: readonly string[] = ["application/json"], schema: S) =>
  Object.fromEntries(media.map((type) => [type, { schema }]));

function requestBody(route: Route, schema: z.ZodType) {
  const media = { schema, example: examples[route.operationId] };
  const types = route.method === "PATCH" ? ["application/merge-patch+json", "application/json"] : ["application/json"];
  return { required: true, content: Object.fromEntries(types.map((type) => [type, media])) };
}

function headersOf(route: Route): z.ZodObject | undefined {
  if (route.method === "GET" || hasOwnCredential(route.scope)) return undefined;
  return z.object({
    "Idempotency-Key": z
      .string()
      .min(1)
      .max(255)
      .optional()
      .meta({ description: "The same key and body render the same resource; with another body it is 422." }),
    ...(route.waitSeconds !== undefined && {
      Prefer: z
        .string()
        .optional()
        .meta({ description: `RFC 7240: \`wait=N\` seconds, 25 at most (${route.waitSeconds} where absent), or \`respond-async\`.` }),
    }),
    ...(route.etag &&
      route.params && { "If-Match": z.string().optional().meta({ description: "The entity tag last seen; 412 where it moved." }) }),
  });
}

function responses(route: Route): ZodOpenApiResponsesObject {
  const headers = route.etag ? { ETag: { schema: { type: "string" as const }, description: "The tenant's generation." } } : undefined;
  const listed = Object.entries(route.answers).map(([status, name]) => [
    status,
    {
      description: meanings[Number(status)] ?? "",
      ...(headers && { headers }),
      ...(name && {
        content: contentOf(route.media, answers[name]),
      }),
    },
  ]);
  const failed =
    route.scope === "scim"
      ? { description: "What is wrong, by `scimType`.", content: contentOf([SCIM_MEDIA], scimError) }
      : { description: "A problem; its `code` says which.", content: contentOf(["application/problem+json"], problem) };
  return Object.fromEntries([...listed, ["default", failed]]) as ZodOpenApiResponsesObject;
}
