import { nextCursorOf } from "../../shared/http/cursor.ts";
import { httpHandler } from "../../shared/http/handler.ts";
import { renderEvent, renderTenant } from "../../shared/http/render.ts";
import { tenantsApi } from "../../shared/http/routes/tenants-api.ts";
import { readTenant } from "../../shared/usecases/read-tenants.ts";
import { tenantAnswer } from "../http.ts";
import { type ReadDeps, readDeps } from "./deps.ts";

/** The reads: a tenant, the list, the audit trail. */
export const createHandler = (deps: ReadDeps) =>
  httpHandler(
    tenantsApi,
    {
      async getTenant({ params }) {
        return tenantAnswer(200, await readTenant(params.tenantId, deps.store));
      },
      async listTenants({ query }) {
        const { items, nextCursor } = await deps.directory.list(query);
        return { status: 200, body: { items: items.map(renderTenant), ...nextCursorOf("tenants", nextCursor) } };
      },
      async listTenantEvents({ params, query }) {
        await readTenant(params.tenantId, deps.store);
        const { items, nextCursor } = await deps.directory.events(params.tenantId, query);
        return { status: 200, body: { items: items.map(renderEvent), ...nextCursorOf("events", nextCursor) } };
      },
    },
    deps,
  );

export const handler = createHandler(readDeps());
