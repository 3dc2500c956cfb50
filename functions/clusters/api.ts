import type { Cluster } from "../../shared/domain/cluster.ts";
import { httpHandler } from "../../shared/http/handler.ts";
import { renderCluster } from "../../shared/http/render-cluster.ts";
import type { HttpAnswer } from "../../shared/http/request.ts";
import { clustersApi } from "../../shared/http/routes/clusters-api.ts";
import { changeCluster } from "../../shared/usecases/change-cluster.ts";
import { checkOf } from "../../shared/usecases/drift/change-check.ts";
import { readCluster } from "../../shared/usecases/read-cluster.ts";
import { registerCluster } from "../../shared/usecases/register-cluster.ts";
import { removeCluster } from "../../shared/usecases/remove-cluster.ts";
import { requestDriftCheck } from "../../shared/usecases/request-drift-check.ts";
import { keyOf } from "../http.ts";
import { type ClusterDeps, clusterDeps } from "./deps.ts";

/** The registry of clusters. */
export const createHandler = (deps: ClusterDeps) => {
  const answer = async (cluster: Cluster): Promise<HttpAnswer> => {
    const check = checkOf(cluster, await deps.checks.get(cluster.name), deps.driftIntervalMs);
    return { status: 200, body: renderCluster(cluster, check) };
  };
  return httpHandler(
    clustersApi,
    {
      async listClusters() {
        const [clusters, checks] = await Promise.all([deps.registry.list(), deps.checks.list()]);
        const known = new Map(checks.map((check) => [check.cluster, check]));
        const items = clusters.map((cluster) => renderCluster(cluster, checkOf(cluster, known.get(cluster.name), deps.driftIntervalMs)));
        return { status: 200, body: { items } };
      },
      getCluster: async ({ params }) => answer(await readCluster(params.name, deps.registry)),
      async putCluster(request) {
        const { name } = request.params;
        const { cluster, created } = await registerCluster(name, request.body, deps, keyOf(request, "putCluster"));
        return { ...(await answer(cluster)), status: created ? 201 : 200, location: `/clusters/${name}` };
      },
      async deleteCluster(request) {
        await removeCluster(request.params.name, deps, keyOf(request, "deleteCluster"));
        return { status: 204 };
      },
      async checkCluster(request) {
        const { name } = request.params;
        const { cluster, check } = await requestDriftCheck(name, deps, keyOf(request, "checkCluster"));
        return { status: 202, body: renderCluster(cluster, check), location: `/clusters/${name}` };
      },
      cordonCluster: async (request) =>
        answer(await changeCluster(request.params.name, { state: "Cordoned" }, deps, keyOf(request, "cordonCluster"))),
      uncordonCluster: async (request) =>
        answer(await changeCluster(request.params.name, { state: "Active" }, deps, keyOf(request, "uncordonCluster"))),
      pauseCluster: async (request) =>
        answer(await changeCluster(request.params.name, { paused: true }, deps, keyOf(request, "pauseCluster"))),
      resumeCluster: async (request) =>
        answer(await changeCluster(request.params.name, { paused: false }, deps, keyOf(request, "resumeCluster"))),
    },
    deps,
  );
};

export const handler = createHandler(clusterDeps());
