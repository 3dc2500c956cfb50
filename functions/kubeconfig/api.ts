import { stringify } from "yaml";
import { httpHandler } from "../../shared/http/handler.ts";
import { kubeconfigApi } from "../../shared/http/routes/kubeconfig-api.ts";
import { readKubeconfig } from "../../shared/usecases/read-kubeconfig.ts";
import { type KubeconfigDeps, kubeconfigDeps } from "./deps.ts";

/** The kubeconfig of a tenant's people, for `kubectl --kubeconfig` as it comes. */
export const createHandler = (deps: KubeconfigDeps) =>
  httpHandler(
    kubeconfigApi,
    {
      async getKubeconfig({ params, media }) {
        const body = await readKubeconfig(params.tenantId, deps);
        const headers = { vary: "accept" };
        return media === "application/json"
          ? { status: 200, body, headers }
          : { status: 200, text: stringify(body, { lineWidth: 0 }), headers };
      },
    },
    deps,
  );

export const handler = createHandler(kubeconfigDeps());
