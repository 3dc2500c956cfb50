import { httpHandler } from "../../shared/http/handler.ts";
import { renderCluster } from "../../shared/http/render.ts";
import type { HttpAnswer } from "../../shared/http/request.ts";
import { clustersApi } from "../../shared/http/routes/clusters-api.ts";
import type { Cluster } from "../../shared/domain/cluster.ts";
import { cordonCluster, readCluster, registerCluster, removeCluster } from "../../shared/usecases/register-cluster.ts";
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
      async putCluster({ params, body }) {
        const { cluster, created } = await registerCluster(params.name, body, deps);
        return { ...answer(cluster, created ? 201 : 200), location: `/clusters/${cluster.name}` };
      },
      async deleteCluster({ params }) {
        await removeCluster(params.name, deps);
        return { status: 204 };
      },
      cordonCluster: async ({ params }) => answer(await cordonCluster(params.name, "Cordoned", deps)),
      uncordonCluster: async ({ params }) => answer(await cordonCluster(params.name, "Active", deps)),
    },
    deps,
  );

export const handler = createHandler(clusterDeps());
