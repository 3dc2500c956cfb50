import { TenantryError } from "../../shared/domain/errors.ts";
import { httpHandler } from "../../shared/http/handler.ts";
import type { HttpAnswer } from "../../shared/http/request.ts";
import { scimApi } from "../../shared/http/routes/scim-api.ts";
import type { Resource } from "../../shared/http/scim/attributes.ts";
import { resourceTypes, schemas, serviceProviderConfig } from "../../shared/http/scim/discovery.ts";
import { scimErrorAnswer } from "../../shared/http/scim/error.ts";
import { listAnswer, searchOf } from "../../shared/http/scim/query.ts";
import { forProvider, scimAnswer } from "./answers.ts";
import { type ScimDeps, scimDeps } from "./deps.ts";
import { groupOperations } from "./groups.ts";
import { searchOperations } from "./search.ts";
import { userOperations } from "./users.ts";

const all = (resources: Resource[]): HttpAnswer => scimAnswer(200, listAnswer(searchOf({}, "users"), resources.length, resources));

function one(resources: Resource[], id: string): HttpAnswer {
  const found = resources.find((resource) => resource["id"] === id);
  if (found === undefined) throw new TenantryError("NotFound", `There is no ${id} here.`);
  return scimAnswer(200, found);
}

/** SCIM 2.0: what identity providers keep here of their people and groups. */
export function createHandler(deps: ScimDeps) {
  const by = forProvider(deps);
  return httpHandler(
    scimApi,
    {
      getServiceProviderConfig: by(async () => scimAnswer(200, serviceProviderConfig)),
      listSchemas: by(async () => all(schemas)),
      getSchema: by(async (_provider, { params }) => one(schemas, params.id)),
      listResourceTypes: by(async () => all(resourceTypes)),
      getResourceType: by(async (_provider, { params }) => one(resourceTypes, params.id)),
      ...searchOperations(deps),
      ...userOperations(deps),
      ...groupOperations(deps),
    },
    deps,
    { errorAnswer: scimErrorAnswer },
  );
}

export const handler = createHandler(scimDeps());
