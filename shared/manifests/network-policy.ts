import type { V1NetworkPolicy, V1NetworkPolicyEgressRule, V1NetworkPolicyIngressRule, V1NetworkPolicyPeer } from "@kubernetes/client-node";
import type { Platform } from "../domain/platform.ts";
import { isAsleep, namespaceOf, type Tenant } from "../domain/tenant.ts";
import { LABEL_TENANT, metadata, NAMES } from "./identity.ts";

type Network = Platform["network"];
type Spec = NonNullable<V1NetworkPolicy["spec"]>;

/** As it goes over the wire: the client library's classes rename `from` to `_from`. */
export type NetworkPolicy = Omit<V1NetworkPolicy, "spec"> & {
  spec: Omit<Spec, "ingress"> & { ingress: (Omit<V1NetworkPolicyIngressRule, "_from"> & { from: V1NetworkPolicyPeer[] })[] };
};

/**
 * Closes the namespace both ways and opens exactly:
 * in: the same tenant's namespaces, kube-system, and what `network.ingressFrom` names;
 * out: the same tenant's namespaces, the cluster's DNS, and the internet less the metadata and private ranges.
 * Of a tenant asleep it opens nothing.
 * Policies only add up, so a tenant could open itself wider with a policy of its own: its Role may not write any.
 */
export function networkPolicy(tenant: Tenant, { network }: Platform): NetworkPolicy {
  const sameTenant = { namespaceSelector: { matchLabels: { [LABEL_TENANT]: tenant.tenantId } } };
  const kubeSystem = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } };
  const closed = isAsleep(tenant);
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadata(tenant, NAMES.networkPolicy, namespaceOf(tenant.tenantId)),
    spec: {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: closed
        ? []
        : [
            {
              from: [
                sameTenant,
                kubeSystem,
                ...network.ingressFrom.map((from) => ({ namespaceSelector: { matchLabels: from.namespaceLabels } })),
              ],
            },
          ],
      egress: closed ? [] : [{ to: [sameTenant] }, ...beyond(network)],
    },
  };
}

const known = new WeakMap<Network, V1NetworkPolicyEgressRule[]>();

/** What every tenant may reach: the same rules for all of them. */
function beyond(network: Network): V1NetworkPolicyEgressRule[] {
  const before = known.get(network);
  if (before !== undefined) return before;
  const rules = [dns(network.dns), ...internet([...network.metadataAddresses, ...network.privateRanges])];
  known.set(network, rules);
  return rules;
}

/** Both selectors in one peer: those pods in those namespaces, not either. */
function dns({ namespaceLabels, podLabels, addresses }: Network["dns"]): V1NetworkPolicyEgressRule {
  return {
    to: [
      { namespaceSelector: { matchLabels: namespaceLabels }, podSelector: { matchLabels: podLabels } },
      ...addresses.map((cidr) => ({ ipBlock: { cidr } })),
    ],
    ports: [
      { protocol: "UDP", port: 53 },
      { protocol: "TCP", port: 53 },
    ],
  };
}

/**
 * One block a family, since an exception must lie inside its block, and be smaller: a closed /0 drops its whole family.
 * No rule at all where both are closed: a rule with an empty `to` would allow every destination.
 */
function internet(closed: string[]): V1NetworkPolicyEgressRule[] {
  const families = [
    { cidr: "0.0.0.0/0", except: closed.filter((range) => !range.includes(":")) },
    { cidr: "::/0", except: closed.filter((range) => range.includes(":")) },
  ];
  const open = families.filter(({ except }) => !except.some((range) => range.endsWith("/0")));
  if (open.length === 0) return [];
  return [{ to: open.map(({ cidr, except }) => ({ ipBlock: except.length === 0 ? { cidr } : { cidr, except: [...new Set(except)] } })) }];
}
