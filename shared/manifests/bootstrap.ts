import type { KubernetesObject } from "@kubernetes/client-node";
import type { Platform } from "../domain/platform.ts";
import { type BootstrapEntry, labels } from "./bootstrap/entry.ts";
import { flowControl } from "./bootstrap/flow-control.ts";
import { generationPolicy } from "./bootstrap/generation-policy.ts";
import { grantRoles } from "./bootstrap/grant-roles.ts";
import { priorityClasses } from "./bootstrap/priority-classes.ts";
import { provisioner } from "./bootstrap/provisioner.ts";
import { scopePolicies } from "./bootstrap/scope-policies.ts";
import { shortHash } from "./hash.ts";

/** On each object of `bootstrap.yaml`: the hash of its content, which tells a cluster that has another version's. */
export const ANNOTATION_BOOTSTRAP = "tenantry.dev/bootstrap";
import { tenantPolicies } from "./bootstrap/tenant-policies.ts";

/** Selects the objects of `bootstrap.yaml`. */
export const bootstrapSelector = Object.entries(labels)
  .map(([name, value]) => `${name}=${value}`)
  .join(",");

/** What a cluster needs once, before its first tenant: the policies first, so that no right is ever there without its bound. */
export function bootstrapObjects(platform: Platform): BootstrapEntry[] {
  return [
    ...generationPolicy(),
    ...scopePolicies(platform),
    ...tenantPolicies(platform),
    ...flowControl(),
    ...priorityClasses(platform),
    ...grantRoles(platform),
    ...provisioner(platform),
  ].map(({ comment, object }) => ({ comment, object: stamped(object) }));
}

const stamped = (object: KubernetesObject): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata?.annotations, [ANNOTATION_BOOTSTRAP]: shortHash(object) } },
});
