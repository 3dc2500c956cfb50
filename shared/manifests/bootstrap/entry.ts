import type { KubernetesObject } from "@kubernetes/client-node";

/** An object of `bootstrap.yaml`, and what an administrator should know of it. */
export interface BootstrapEntry {
  comment: string;
  object: KubernetesObject;
}

export const labels = { "app.kubernetes.io/name": "tenantry", "app.kubernetes.io/part-of": "tenantry" };

/** Checks the type of an object and pairs it with its comment. */
export const entry = <T extends KubernetesObject>(comment: string, object: T): BootstrapEntry => ({ comment, object });
