import type { V1FlowSchema, V1PriorityLevelConfiguration } from "@kubernetes/client-node";
import { PROVISIONER_GROUP } from "../identity.ts";
import { type BootstrapEntry, entry, labels } from "./entry.ts";

const NAME = "tenantry";
const EVERYTHING = ["*"];

/** API priority and fairness: the control plane has a share of the API server of its own. */
export function flowControl(): BootstrapEntry[] {
  return [
    entry<V1PriorityLevelConfiguration>(
      `The control plane's share of the API server's concurrency: about a tenth beside the default levels. It lends half of it
when idle and may borrow as much again. Requests over it queue, then answer 429 with Retry-After, which is honoured.`,
      {
        apiVersion: "flowcontrol.apiserver.k8s.io/v1",
        kind: "PriorityLevelConfiguration",
        metadata: { name: NAME, labels },
        spec: {
          type: "Limited",
          limited: {
            nominalConcurrencyShares: 30,
            lendablePercent: 50,
            borrowingLimitPercent: 100,
            limitResponse: { type: "Queue", queuing: { queues: 64, handSize: 6, queueLengthLimit: 50 } },
          },
        },
      },
    ),
    entry<V1FlowSchema>(
      "Puts the control plane's requests there, one flow a namespace: a tenant with many requests does not hold up the others.",
      {
        apiVersion: "flowcontrol.apiserver.k8s.io/v1",
        kind: "FlowSchema",
        metadata: { name: NAME, labels },
        spec: {
          priorityLevelConfiguration: { name: NAME },
          matchingPrecedence: 1000,
          distinguisherMethod: { type: "ByNamespace" },
          rules: [
            {
              subjects: [{ kind: "Group", group: { name: PROVISIONER_GROUP } }],
              resourceRules: [
                { verbs: EVERYTHING, apiGroups: EVERYTHING, resources: EVERYTHING, namespaces: EVERYTHING, clusterScope: true },
              ],
              nonResourceRules: [{ verbs: EVERYTHING, nonResourceURLs: EVERYTHING }],
            },
          ],
        },
      },
    ),
  ];
}
