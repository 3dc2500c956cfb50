import { httpHandler } from "../../shared/http/handler.ts";
import type { HttpAnswer } from "../../shared/http/request.ts";
import { revisionsApi } from "../../shared/http/routes/revisions-api.ts";
import { type RevisionPorts, type RevisionView, readRevisions, resumeRevisions } from "../../shared/usecases/read-revisions.ts";
import { keyOf } from "../http.ts";
import { type RevisionDeps, revisionDeps } from "./deps.ts";

/** The wave of revisions: how many it is for and how far it is; and its resumption. */
export const createHandler = (deps: RevisionDeps) => {
  const ports: RevisionPorts = { ...deps, log: deps.revisions };
  const { tenantsPerMinute, failureShare } = deps.platform.revisions;
  const answer = (view: RevisionView): HttpAnswer => ({ status: 200, body: { ...view, tenantsPerMinute, failureShare } });
  return httpHandler(
    revisionsApi,
    {
      getRevisions: async () => answer(await readRevisions(ports)),
      resumeRevisions: async (request) => answer(await resumeRevisions(ports, keyOf(request, "resumeRevisions"))),
    },
    deps,
  );
};

export const handler = createHandler(revisionDeps());
