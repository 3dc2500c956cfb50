import type { V1ClusterRole } from "@kubernetes/client-node";
import type { Platform } from "../../domain/platform.ts";
import { grantRules } from "../rights.ts";
import { type BootstrapEntry, entry, labels } from "./entry.ts";

/** The ClusterRoles that config's `grantRoles` names: those that are shipped, and the operator's own. */
export function grantRoles(platform: Platform): BootstrapEntry[] {
  return platform.grantRoles.flatMap((name) => {
    const shipped = Object.hasOwn(grantRules, name) ? grantRules[name] : platform.ownRoles[name];
    if (shipped === undefined) return [];
    return [
      entry<V1ClusterRole>(`For grants, bound by RoleBindings in tenants' namespaces only. ${shipped.description}`, {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name, labels },
        rules: shipped.rules,
      }),
    ];
  });
}
