import type { KubernetesObject } from "@kubernetes/client-node";
import { applyIdentityChange } from "../../../shared/usecases/identity/apply-identity-change.ts";
import type { IdentityChange } from "../../../shared/domain/identity.ts";
import { adoptNamespace } from "../../../shared/usecases/adopt-tenant.ts";
import { activateTenant } from "../../../shared/usecases/activate-tenant.ts";
import { changeTenant } from "../../../shared/usecases/change-tenant.ts";
import { checkDrift } from "../../../shared/usecases/check-drift.ts";
import { grantAccess, revokeAccess } from "../../../shared/usecases/grant-access.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { pauseTenant } from "../../../shared/usecases/pause-tenant.ts";
import type { Command } from "../../../shared/usecases/record-intent.ts";
import { reviseTenants } from "../../../shared/usecases/revise-tenants.ts";
import { suspendTenant } from "../../../shared/usecases/suspend-tenant.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { aCause } from "../../support/builders.ts";
import type { Ports, World } from "./world.ts";

export const acme = { name: "Acme Inc.", tier: "basic" };

/** What a provider says, as the work on its webhook records it. */
const said =
  (change: (occurredAt: string) => IdentityChange): Act =>
  (command, ports) =>
    applyIdentityChange(change(command.occurredAt), "okta", { ...ports, cause: command.cause });
const group = { id: "g1", displayName: "tenant:acme:admin" };
const user = { id: "u1", userName: "anna@example.com" };

const anna = { userId: "anna@example.com", role: "tenant-viewer" };
const principalArn = "arn:aws:iam::111122223333:user/anna";

const unending = new AbortController().signal;

export type Act = (command: Command, ports: Ports) => Promise<unknown>;
export const acts = {
  onboard: (command, ports) => onboardTenant(command, acme, ports),
  toPremium: (command, ports) => changeTenant(command, { tier: "premium" }, ports),
  toBasic: (command, ports) => changeTenant(command, { tier: "basic" }, ports),
  raiseQuota: (command, ports) => changeTenant(command, { quota: { cpu: "3" } }, ports),
  rename: (command, ports) => changeTenant(command, { name: "Acme GmbH" }, ports),
  suspend: (command, ports) => suspendTenant(command, ports),
  activate: (command, ports) => activateTenant(command, ports),
  grant: (command, ports) => grantAccess(command, anna, undefined, ports),
  grantMapped: (command, ports) => grantAccess(command, { ...anna, principalArn }, undefined, ports),
  revoke: (command, ports) => revokeAccess(command, anna, ports),
  grantBob: (command, ports) => grantAccess(command, { ...anna, userId: "bob@example.com" }, undefined, ports),
  join: said((occurredAt) => ({ kind: "membership", group, user, member: true, occurredAt })),
  leave: said((occurredAt) => ({ kind: "membership", group, user, member: false, occurredAt })),
  renamePerson: said((occurredAt) => ({
    kind: "user",
    user: { ...user, userName: "anna.new@example.com", active: true },
    occurredAt,
  })),
  deactivate: said((occurredAt) => ({ kind: "user", user: { ...user, active: false }, occurredAt })),
  deleteGroup: said((occurredAt) => ({ kind: "group", group, deleted: true, occurredAt })),
  tearDown: (command, ports) => tearDownTenant(command, ports),
  pause: (command, ports) => pauseTenant(command, true, ports),
  resume: (command, ports) => pauseTenant(command, false, ports),
  adopt: (command, ports) => adoptNamespace(command, ports),
  revise: (_command, ports) => reviseTenants({ ...ports, ...ports.revisions }, unending),
  checkDrift: (_command, ports) => checkDrift({ cluster: "local" }, ports, { enough: unending, signal: unending }),
} satisfies Record<string, Act>;

/** What a tenant's people do meanwhile. */
export type Deed = (world: World) => void;
export const deploys: Deed = ({ cluster }) => {
  const metadata = (name: string) => ({ name, namespace: "tenant-acme" });
  cluster.put({ apiVersion: "apps/v1", kind: "Deployment", metadata: metadata("web"), spec: { replicas: 3 } } as KubernetesObject);
  cluster.put({ apiVersion: "apps/v1", kind: "StatefulSet", metadata: metadata("db"), spec: { replicas: 2 } } as KubernetesObject);
  cluster.put({ apiVersion: "batch/v1", kind: "CronJob", metadata: metadata("nightly"), spec: { suspend: false } } as KubernetesObject);
};
/** Somebody else has the name of the tenant's namespace. */
const takesTheName: Deed = ({ cluster }) =>
  void cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "tenant-acme", labels: { team: "other" } } });
/** Somebody deletes an object of ours, and changes another. */
export const drifts: Deed = ({ cluster }) => {
  cluster.remove({ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", name: "tenant-isolation", namespace: "tenant-acme" });
  const limits = cluster.within("tenant-acme").find(({ kind }) => kind === "LimitRange");
  cluster.put({ ...limits, spec: { limits: [] } } as KubernetesObject);
};
/** The waves of revisions are on. */
export const waves: Deed = (world) => {
  world.waves = true;
};
/** An operator deploys another configuration. */
export const reconfigures: Deed = (world) => {
  world.waves = true;
  world.platform = { ...world.platform, monitoring: { ...world.platform.monitoring, interval: "47s" } };
};
export type Before = Act | { deed: Deed };

/** A command that is stopped at every call that it makes, and at every call of what follows from it. */
export interface Operation {
  name: string;
  /** What was done, and done whole, before it. */
  after: Before[];
  act: Act;
  /** Left to the queue: the command only records. */
  queued?: boolean;
  /** Comes again each hour. */
  hourly?: boolean;
  /** Several workers are at one tenant, each with generations of its own: how many there are is open. */
  generations?: "open";
}

/** Every operation that changes a tenant. A new one is a line here. */
export const operations: Operation[] = [
  { name: "onboarding", after: [], act: acts.onboard },
  { name: "onboarding by the queue", after: [], act: acts.onboard, queued: true },
  { name: "tier change", after: [acts.onboard], act: acts.toPremium },
  { name: "tier change by the queue", after: [acts.onboard], act: acts.toPremium, queued: true },
  { name: "suspension", after: [acts.onboard, { deed: deploys }], act: acts.suspend },
  { name: "activation", after: [acts.onboard, { deed: deploys }, acts.suspend], act: acts.activate },
  { name: "grant", after: [acts.onboard], act: acts.grant },
  { name: "grant by the queue", after: [acts.onboard, acts.grantBob], act: acts.grant, queued: true },
  { name: "revoke", after: [acts.onboard, acts.grantBob, acts.grant], act: acts.revoke },
  { name: "revoke by the queue", after: [acts.onboard, acts.grant], act: acts.revoke, queued: true },
  { name: "suspension of a tenant with grants", after: [acts.onboard, acts.grant, acts.grantBob], act: acts.suspend },
  { name: "activation of a tenant with grants", after: [acts.onboard, acts.grant, acts.grantBob, acts.suspend], act: acts.activate },
  { name: "decommission of a tenant with grants", after: [acts.onboard, acts.grant, acts.grantBob], act: acts.tearDown },
  { name: "grant with an AWS identity", after: [acts.onboard], act: acts.grantMapped },
  { name: "revoke of a grant with an AWS identity", after: [acts.onboard, acts.grantMapped], act: acts.revoke },
  { name: "decommission of a tenant with an identity mapping", after: [acts.onboard, acts.grantMapped, acts.grantBob], act: acts.tearDown },
  { name: "joining a group", after: [acts.onboard], act: acts.join },
  { name: "leaving a group", after: [acts.onboard, acts.join], act: acts.leave },
  { name: "renaming of a person", after: [acts.onboard, acts.join], act: acts.renamePerson, generations: "open" },
  { name: "deactivation", after: [acts.onboard, acts.join, acts.grant, acts.grantBob], act: acts.deactivate, generations: "open" },
  { name: "deletion of a group", after: [acts.onboard, acts.join], act: acts.deleteGroup },
  { name: "decommission", after: [acts.onboard], act: acts.tearDown },
  { name: "pause", after: [acts.onboard, acts.grant], act: acts.pause },
  { name: "resumption", after: [acts.onboard, acts.grant, acts.pause, acts.toPremium, acts.revoke], act: acts.resume },
  { name: "adoption", after: [{ deed: takesTheName }, acts.onboard], act: acts.adopt },
  { name: "repair", after: [acts.onboard, acts.grant, { deed: drifts }], act: acts.checkDrift, hourly: true, generations: "open" },
  { name: "onboarding after a decommission", after: [acts.onboard, acts.tearDown], act: acts.onboard },
];

/** A command as its event brings it: each delivery is the same but for its run. */
export function commandOf(world: World, number: number, over: Partial<Command> = {}): (ports: Ports) => Command {
  const occurredAt = world.now();
  return (ports) => ({
    tenantId: "acme",
    cause: aCause({ causationId: `evt-${number}` }),
    occurredAt,
    key: { id: `signup#evt-${number}`, hash: `body-${number}` },
    eager: world.run(ports),
    ...over,
  });
}

/** Does commands one after the other, each to its end. */
export async function doneAll(world: World, list: Before[]): Promise<void> {
  for (const [index, act] of list.entries()) {
    if (typeof act !== "function") {
      act.deed(world);
      continue;
    }
    const ports = world.ports();
    await act(commandOf(world, index + 1)(ports), ports);
    await world.settle();
    world.pass(1_000);
  }
}
