import { isGranted } from "../../shared/domain/access.ts";
import { nextCursorOf } from "../../shared/http/cursor.ts";
import { httpHandler } from "../../shared/http/handler.ts";
import { renderGrant } from "../../shared/http/render.ts";
import type { HttpAnswer } from "../../shared/http/request.ts";
import { grantsApi } from "../../shared/http/routes/grants-api.ts";
import { type GrantPorts, type GrantRecorded, grantAccess, revokeAccess } from "../../shared/usecases/grant-access.ts";
import { listGrants, readGrant } from "../../shared/usecases/read-grants.ts";
import { commandOf } from "../http.ts";
import { grantsDeps } from "./deps.ts";

/** `/tenants/{tenantId}/grants[/{userId}/{role}]`. */
export const createHandler = (ports: GrantPorts) => {
  const now = () => ports.clock.now().toISOString();
  const answer = (status: number, { grant, tenant }: Pick<GrantRecorded, "grant" | "tenant">): HttpAnswer =>
    grant === undefined ? { status } : { status, body: renderGrant(grant, tenant, now()) };
  return httpHandler(
    grantsApi,
    {
      async listGrants({ params, query }) {
        const { tenant, grants, nextCursor } = await listGrants(params.tenantId, query, ports);
        return {
          status: 200,
          body: { items: grants.map((grant) => renderGrant(grant, tenant, now())), ...nextCursorOf("grants", nextCursor) },
        };
      },
      async getGrant({ params }) {
        return answer(200, await readGrant(params.tenantId, params, ports));
      },
      async putGrant(request) {
        const { params, body } = request;
        const given = { ...params, principalArn: body.principalArn };
        const recorded = await grantAccess(commandOf(request, "putGrant", params.tenantId, ports), given, body.expiresAt, ports);
        return answer(recorded.applied ? (recorded.created ? 201 : 200) : 202, recorded);
      },
      async deleteGrant(request) {
        const { params } = request;
        const recorded = await revokeAccess(commandOf(request, "deleteGrant", params.tenantId, ports), params, ports);
        if (recorded.grant !== undefined && isGranted(recorded.grant, now())) return answer(200, recorded);
        return recorded.applied ? { status: 204 } : answer(202, recorded);
      },
    },
    ports,
  );
};

export const handler = createHandler(grantsDeps());
