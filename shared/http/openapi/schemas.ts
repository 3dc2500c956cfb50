/** The answers' schemas: for the document and its tests alone, so no handler imports them. */
import * as z from "zod";
import { clusterAccess } from "../../../events/bodies/cluster.ts";
import { isolation } from "../../../events/bodies/fields.ts";
import { outgoingEvents } from "../../../events/out/registry.ts";
import { type ErrorCode, errorCodes } from "../../domain/errors.ts";
import { quotaSchema } from "../../domain/platform.ts";
import { tenantIdSchema } from "../../domain/tenant-id.ts";
import type { AnswerName } from "../route.ts";

const time = z.iso.datetime({ precision: 3 });
const labels = z.record(z.string(), z.string());

const Condition = z
  .strictObject({
    type: z.string().meta({ examples: ["Ready"] }),
    status: z.enum(["True", "False", "Unknown"]),
    reason: z.string().meta({ description: "CamelCase, for machines." }),
    message: z.string().meta({ description: "For people: which step stands still, and why." }),
    lastTransitionTime: time,
    observedGeneration: z.int(),
  })
  .meta({ id: "Condition", description: "A condition in the Kubernetes sense." });

const Tenant = z
  .strictObject({
    tenantId: tenantIdSchema,
    name: z.string(),
    tier: z.string(),
    phase: z.enum(["Provisioning", "Ready", "Updating", "Suspended", "Hibernated", "Waking", "Deleting", "Deleted", "Failed", "Blocked"]),
    generation: z.int().meta({ description: "Grows with every change of what is asked for; the entity tag." }),
    observedGeneration: z.int().meta({ description: "The generation that the cluster was last made to match." }),
    namespace: z.string(),
    cluster: z.string().nullable().meta({ description: "`null` until placed." }),
    isolation,
    labels,
    requirements: labels.meta({ description: "Labels that the tenant's cluster must carry." }),
    owner: z.string().optional(),
    expiresAt: time.optional(),
    quota: quotaSchema.partial().optional().meta({ description: "Where the tenant differs from its tier." }),
    conditions: z.array(Condition),
    createdAt: time,
    updatedAt: time,
    deletedAt: time.optional(),
    proof: outgoingEvents.TenantDecommissioned.schema.shape.data.shape.proof
      .optional()
      .meta({ description: "What the decommission proved." }),
  })
  .meta({ id: "Tenant" });

const Event = z
  .strictObject({
    eventId: z.string(),
    type: z.string(),
    occurredAt: time,
    sequence: z.int(),
    actor: z.string(),
    correlationId: z.string(),
    causationId: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Event", description: "A row of the audit trail: an event as it was published." });

const Cluster = z
  .strictObject({
    name: z.string(),
    state: z.enum(["Active", "Cordoned", "Removing"]).meta({
      description: "Only an Active cluster takes new tenants. Removing: `DELETE` has begun; cordon, uncordon or `PUT` takes it back.",
    }),
    paused: z.boolean().meta({ description: "Nothing is applied there." }),
    region: z.string(),
    eksClusterName: z.string(),
    endpoint: z.url(),
    certificateAuthority: z.string().meta({ description: "PEM bundle in base64." }),
    roleArn: z.string(),
    labels,
    capacity: z.int(),
    capabilities: z.strictObject({ networkPolicy: z.boolean(), serviceMonitor: z.boolean() }),
    access: clusterAccess.optional().meta({ description: "Absent while nobody said how people reach the cluster." }),
    check: z
      .strictObject({
        state: z.enum(["Waiting", "Running"]),
        dueAt: time.optional().meta({ description: "When the next one begins, where none is under way." }),
        startedAt: time.optional(),
        requestedAt: time
          .optional()
          .meta({ description: "When one was asked for that has not begun. Its result is a `lastCheck` with a later `startedAt`." }),
        reason: z.string().optional().meta({ description: "Why it does not come forward; it is tried again." }),
      })
      .meta({ description: "The drift check that is under way, or the next." }),
    lastCheck: z
      .strictObject({
        startedAt: time,
        finishedAt: time,
        outcome: z.enum(["Complete", "Incomplete", "Failed"]).meta({
          description: "Incomplete: something of it failed, or there was more than one check takes up; another follows.",
        }),
        reason: z.string().optional(),
        tenants: z.int().meta({ description: "Compared with their records." }),
        findings: z.int().meta({ description: "Tenants that others changed: they are put right, and their events say what." }),
        underWay: z.int().meta({ description: "Tenants left alone, as they were being worked on, failed or paused." }),
        orphans: z.int().meta({ description: "Namespaces of this installation without a live tenant." }),
        removed: z.int().meta({ description: "Those of them that were deleted." }),
        failed: z.int().meta({ description: "Namespaces that could not be checked." }),
        failures: z.array(z.strictObject({ namespace: z.string(), reason: z.string() })).meta({ description: "The first ten of them." }),
      })
      .optional()
      .meta({ description: "The drift check that ended last." }),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: "Cluster" });

const Mapping = z
  .strictObject({
    state: z.enum(["Pending", "Mapped", "Removing", "Refused"]),
    cluster: z.string(),
    principalArn: z.string(),
    username: z.string().meta({ description: "The person's name in the cluster: its prefix and the user id." }),
    message: z.string().optional().meta({ description: "Why it is not as it should be." }),
  })
  .meta({ id: "IdentityMapping", description: "How far the EKS access entry stands by which the AWS identity is this person." });

const Grant = z
  .strictObject({
    tenantId: tenantIdSchema,
    userId: z.string(),
    role: z.string(),
    granted: z.boolean().meta({ description: "False where it is being taken back." }),
    applied: z.boolean().meta({ description: "Whether the cluster has it so." }),
    sources: z.array(
      z.strictObject({
        source: z.string().meta({ description: "`direct`, or `<provider>:<group id>`." }),
        group: z.string().optional().meta({ description: "The provider's group, by its name." }),
        at: time,
        expiresAt: time.optional(),
        principalArn: z.string().optional(),
        actor: z.string(),
        correlationId: z.string(),
      }),
    ),
    expiresAt: time.optional().meta({ description: "When it ends by itself." }),
    principalArn: z.string().optional().meta({ description: "The AWS identity that is this person." }),
    mapping: Mapping.optional(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: "Grant", description: "One person's access to a tenant in one role; it stands while one of its sources gives it." });

const Kubeconfig = z
  .strictObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("Config"),
    "current-context": z.string(),
    clusters: z.array(
      z.strictObject({ name: z.string(), cluster: z.strictObject({ server: z.url(), "certificate-authority-data": z.string() }) }),
    ),
    contexts: z.array(
      z.strictObject({ name: z.string(), context: z.strictObject({ cluster: z.string(), user: z.string(), namespace: z.string() }) }),
    ),
    users: z.array(
      z.strictObject({
        name: z.string(),
        user: z.strictObject({
          exec: z.strictObject({
            apiVersion: z.string(),
            command: z.string(),
            args: z.array(z.string()),
            env: z.null(),
            interactiveMode: z.literal("IfAvailable"),
            provideClusterInfo: z.boolean(),
            installHint: z.string(),
          }),
        }),
      }),
    ),
  })
  .meta({ id: "Kubeconfig", description: "A kubeconfig without credentials: its user signs in by an exec plugin." });

const Plan = z
  .strictObject({
    cluster: z.string(),
    namespace: z.string(),
    objects: z.array(
      z.strictObject({
        object: z.string().meta({ description: "`kind/name`." }),
        action: z.enum(["none", "create", "change", "refused"]),
        fields: z.array(z.string()).meta({ description: "Paths that would change." }),
        reason: z.string().optional(),
      }),
    ),
  })
  .meta({ id: "Plan", description: "What would change, by dry runs; nothing did." });

const nextCursor = z.string().optional().meta({ description: "For `cursor`; absent on the last page." });

const Verification = z.object({ verification: z.string() }).meta({ id: "Verification", description: "Okta's challenge, as it came." });

const Scim = z
  .looseObject({ schemas: z.array(z.string()), id: z.string().optional() })
  .meta({ id: "Scim", description: "A resource of SCIM 2.0 (RFC 7643)." });

export const scimError = z
  .object({ schemas: z.array(z.string()), status: z.string(), scimType: z.string().optional(), detail: z.string() })
  .meta({ id: "ScimError", description: "An error of SCIM 2.0 (RFC 7644, 3.12)." });

export const gatewayError = z
  .object({ message: z.string() })
  .meta({ id: "GatewayError", description: "What API Gateway answers before a function was asked, or instead of it." });

export const answers: Record<AnswerName, z.ZodType> = {
  Tenant,
  TenantOrPlan: z.union([Tenant, Plan]).meta({ id: "TenantOrPlan" }),
  TenantList: z.strictObject({ items: z.array(Tenant), nextCursor }).meta({ id: "TenantList" }),
  EventList: z.strictObject({ items: z.array(Event), nextCursor }).meta({ id: "EventList" }),
  Grant,
  GrantList: z.strictObject({ items: z.array(Grant), nextCursor }).meta({ id: "GrantList" }),
  Cluster,
  ClusterList: z.strictObject({ items: z.array(Cluster), nextCursor }).meta({ id: "ClusterList" }),
  Revisions: z
    .strictObject({
      revision: z.string().meta({ description: "Of the deployed configuration, the generators and the clusters." }),
      status: z.enum(["pending", "running", "stopped", "done"]).meta({ description: "`pending`: the wave begins within a minute." }),
      reason: z.string().optional().meta({ description: "Why it is stopped." }),
      startedAt: time.optional(),
      updatedAt: time.optional(),
      tenants: z.strictObject({
        current: z.int(),
        waiting: z.int().meta({ description: "To be made due by the wave." }),
        underWay: z.int(),
        failed: z.int().meta({ description: "Not at the revision, and retried by themselves or blocked." }),
        paused: z.int().meta({ description: "They, or their cluster." }),
        asked: z.int().meta({ description: "Made due by this wave." }),
        askedFailed: z.int().meta({ description: "Of those, failed now." }),
      }),
      tenantsPerMinute: z.int(),
      failureShare: z.number(),
    })
    .meta({ id: "Revisions" }),
  Kubeconfig,
  Verification,
  Scim,
  ScimList: z
    .object({
      schemas: z.array(z.string()),
      totalResults: z.int(),
      startIndex: z.int(),
      itemsPerPage: z.int(),
      Resources: z.array(Scim),
    })
    .meta({ id: "ScimList", description: "A page of what was found (RFC 7644, 3.4.2)." }),
  Health: z.strictObject({ status: z.literal("ok") }).meta({ id: "Health" }),
  OpenApi: z.record(z.string(), z.unknown()).meta({ id: "OpenApi", description: "An OpenAPI 3.1 document." }),
};
export const eventRow = Event;

export const problem = z
  .strictObject({
    type: z.url(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
    traceId: z.string(),
    errors: z
      .array(
        z.strictObject({
          in: z.enum(["path", "query", "header"]).optional().meta({ description: "The body where absent." }),
          pointer: z.string().meta({ description: "JSON Pointer (RFC 6901)." }),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: "Problem", description: "An RFC 9457 problem." });
