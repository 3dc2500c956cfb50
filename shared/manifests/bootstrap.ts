import type { Platform } from "../domain/platform.ts";
import type { BootstrapEntry } from "./bootstrap/entry.ts";
import { flowControl } from "./bootstrap/flow-control.ts";
import { generationPolicy } from "./bootstrap/generation-policy.ts";
import { grantRoles } from "./bootstrap/grant-roles.ts";
import { priorityClasses } from "./bootstrap/priority-classes.ts";
import { provisioner } from "./bootstrap/provisioner.ts";
import { scopePolicies } from "./bootstrap/scope-policies.ts";
import { tenantPolicies } from "./bootstrap/tenant-policies.ts";

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
  ];
}
