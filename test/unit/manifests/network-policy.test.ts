import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Platform } from "../../../shared/domain/platform.ts";
import { networkPolicy, type NetworkPolicy } from "../../../shared/manifests/network-policy.ts";
import { aPlatform, aTenant } from "./builders.ts";

const policyOf = (network: Partial<Platform["network"]> = {}): NetworkPolicy["spec"] => networkPolicy(aTenant(), aPlatform(network)).spec;
const internetOf = (network: Partial<Platform["network"]>): unknown => policyOf(network).egress?.slice(2);

describe("the NetworkPolicy", () => {
  test("covers every pod both ways", () => {
    expect(policyOf()).toMatchObject({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  });

  test("lets in the same tenant, kube-system and the configured namespaces", () => {
    expect(policyOf().ingress).toEqual([
      {
        from: [
          { namespaceSelector: { matchLabels: { "tenant-id": "acme" } } },
          { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } },
          { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } },
        ],
      },
    ]);
  });

  test("lets out to the same tenant, and to the DNS pods on port 53 alone", () => {
    const dns = {
      to: [
        {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
          podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
        },
      ],
      ports: [
        { protocol: "UDP", port: 53 },
        { protocol: "TCP", port: 53 },
      ],
    };
    expect(policyOf().egress?.slice(0, 2)).toEqual([{ to: [{ namespaceSelector: { matchLabels: { "tenant-id": "acme" } } }] }, dns]);
    const withCache = policyOf({ dns: { ...aPlatform().network.dns, addresses: ["169.254.20.10/32"] } });
    expect(withCache.egress?.[1]).toEqual({ ...dns, to: [...dns.to, { ipBlock: { cidr: "169.254.20.10/32" } }] });
  });

  test("lets out to the internet less the closed ranges, each inside the block of its family", () => {
    expect(internetOf({})).toEqual([
      {
        to: [
          { ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.169.254/32", "10.0.0.0/8"] } },
          { ipBlock: { cidr: "::/0", except: ["fd00:ec2::254/128", "fc00::/7"] } },
        ],
      },
    ]);
  });

  test("closes a family, or the internet, where a range covers it whole", () => {
    expect(internetOf({ privateRanges: ["::/0"] })).toEqual([{ to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.169.254/32"] } }] }]);
    expect(internetOf({ privateRanges: ["0.0.0.0/0", "::/0"] })).toEqual([]);
  });

  test("never has an empty list of peers or an empty selector, which would allow everything", () => {
    const range = fc.oneof(
      fc.constantFrom("0.0.0.0/0", "::/0"),
      fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`),
    );
    fc.assert(
      fc.property(fc.array(range), fc.array(range), (privateRanges, metadataAddresses) => {
        const { ingress, egress = [] } = policyOf({ privateRanges, metadataAddresses });
        const peers = [...ingress.map(({ from }) => from), ...egress.map(({ to }) => to ?? [])];
        for (const list of peers) expect(list.length).toBeGreaterThan(0);
        for (const peer of peers.flat()) {
          expect(Object.keys(peer)).not.toHaveLength(0);
          if (peer.namespaceSelector) expect(Object.keys(peer.namespaceSelector.matchLabels ?? {})).not.toHaveLength(0);
          if (peer.ipBlock) expect(peer.ipBlock.except?.some((closed) => closed.endsWith("/0"))).not.toBe(true);
        }
      }),
    );
  });
});
