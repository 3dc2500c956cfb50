import * as z from "zod";
import { exampleMetadata, outgoing, time } from "./envelope.ts";

const by = z
  .array(
    z.strictObject({
      manager: z.string().meta({ description: "The field manager, as the API server keeps it: `kubectl-edit`, a controller's name." }),
      operation: z.enum(["Apply", "Update"]),
      time: time.nullable(),
    }),
  )
  .meta({ description: "Who changed it, as far as the API server tells; nobody for what is gone." });

/** Others changed what stands in the cluster for the tenant: what is ours stands again, what is not is named. */
export const schema = outgoing(
  z.strictObject({
    objects: z.array(
      z.strictObject({
        object: z.string().meta({ description: "`kind/name`, in the tenant's namespace." }),
        change: z.enum(["changed", "missing", "replaced", "unwanted"]).meta({
          description: "`replaced`: made anew as something else; `unwanted`: back although it is to be absent.",
        }),
        fields: z.array(z.string()).meta({ description: "JSON Pointers of the fields that were put right." }),
        by,
      }),
    ),
    foreign: z
      .array(z.strictObject({ object: z.string(), removed: z.boolean(), by }))
      .meta({ description: "NetworkPolicies and RoleBindings that are not ours, told of once; removed where the configuration says so." }),
    omitted: z
      .int()
      .optional()
      .meta({ description: "How many others were found or suspected; at most 20 of `objects` and of `foreign` are named." }),
  }),
);

export const example: z.input<typeof schema> = {
  metadata: exampleMetadata,
  data: {
    objects: [
      {
        object: "ResourceQuota/tenant-quota",
        change: "changed",
        fields: ["/spec/hard/limits.cpu"],
        by: [{ manager: "kubectl-edit", operation: "Update", time: "2030-01-31T11:42:07.000Z" }],
      },
    ],
    foreign: [
      {
        object: "NetworkPolicy/allow-all",
        removed: false,
        by: [{ manager: "kubectl-create", operation: "Update", time: "2030-01-31T11:43:00.000Z" }],
      },
    ],
  },
};
