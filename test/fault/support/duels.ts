import type { Duel } from "./duel.ts";
import { acts, deploys, drifts, reconfigures, waves } from "./operations.ts";
import { registry } from "./registry-acts.ts";

/** Where a duel ends. */
export interface Expected {
  state: "Active" | "Deleted";
  desired?: Record<string, unknown>;
  /** How often each event may have been said; `[1, 1]` where not told for an onboarding, `[0, 0]` for any other. */
  said?: Record<string, [number, number]>;
}

export const duels: (Duel & { ends: Expected })[] = [
  {
    name: "two reconcilers of one onboarding",
    after: [],
    actors: [acts.onboard],
    queued: true,
    ends: { state: "Active" },
  },
  {
    name: "two reconcilers of one tier change",
    after: [acts.onboard],
    actors: [acts.toPremium],
    queued: true,
    ends: { state: "Active", desired: { tier: "premium" }, said: { TenantQuotaChanged: [1, 1] } },
  },
  {
    name: "two reconcilers of one decommission",
    after: [acts.onboard],
    actors: [acts.tearDown],
    queued: true,
    ends: { state: "Deleted", said: { TenantDecommissioned: [1, 1] } },
  },
  {
    name: "a delete racing an onboarding",
    after: [],
    actors: [acts.onboard, acts.tearDown],
    ends: { state: "Deleted", said: { TenantReady: [0, 1], TenantDecommissioned: [1, 1] } },
  },
  {
    name: "an onboarding racing a delete asked for before it",
    after: [acts.onboard],
    actors: [acts.tearDown, acts.onboard],
    ends: { state: "Active", said: { TenantOnboarded: [1, 2], TenantReady: [1, 2], TenantDecommissioned: [0, 1] } },
  },
  {
    name: "a tier change racing the one that takes it back",
    after: [acts.onboard],
    actors: [acts.toPremium, acts.toBasic],
    ends: { state: "Active", desired: { tier: "basic" }, said: { TenantQuotaChanged: [0, 2] } },
  },
  {
    name: "a tier change racing a change of quota and a new name",
    after: [acts.onboard],
    actors: [acts.toPremium, acts.raiseQuota, acts.rename],
    ends: { state: "Active", desired: { tier: "premium", name: "Acme GmbH", quota: { cpu: "3" } }, said: { TenantQuotaChanged: [1, 2] } },
  },
  {
    name: "a tier change racing a delete",
    after: [acts.onboard],
    actors: [acts.toPremium, acts.tearDown],
    ends: { state: "Deleted", said: { TenantQuotaChanged: [0, 1], TenantDecommissioned: [1, 1] } },
  },
  {
    name: "a suspension racing the activation that takes it back",
    after: [acts.onboard, { deed: deploys }],
    actors: [acts.suspend, acts.activate],
    ends: { state: "Active", said: { TenantSuspended: [0, 1], TenantActivated: [0, 1] } },
  },
  {
    name: "a grant racing the revoke that takes it back",
    after: [acts.onboard],
    actors: [acts.grant, acts.revoke],
    ends: { state: "Active", said: { TenantAccessGranted: [0, 1], TenantAccessRevoked: [0, 1] } },
  },
  {
    name: "a revoke racing the grant that follows it",
    after: [acts.onboard, acts.grant],
    actors: [acts.revoke, acts.grant],
    ends: { state: "Active", said: { TenantAccessGranted: [1, 2], TenantAccessRevoked: [0, 1] } },
  },
  {
    name: "a grant racing a suspension",
    after: [acts.onboard, acts.grantBob],
    actors: [acts.grant, acts.suspend],
    ends: { state: "Active", desired: { suspended: true }, said: { TenantAccessGranted: [2, 2], TenantSuspended: [1, 1] } },
  },
  {
    name: "a grant racing a delete",
    after: [acts.onboard],
    actors: [acts.grant, acts.tearDown],
    ends: { state: "Deleted", said: { TenantAccessGranted: [0, 1], TenantDecommissioned: [1, 1] } },
  },
  {
    name: "an activation racing the suspension that takes it back",
    after: [acts.onboard, { deed: deploys }, acts.suspend],
    actors: [acts.activate, acts.suspend],
    ends: { state: "Active", desired: { suspended: true }, said: { TenantSuspended: [1, 2], TenantActivated: [0, 1] } },
  },
  {
    name: "a tier change racing a suspension",
    after: [acts.onboard, { deed: deploys }],
    actors: [acts.toPremium, acts.suspend],
    ends: { state: "Active", desired: { tier: "premium", suspended: true }, said: { TenantQuotaChanged: [1, 1], TenantSuspended: [1, 1] } },
  },
  {
    name: "two deletes",
    after: [acts.onboard],
    actors: [acts.tearDown, acts.tearDown],
    ends: { state: "Deleted", said: { TenantDecommissioned: [1, 1] } },
  },
  {
    name: "a drift check racing a suspension",
    after: [acts.onboard, acts.grant, { deed: drifts }],
    actors: [acts.checkDrift, acts.suspend],
    afterwards: [acts.checkDrift],
    ends: {
      state: "Active",
      desired: { suspended: true },
      said: { TenantAccessGranted: [1, 1], TenantDriftRepaired: [0, 2], TenantSuspended: [1, 1] },
    },
  },
  {
    name: "a drift check racing a revoke",
    after: [acts.onboard, acts.grant, acts.grantBob, { deed: drifts }],
    actors: [acts.checkDrift, acts.revoke],
    afterwards: [acts.checkDrift],
    ends: { state: "Active", said: { TenantAccessGranted: [2, 2], TenantAccessRevoked: [1, 1], TenantDriftRepaired: [0, 2] } },
  },
  {
    name: "two drift checks racing a tier change",
    after: [acts.onboard, { deed: drifts }],
    actors: [acts.checkDrift, acts.checkDrift, acts.toPremium],
    afterwards: [acts.checkDrift],
    ends: { state: "Active", desired: { tier: "premium" }, said: { TenantDriftRepaired: [0, 2], TenantQuotaChanged: [1, 1] } },
  },
  {
    name: "a drift check racing a delete",
    after: [acts.onboard, acts.grant, { deed: drifts }],
    actors: [acts.checkDrift, acts.tearDown],
    ends: { state: "Deleted", said: { TenantAccessGranted: [1, 1], TenantDriftRepaired: [0, 1], TenantDecommissioned: [1, 1] } },
  },
  {
    name: "a wave of revisions racing a drift check",
    after: [acts.onboard, { deed: drifts }, { deed: reconfigures }],
    actors: [acts.revise, acts.checkDrift],
    afterwards: [acts.checkDrift],
    ends: { state: "Active", said: { TenantDriftRepaired: [0, 2] } },
  },
  {
    name: "two ticks of a wave of revisions racing a suspension",
    after: [acts.onboard, acts.grant, { deed: deploys }, { deed: reconfigures }],
    actors: [acts.revise, acts.revise, acts.suspend],
    ends: { state: "Active", desired: { suspended: true }, said: { TenantAccessGranted: [1, 1], TenantSuspended: [1, 1] } },
  },
  {
    name: "a wave of revisions racing a delete",
    after: [acts.onboard, { deed: reconfigures }],
    actors: [acts.revise, acts.tearDown],
    ends: { state: "Deleted", said: { TenantDecommissioned: [1, 1] } },
  },
  {
    name: "a pause of the cluster racing a registration of it and a suspension",
    after: [acts.onboard, acts.grant],
    actors: [registry.pauseCluster, registry.registerCluster, acts.suspend],
    meanwhile: ({ registry: { clusters } }) => (clusters.get("local")?.paused === true ? [] : ["the pause of the cluster was lost"]),
    afterwards: [registry.resumeCluster],
    ends: { state: "Active", desired: { suspended: true }, said: { TenantAccessGranted: [1, 1], TenantSuspended: [1, 1] } },
  },
  {
    name: "a registration of the cluster with another prefix racing a grant",
    after: [acts.onboard, acts.grantBob, { deed: waves }],
    actors: [registry.renamePeople, acts.grant],
    // A late apply of the same generation, under the former name, is the drift check's to find.
    afterwards: [acts.checkDrift],
    ends: { state: "Active", said: { TenantAccessGranted: [2, 2], TenantDriftRepaired: [0, 1] } },
  },
  {
    name: "a removal of the cluster racing an onboarding",
    after: [],
    actors: [registry.removeCluster, acts.onboard],
    afterwards: [registry.registerCluster],
    // Said where it waited long for a cluster.
    ends: { state: "Active", said: { TenantFailed: [0, 1] } },
  },
  {
    name: "a removal of the cluster racing a cordon and a delete",
    after: [acts.onboard],
    actors: [registry.removeCluster, registry.cordonCluster, acts.tearDown],
    ends: { state: "Deleted", said: { TenantDecommissioned: [1, 1] } },
  },
];
