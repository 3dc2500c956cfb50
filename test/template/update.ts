import type { Resource, Template } from "./package.ts";
import { createOnlyProperties } from "./schemas.ts";

/** What an update must know of a resource: its type, and the properties that cannot be changed in place, null where not given. */
export interface ReleasedResource {
  type: string;
  fixed: Record<string, unknown>;
}
export type ReleasedTemplate = Record<string, ReleasedResource>;

/** They hold data, or an address or id that others keep: an update never loses or replaces one. */
const STATEFUL = new Set([
  "AWS::ApiGatewayV2::Api",
  "AWS::Cognito::UserPool",
  "AWS::Cognito::UserPoolClient",
  "AWS::Cognito::UserPoolDomain",
  "AWS::Cognito::UserPoolResourceServer",
  "AWS::DynamoDB::Table",
  "AWS::Events::EventBus",
  "AWS::S3::Bucket",
  "AWS::SQS::Queue",
]);

/** What AWS refuses to change in place although the schemas do not say so. */
const NEVER_UPDATED: Record<string, string[]> = {
  "AWS::Cognito::UserPool": ["AliasAttributes", "Schema", "UsernameAttributes", "UsernameConfiguration"],
  "AWS::DynamoDB::Table": ["GlobalSecondaryIndexes"],
};

/** What is unique in an account or an API. CloudFormation makes the new resource before it deletes the old one of the same name. */
const UNIQUE: Record<string, string[]> = {
  "AWS::ApiGatewayV2::Route": ["RouteKey"],
  "AWS::DynamoDB::Table": ["TableName"],
  "AWS::Events::EventBus": ["Name"],
  "AWS::Events::Rule": ["EventBusName", "Name"],
  "AWS::IAM::Role": ["RoleName"],
  "AWS::Lambda::EventSourceMapping": ["FunctionName", "EventSourceArn"],
  "AWS::Lambda::Function": ["FunctionName"],
  "AWS::Logs::LogGroup": ["LogGroupName"],
  "AWS::SQS::Queue": ["QueueName"],
};

/** What a later template is compared with. */
export async function released({ Resources }: Template): Promise<ReleasedTemplate> {
  const kept = Object.entries(Resources).filter(([, { Type }]) => STATEFUL.has(Type) || UNIQUE[Type]);
  const createOnly = await createOnlyProperties([...new Set(kept.map(([, { Type }]) => Type))]);
  const fixed = ({ Type, Properties = {} }: Resource): Record<string, unknown> => {
    const keys = new Set([...(createOnly[Type] ?? []), ...(NEVER_UPDATED[Type] ?? []), ...(UNIQUE[Type] ?? [])]);
    return Object.fromEntries([...keys].sort().map((key) => [key, Properties[key] ?? null]));
  };
  const entries = kept.map(([id, resource]): [string, ReleasedResource] => [id, { type: resource.Type, fixed: fixed(resource) }]);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

interface Index {
  IndexName: string;
}
const indexes = ({ fixed }: ReleasedResource): Index[] => (fixed["GlobalSecondaryIndexes"] ?? []) as Index[];

/** DynamoDB makes or deletes one index an update, and changes none (ADR 7). */
function indexProblems(id: string, before: ReleasedResource, after: ReleasedResource): string[] {
  const [old, now] = [indexes(before), indexes(after)];
  const changed = old.filter(
    (index) => now.some(({ IndexName }) => IndexName === index.IndexName) && !now.some((other) => same(index, other)),
  );
  const names = new Set([...old, ...now].map(({ IndexName }) => IndexName));
  const moved = [...names].filter(
    (name) => old.some(({ IndexName }) => IndexName === name) !== now.some(({ IndexName }) => IndexName === name),
  );
  return [
    ...changed.map(({ IndexName }) => `${id}: index ${IndexName} changes, which DynamoDB refuses: make another one`),
    ...(moved.length > 1 ? [`${id}: indexes ${moved.join(", ")} come or go, and one update may change one`] : []),
  ];
}

const uniqueName = ({ type, fixed }: ReleasedResource): string | undefined => {
  const names = UNIQUE[type]?.map((key) => fixed[key]);
  return names?.every((name) => name !== null) ? `${type} ${JSON.stringify(names)}` : undefined;
};

/** Why the later template does not deploy as an update of the earlier one, or would lose something by it. Empty: it does. */
export function updateProblems(before: ReleasedTemplate, after: ReleasedTemplate): string[] {
  const problems: string[] = [];
  for (const [id, old] of Object.entries(before)) {
    const now = after[id];
    if (!now || now.type !== old.type) {
      if (STATEFUL.has(old.type)) problems.push(`${id} (${old.type}) is lost`);
      const name = uniqueName(old);
      const heir = name && Object.entries(after).find(([other, resource]) => other !== id && uniqueName(resource) === name);
      if (heir) problems.push(`${id} (${old.type}) goes to ${heir[0]} under the name that it still has`);
      continue;
    }
    const indexesApart = (key: string): boolean => key !== "GlobalSecondaryIndexes";
    const replacing = Object.keys(old.fixed).filter(
      (key) => indexesApart(key) && key in now.fixed && !same(old.fixed[key], now.fixed[key]),
    );
    if (replacing.length > 0 && STATEFUL.has(old.type))
      problems.push(`${id} (${old.type}) cannot be updated in place: ${replacing.join(", ")}`);
    else if (replacing.length > 0 && uniqueName(old) !== undefined && uniqueName(old) === uniqueName(now)) {
      problems.push(`${id} (${old.type}) is replaced under the name that it still has: ${replacing.join(", ")}`);
    }
    problems.push(...indexProblems(id, old, now));
  }
  return problems;
}
