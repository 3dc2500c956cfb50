/** The fields that bodies and events share. All limits of the public contract stand here. */
import * as z from "zod";
import { PRINCIPAL_ARN } from "../../shared/domain/identity-config.ts";
import { quotaSchema } from "../../shared/domain/platform.ts";
import { isWellFormed, noControls } from "../../shared/domain/text.ts";

/** Text for people on one line: no control characters, no lone surrogates, not blank. */
const line = (longest: number) =>
  z.string().min(1).max(longest).regex(noControls, "one line of text").refine(isWellFormed, "no lone surrogates").regex(/\S/, "not blank");

export const name = line(200).meta({ description: "The tenant's name, for people." });
export const owner = line(256).meta({ description: "Who answers for the tenant: an email address, a team, an id of yours." });
export const tier = z
  .string()
  .min(1)
  .max(63)
  .meta({ description: "A tier of the platform's configuration.", examples: ["basic"] });
export const isolation = z.enum(["namespace", "cluster", "hybrid"]);

/** An RFC 3339 time with any offset; comes out as UTC with milliseconds, so that times sort as text. */
export const timestamp = z.iso
  .datetime({ offset: true, error: "an RFC 3339 time such as 2030-01-31T12:00:00Z" })
  .max(40)
  .refine((text) => /^\d{4}-/.test(normalised(text)), { error: "a time between the years 0000 and 9999" })
  .transform(normalised);

function normalised(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? "" : time.toISOString();
}

const labelName = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
const dnsLabel = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
const labelKey = `((?=[^/]{1,253}/)${dnsLabel}(\\.${dnsLabel})*/)?${labelName}`;

/** Prefixes and names that the platform and Kubernetes keep for themselves: a tenant's label may not pose as one. */
const ownKeys = "(?!([^/]*\\.)?(kubernetes\\.io|k8s\\.io|tenantry\\.dev)/)(?!(tenant-id|created-by)$)";

export const labelValue = z.string().regex(new RegExp(`^(${labelName})?$`), "a Kubernetes label value");
/** The key of a tenant's own label. */
export const tenantLabelKey = z
  .string()
  .regex(new RegExp(`^${ownKeys}${labelKey}$`), "a Kubernetes label key, other than the platform's and Kubernetes' own");
/** The key of a cluster's label, which may be one of Kubernetes' own (`topology.kubernetes.io/region`). */
export const clusterLabelKey = z.string().regex(new RegExp(`^${labelKey}$`), "a Kubernetes label key");

/** Entries that a map may have, also after a patch was merged into it. */
export const mostEntries = 32;
/** A map of at most `mostEntries` entries. */
export function labelMap<K extends z.ZodString, V extends z.ZodType>(key: K, value: V) {
  return z
    .record(key, value)
    .refine((map) => Object.keys(map).length <= mostEntries, { error: `at most ${mostEntries} entries` })
    .meta({ maxProperties: mostEntries });
}

export const tenantLabels = labelMap(tenantLabelKey, labelValue).meta({
  description: "Labels for the tenant's namespace.",
  maxProperties: mostEntries,
});
export const requirements = labelMap(clusterLabelKey, labelValue).meta({
  description: "Labels that the tenant's cluster must carry.",
  maxProperties: mostEntries,
});

const resources = quotaSchema.shape;
/** A quota override as a merge patch: a value overrides the tier's, `null` goes back to it. */
export const quotaPatch = z
  .strictObject({
    cpu: resources.cpu.max(32).nullable().optional(),
    memory: resources.memory.max(32).nullable().optional(),
    storage: resources.storage.max(32).nullable().optional(),
    pods: resources.pods.nullable().optional(),
    services: resources.services.nullable().optional(),
    loadBalancers: resources.loadBalancers.nullable().optional(),
    persistentVolumeClaims: resources.persistentVolumeClaims.nullable().optional(),
    secrets: resources.secrets.nullable().optional(),
    configMaps: resources.configMaps.nullable().optional(),
    deployments: resources.deployments.nullable().optional(),
    statefulSets: resources.statefulSets.nullable().optional(),
    jobs: resources.jobs.nullable().optional(),
    cronJobs: resources.cronJobs.nullable().optional(),
    ingresses: resources.ingresses.nullable().optional(),
    horizontalPodAutoscalers: resources.horizontalPodAutoscalers.nullable().optional(),
  })
  .meta({ description: "What the tenant may use in all, where it differs from its tier; `null` goes back to the tier's value." });
export type QuotaPatch = z.infer<typeof quotaPatch>;

/** A person, as the clusters' authenticator names them: never a name that Kubernetes keeps for itself. */
export const userId = z
  .string()
  .min(1)
  .max(256)
  .regex(noControls, "one line of text")
  .refine(isWellFormed, "no lone surrogates")
  .refine((id) => !id.startsWith("system:"), "not a name that begins with system:, which Kubernetes keeps for itself")
  .meta({ description: "The person, as the cluster's authenticator names them, without its prefix.", examples: ["anna@example.com"] });
/** The AWS identity that is a person: an IAM user, or the role that this person alone assumes. */
export const principalArn = z
  .string()
  .regex(PRINCIPAL_ARN, "the ARN of an IAM user or role")
  .meta({
    description: "The IAM user, or the role, that is this person; on a cluster of mode `iam` it gets an EKS access entry.",
    examples: ["arn:aws:iam::111122223333:role/anna"],
  });
export const role = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "1 to 63 characters a-z, 0-9 and -, beginning and ending with a letter or digit")
  .meta({ description: "A ClusterRole of the configuration's allow-list.", examples: ["tenant-viewer"] });

/** A registered cluster's name: a DNS-1123 label. */
export const clusterName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "1 to 63 characters a-z, 0-9 and -, beginning and ending with a letter or digit")
  .meta({ description: "The cluster's name in the registry.", examples: ["eu-1"] });
