import * as z from "zod";
import { grantRoleName, grantRoleNames, ownRole, SHIPPED_ROLES, undefinedRoles } from "./grant-roles.ts";
import { identitySchema, mappingMistake } from "./identity-config.ts";
import { exceeding } from "./quota.ts";

/** A Kubernetes quantity as a string. No finer than the API server keeps it, so that what is asked for is what stands. */
const quantityOf = (pattern: RegExp, error: string) => z.string().regex(pattern, { error, abort: true });
const cores = quantityOf(/^\d{1,9}(\.\d{1,3}|m)?$/, "CPUs as a Kubernetes quantity such as 2, 1.5 or 500m");
const bytes = quantityOf(/^\d{1,15}(k|M|G|T|Ki|Mi|Gi|Ti)?$/, "bytes as a Kubernetes quantity such as 4Gi or 500M");
const count = z.int().min(0);
const labels = z.record(z.string(), z.string());
/** Labels that choose something: with none of them, a selector would choose everything. */
const selectorLabels = labels.refine((chosen) => Object.keys(chosen).length > 0, "at least one label: none would select everything");
const cidr = z.union([z.cidrv4(), z.cidrv6()]);

/** What a tenant may use in all. Each resource is optional in an override and present in a tier. */
export const quotaSchema = z.strictObject({
  cpu: cores,
  memory: bytes,
  storage: bytes,
  pods: count,
  services: count,
  loadBalancers: count,
  persistentVolumeClaims: count,
  secrets: count,
  configMaps: count,
  deployments: count,
  statefulSets: count,
  jobs: count,
  cronJobs: count,
  ingresses: count,
  horizontalPodAutoscalers: count,
});
export type Quota = z.infer<typeof quotaSchema>;
export type QuotaOverride = { [K in keyof Quota]?: Quota[K] | undefined };

const container = z.strictObject({ cpu: cores, memory: bytes });

export const tierSchema = z
  .strictObject({
    /** What a tenant of the tier gets. */
    quota: quotaSchema,
    /** What `PATCH quota` may raise it to, resource by resource. */
    ceiling: quotaSchema,
    limits: z.strictObject({
      /** Container limit where a pod names none. */
      default: container,
      /** Container request where a pod names none. */
      defaultRequest: container,
      /** The most that one container may ask. */
      max: container,
    }),
    podSecurity: z.enum(["restricted", "baseline", "privileged"]).default("restricted"),
    /** Placement: a cluster must carry all of these labels. */
    clusterLabels: labels.default({}),
    /** Value of the PriorityClass `tenant-<tier>`: where nodes are short, pods of a higher one are scheduled first. */
    priority: z.int().min(0).max(1_000_000).default(0),
  })
  .check((tier) => {
    const { quota, ceiling, limits } = tier.value;
    const bounded = (path: string[], values: object, bounds: object, name: string): void => {
      for (const { resource, value, bound } of exceeding(values, bounds)) {
        tier.issues.push({ code: "custom", input: value, path: [...path, resource], message: `${value} is more than ${name}, ${bound}` });
      }
    };
    bounded(["quota"], quota, ceiling, "the ceiling");
    bounded(["limits", "max"], limits.max, { cpu: quota.cpu, memory: quota.memory }, "the quota");
    bounded(["limits", "default"], limits.default, limits.max, "one container's maximum");
    bounded(["limits", "defaultRequest"], limits.defaultRequest, limits.default, "the default limit");
  });
export type Tier = z.infer<typeof tierSchema>;

/** The whole of what an operator edits (`config/tenantry.ts`). */
export const platformSchema = z
  .strictObject({
    tiers: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,30}$/), tierSchema),
    defaultIsolation: z.enum(["namespace", "cluster", "hybrid"]).default("namespace"),
    /** Tenant ids that nobody may take, besides `kube-*` and `default`. */
    reservedTenantIds: z.array(z.string()).default([]),
    network: z.strictObject({
      /** Namespaces (by their labels) that may reach every tenant: monitoring, ingress controllers. */
      ingressFrom: z.array(z.strictObject({ namespaceLabels: selectorLabels })).default([]),
      /** Ranges that tenants may not reach: the VPC, peered networks, the service range. */
      privateRanges: z.array(cidr).default([]),
      /** The instance metadata addresses. */
      metadataAddresses: z.array(cidr).default(["169.254.169.254/32", "fd00:ec2::254/128"]),
      /** The cluster's DNS: its pods, and the addresses of a node-local cache where there is one (`169.254.20.10/32`). */
      dns: z.strictObject({ namespaceLabels: selectorLabels, podLabels: selectorLabels, addresses: z.array(cidr).default([]) }),
    }),
    monitoring: z.strictObject({ release: z.string(), port: z.string(), path: z.string(), interval: z.string() }),
    /** ClusterRoles that grants may name: those that are shipped, and those of `ownRoles`. */
    grantRoles: grantRoleNames,
    /** An operator's own ClusterRoles for grants, by name; `bootstrap.yaml` brings them. */
    ownRoles: z.record(grantRoleName, ownRole).default({}),
    /** Who may do what follows the identity providers: their people and groups, and what a group's membership gives. */
    identity: identitySchema,
    cluster: z.strictObject({
      /** Reconciles at once in one cluster, over all functions. */
      concurrency: z.int().min(1).default(32),
      /** Namespaces that one cluster deletes at once. */
      deletions: z.int().min(1).default(20),
      /** Requests a second that one process sends to one cluster. */
      qps: z.number().positive().default(200),
      burst: z.int().min(1).default(400),
      /** Connections that one process keeps to one cluster. */
      connections: z.int().min(1).default(16),
      /** Deadline of one request, milliseconds. */
      requestTimeoutMs: z.int().min(100).default(5_000),
    }),
    retry: z.strictObject({
      /** First and longest pause between tries of a failing reconcile, milliseconds. */
      baseMs: z.int().min(1).default(2_000),
      capMs: z.int().min(1).default(300_000),
      /** Age of a failure that makes it Blocked: a person has to look, milliseconds. */
      blockedAfterMs: z.int().min(1).default(86_400_000),
      /** Longest pause after which a blocked tenant is looked at again, milliseconds. */
      blockedMs: z.int().min(1).default(3_600_000),
      /** First pause while no cluster fits, milliseconds. */
      placementMs: z.int().min(1).default(30_000),
      /** How long a tenant may wait for something outside (a namespace that goes, a cluster that fits) before that is a failure, milliseconds. */
      waitMs: z.int().min(1).default(600_000),
    }),
    drift: z
      .strictObject({
        /** Whether NetworkPolicies and RoleBindings of others in tenants' namespaces are removed; else they are only told of. */
        removeForeign: z.boolean().default(false),
        /** Namespaces of ours without any record that one check may delete; where it finds more, it deletes none. */
        removeUnknownAtMost: z.int().min(0).max(500).default(10),
      })
      .default({ removeForeign: false, removeUnknownAtMost: 10 }),
    /** How an edited config or a changed generator reaches the tenants that are there. */
    revisions: z
      .strictObject({
        /** Whether a wave begins by itself; else it waits for `POST /revisions/resume`. */
        automatic: z.boolean().default(true),
        /** Tenants made due in a minute. */
        tenantsPerMinute: z.int().min(1).max(2_000).default(200),
        /** Share of those made due that may fail (0 to 1): more stop the wave. */
        failureShare: z.number().min(0).max(1).default(0.05),
      })
      .prefault({}),
    /** How long before a tenant's `expiresAt` `TenantExpiring` is said, milliseconds. */
    expiryNoticeMs: z.int().min(0).default(259_200_000),
    /** Days that dedupe items outlive what may be replayed; that events stay as audit trail; that a tombstone stays, at least (and a week longer than the audit trail). */
    retentionDays: z.strictObject({
      dedupe: z.int().min(1).default(30),
      tombstone: z.int().min(1).default(30),
      audit: z.int().min(1).default(400),
    }),
  })
  .check(({ value: { identity, grantRoles, ownRoles }, issues }) => {
    for (const role of undefinedRoles(grantRoles, ownRoles))
      issues.push({ code: "custom", input: role, path: ["grantRoles"], message: `ownRoles does not say what "${role}" may do` });
    for (const role of Object.keys(ownRoles).filter((name) => SHIPPED_ROLES.includes(name)))
      issues.push({ code: "custom", input: role, path: ["ownRoles", role], message: "this role is shipped: take another name" });
    for (const [index, mapping] of identity.roleMapping.entries()) {
      const mistake = mappingMistake(mapping, identity.providers, grantRoles);
      if (mistake !== undefined)
        issues.push({ code: "custom", input: mapping, path: ["identity", "roleMapping", index], message: mistake });
    }
  });

export type Platform = z.infer<typeof platformSchema>;
export type PlatformInput = z.input<typeof platformSchema>;

/** Checks an operator's configuration. Throws with the path of each mistake. */
export function definePlatform(input: PlatformInput): Platform {
  const parsed = platformSchema.safeParse(input);
  if (!parsed.success) throw new Error(`config/tenantry.ts is not valid:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
