/**
 * A tenant's own labels (`desired.labels`) stand on its Namespace under a prefix of ours, `label.tenantry.dev/<key>`, so that
 * no key that a tenant chooses can be `pod-security.kubernetes.io/enforce`, `tenant-id` or any other label that something trusts.
 */
export const TENANT_LABEL_PREFIX = "label.tenantry.dev/";

const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** Whether a key can be the name part of a Kubernetes label: 63 characters at most, without a prefix (`/`) of its own. */
export const isLabelKey = (key: string): boolean => NAME.test(key);

/** Whether a value can be a Kubernetes label's: empty, or as a key. */
export const isLabelValue = (value: string): boolean => value === "" || NAME.test(value);

/** The labels as the Namespace carries them. One that Kubernetes could not hold stays in the record only: it must not stop a reconcile. */
export function namespaceLabels(labels: Record<string, string>): Record<string, string> {
  const held = Object.entries(labels).filter(([key, value]) => isLabelKey(key) && isLabelValue(value));
  return Object.fromEntries(held.map(([key, value]) => [TENANT_LABEL_PREFIX + key, value]));
}
