import { httpHandler } from "../../shared/http/handler.ts";
import { renderCluster } from "../../shared/http/render.ts";
import type { HttpAnswer } from "../../shared/http/request.ts";
import { clustersApi } from "../../shared/http/routes/clusters-api.ts";
import type { Cluster } from "../../shared/domain/cluster.ts";
import { changeCluster } from "../../shared/usecases/change-cluster.ts";
import { readCluster } from "../../shared/usecases/read-cluster.ts";
import { registerCluster } from "../../shared/usecases/register-cluster.ts";
import { removeCluster } from "../../shared/usecases/remove-cluster.ts";
import { keyOf } from "../http.ts";
import { type ClusterDeps, clusterDeps } from "./deps.ts";

const answer = (cluster: Cluster, status = 200): HttpAnswer => ({ status, body: renderCluster(cluster) });

/** The registry of clusters. */
export const createHandler = (deps: ClusterDeps) =>
  httpHandler(
    clustersApi,
    {
      async listClusters() {
        return { status: 200, body: { items: (await deps.registry.list()).map(renderCluster) } };
      },
      getCluster: async ({ params }) => answer(await readCluster(params.name, deps.registry)),
      async putCluster(request) {
        const { name } = request.params;
        const { cluster, created } = await registerCluster(name, request.body, deps, keyOf(request, "putCluster"));
        return { ...answer(cluster, created ? 201 : 200), location: `/clusters/${cluster.name}` };
      },
      async deleteCluster(request) {
        await removeCluster(request.params.name, deps, keyOf(request, "deleteCluster"));
        return { status: 204 };
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

export const handler = createHandler(clusterDeps());
