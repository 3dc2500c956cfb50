import * as z from "zod";
import { quotaSchema } from "../../shared/domain/platform.ts";
import { exampleMetadata, outgoing } from "./envelope.ts";

/** Another quota is in force in the cluster: by another tier, or by an override. */
export const schema = outgoing(
  z.strictObject({
    tier: z.string(),
    quota: quotaSchema.meta({ description: "The whole quota in force." }),
  }),
);

export const example: z.input<typeof schema> = {
  metadata: exampleMetadata,
  data: {
    tier: "premium",
    quota: {
      cpu: "6",
      memory: "16Gi",
      storage: "100Gi",
      pods: 100,
      services: 20,
      loadBalancers: 2,
      persistentVolumeClaims: 20,
      secrets: 100,
      configMaps: 100,
      deployments: 100,
      statefulSets: 50,
      jobs: 200,
      cronJobs: 50,
      ingresses: 50,
      horizontalPodAutoscalers: 100,
    },
  },
};
