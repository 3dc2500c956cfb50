import platform from "../../config/tenantry.ts";
import type { Cluster } from "../../shared/domain/cluster.ts";
import type { DirectoryGroup, DirectoryUser } from "../../shared/domain/identity.ts";
import type { Cause, Desired, Tenant } from "../../shared/domain/tenant.ts";

export const aCause = (over: Partial<Cause> = {}): Cause => ({ actor: "signup", correlationId: "corr-1", causationId: "evt-1", ...over });

export const aDesired = (over: Partial<Desired> = {}): Desired => ({
  state: "Active",
  name: "Acme Inc.",
  tier: "basic",
  isolation: "namespace",
  labels: {},
  requirements: {},
  ...over,
});

/** A tenant as the onboarding's intent leaves it. */
export const aTenant = (over: Partial<Tenant> = {}): Tenant => ({
  tenantId: "acme",
  desired: aDesired(),
  desiredAt: { state: "2030-01-01T00:00:00.000Z" },
  onboardedAs: "hash",
  cause: aCause(),
  generation: 1,
  sequence: 0,
  status: { observedGeneration: 0, conditions: [], applied: {} },
  announcements: [],
  timers: {},
  createdAt: "2030-01-01T00:00:00.000Z",
  updatedAt: "2030-01-01T00:00:00.000Z",
  ...over,
});

export const aCluster = (over: Partial<Cluster> = {}): Cluster => ({
  name: "local",
  version: 1,
  endpoint: "https://127.0.0.1:6443",
  certificateAuthority: "",
  region: "eu-central-1",
  eksClusterName: "local",
  roleArn: "arn:aws:iam::000000000000:role/tenantry-cluster-local",
  labels: {},
  capacity: 100,
  state: "Active",
  capabilities: { networkPolicy: false, serviceMonitor: true },
  createdAt: "2030-01-01T00:00:00.000Z",
  updatedAt: "2030-01-01T00:00:00.000Z",
  ...over,
});

const written = {
  version: 1,
  at: "2030-01-01T00:00:00.000Z",
  createdAt: "2030-01-01T00:00:00.000Z",
  updatedAt: "2030-01-01T00:00:00.000Z",
};

export const aDirectoryUser = (over: Partial<DirectoryUser> = {}): DirectoryUser => ({
  provider: "entra",
  id: "u1",
  userName: "alice@example.com",
  active: true,
  ...written,
  ...over,
});

export const aDirectoryGroup = (over: Partial<DirectoryGroup> = {}): DirectoryGroup => ({
  provider: "entra",
  id: "g1",
  displayName: "tenant:acme:viewer",
  mapped: [],
  mappedAt: written.at,
  ...written,
  ...over,
});

export { platform };
