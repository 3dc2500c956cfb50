import type { V1PriorityClass } from "@kubernetes/client-node";
import type { Platform } from "../../domain/platform.ts";
import { type BootstrapEntry, entry, labels } from "./entry.ts";

/** One PriorityClass a tier, `tenant-<tier>`. */
export function priorityClasses(platform: Platform): BootstrapEntry[] {
  return Object.entries(platform.tiers).map(([tier, { priority }]) =>
    entry<V1PriorityClass>(
      `For pods of tenants of the tier ${tier}. Scheduled earlier than lower ones, but never at the cost of a running pod of another tenant.`,
      {
        apiVersion: "scheduling.k8s.io/v1",
        kind: "PriorityClass",
        metadata: { name: `tenant-${tier}`, labels },
        value: priority,
        preemptionPolicy: "Never",
        globalDefault: false,
        description: `Pods of tenants of the tier ${tier}`,
      },
    ),
  );
}
