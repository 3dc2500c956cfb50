import type {
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
  V1ValidatingAdmissionPolicySpec,
} from "@kubernetes/client-node";
import { PROVISIONER_GROUP } from "../identity.ts";
import { type BootstrapEntry, entry, labels } from "./entry.ts";

/** For requests of the control plane only: everybody else, administrators included, passes. */
export const byProvisioner = {
  name: "by-the-provisioner",
  expression: `request.userInfo.?groups.orValue([]).exists(g, g == '${PROVISIONER_GROUP}')`,
};

/** A ValidatingAdmissionPolicy that denies, also where it cannot be evaluated, and its binding to the whole cluster. */
export function denyPolicy(name: string, comment: string, spec: Omit<V1ValidatingAdmissionPolicySpec, "failurePolicy">): BootstrapEntry[] {
  const apiVersion = "admissionregistration.k8s.io/v1";
  return [
    entry<V1ValidatingAdmissionPolicy>(comment, {
      apiVersion,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name, labels },
      spec: { failurePolicy: "Fail", ...spec },
    }),
    entry<V1ValidatingAdmissionPolicyBinding>(`Puts ${name} in force.`, {
      apiVersion,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name, labels },
      spec: { policyName: name, validationActions: ["Deny"] },
    }),
  ];
}
