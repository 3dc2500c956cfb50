import { expiryOf, type Grant, giving, type IdentityMapping, isApplied } from "../domain/access.ts";
import { principalOf } from "../domain/identity-mapping.ts";
import type { OutboxEvent } from "../domain/outbox.ts";
import { phaseOf } from "../domain/phase.ts";
import { namespaceOf, type Tenant, type Timestamp } from "../domain/tenant.ts";

/** A tenant as the API shows it: what it should be, what it is, and how far between. */
export function renderTenant(tenant: Tenant) {
  const { desired, status } = tenant;
  return {
    tenantId: tenant.tenantId,
    name: desired.name,
    tier: desired.tier,
    phase: phaseOf(tenant),
    generation: tenant.generation,
    observedGeneration: status.observedGeneration,
    namespace: namespaceOf(tenant.tenantId),
    cluster: tenant.cluster ?? null,
    isolation: desired.isolation,
    labels: desired.labels,
    requirements: desired.requirements,
    ...(desired.owner !== undefined && { owner: desired.owner }),
    ...(desired.expiresAt !== undefined && { expiresAt: desired.expiresAt }),
    ...(desired.quota !== undefined && { quota: desired.quota }),
    conditions: status.conditions,
    createdAt: tenant.createdAt,
    updatedAt: tenant.updatedAt,
    ...(status.deletedAt !== undefined && { deletedAt: status.deletedAt }),
    ...(status.proof !== undefined && { proof: status.proof }),
  };
}

/** A grant as the API shows it. */
export function renderGrant(grant: Grant, { pendingGrants }: Pick<Tenant, "pendingGrants">, now: Timestamp) {
  const { tenantId, userId, role, granted, sources } = grant;
  const expiresAt = expiryOf(grant, now);
  const principalArn = principalOf(grant, now);
  return {
    tenantId,
    userId,
    role,
    granted,
    applied: isApplied(grant, pendingGrants),
    sources: giving(grant, now).map((name) => ({
      source: name,
      ...(sources[name]?.group !== undefined && { group: sources[name]?.group }),
      at: sources[name]?.at,
      ...(sources[name]?.expiresAt !== undefined && { expiresAt: sources[name]?.expiresAt }),
      ...(sources[name]?.principalArn !== undefined && { principalArn: sources[name]?.principalArn }),
      actor: sources[name]?.cause.actor,
      correlationId: sources[name]?.cause.correlationId,
    })),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(principalArn !== undefined && { principalArn }),
    ...(grant.mapping !== undefined && { mapping: renderMapping(grant.mapping) }),
    createdAt: grant.createdAt,
    updatedAt: grant.updatedAt,
  };
}

/** How far an AWS identity is its person in the cluster. */
const renderMapping = ({ state, cluster, principalArn, username, message }: IdentityMapping) => ({
  state,
  cluster,
  principalArn,
  username,
  ...(message !== undefined && { message }),
});

/** The strong entity tag of a tenant: its generation. */
export const etagOf = (tenant: Pick<Tenant, "generation">): string => `"${tenant.generation}"`;

/** Where a tenant is found. */
export const locationOf = (tenant: Pick<Tenant, "tenantId">): string => `/tenants/${tenant.tenantId}`;

/** A row of the audit trail. */
export function renderEvent({ eventId, type, occurredAt, sequence, detail }: OutboxEvent) {
  const { actor, correlationId, causationId } = detail.metadata;
  return { eventId, type, occurredAt, sequence, actor, correlationId, causationId, data: detail.data };
}
