import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from "zod-openapi";
import { hasOwnCredential, type Route } from "../route.ts";
import { SCIM_MEDIA } from "../scim/error.ts";
import { answers, gatewayError, problem, scimError } from "./schemas.ts";

/** Words for the answers that a status gives by itself. */
const meanings: Record<number, string> = {
  200: "Done, or as it stands.",
  201: "Made, and ready.",
  202: "Recorded; it finishes by itself.",
  204: "Done; nothing to show.",
};

/** What API Gateway answers itself as well, in a body of its own. */
const gatewayMeanings: Record<number, string> = {
  401: "There is no valid token.",
  403: "The token lacks the scope, or does not reach this.",
  413: "The body is too large.",
  429: "Too many requests at once.",
  500: "Something went wrong on our side.",
  503: "Not answered in time, or what is asked is not available now.",
};

export const contentOf = <S>(media: readonly string[] = ["application/json"], schema: S) =>
  Object.fromEntries(media.map((type) => [type, { schema }]));

/** Components, which the document refers to by their ids: one object an id. */
function failuresOf(id: string, description: string, content: NonNullable<ZodOpenApiResponseObject["content"]>) {
  const gateway = Object.entries(gatewayMeanings).map(([status, meaning]): [string, ZodOpenApiResponseObject] => [
    status,
    { id: `${id}${status}`, description: meaning, content: { ...content, ...contentOf(undefined, gatewayError) } },
  ]);
  return { any: { id, description, content }, gateway };
}

const problems = failuresOf("Problem", "A problem; its `code` says which.", contentOf(["application/problem+json"], problem));
const scimErrors = failuresOf("ScimError", "What is wrong, by `scimType`.", contentOf([SCIM_MEDIA], scimError));

/** Whether the gateway's authorizer, which knows nothing of a route's own credential, may refuse a call. */
const hasAuthorizer = ({ scope }: Route): boolean => scope !== "open" && !hasOwnCredential(scope);

/** A route's answers by status; `default` are all other failures. */
export function responses(route: Route): ZodOpenApiResponsesObject {
  const headers = route.etag ? { ETag: { schema: { type: "string" as const }, description: "The tenant's generation." } } : undefined;
  const listed = Object.entries(route.answers).map(([status, name]) => [
    status,
    {
      description: meanings[Number(status)] ?? "",
      ...(headers && { headers }),
      ...(name && { content: contentOf(route.media, answers[name]) }),
    },
  ]);
  const { any, gateway } = route.scope === "scim" ? scimErrors : problems;
  const refused = gateway.filter(([status]) => hasAuthorizer(route) || (status !== "401" && status !== "403"));
  return Object.fromEntries([...listed, ...refused, ["default", any]]) as ZodOpenApiResponsesObject;
}
