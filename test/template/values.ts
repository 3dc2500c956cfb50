import type { Template } from "./package.ts";

/** Where the template is taken to be deployed: what its pseudo parameters say there. */
const pseudo: Record<string, string> = {
  "AWS::Partition": "aws",
  "AWS::Region": "eu-central-1",
  "AWS::AccountId": "111122223333",
  "AWS::StackName": "tenantry-prod",
  "AWS::URLSuffix": "amazonaws.com",
};
const here = `${pseudo["AWS::Region"]}:${pseudo["AWS::AccountId"]}`;

/** What `Fn::GetAtt` of a resource's ARN answers, `*` in place of names that AWS chooses. */
const arns: Record<string, (name: string) => string> = {
  "AWS::DynamoDB::Table Arn": (name) => `arn:aws:dynamodb:${here}:table/${name}`,
  "AWS::DynamoDB::Table StreamArn": (name) => `arn:aws:dynamodb:${here}:table/${name}/stream/*`,
  "AWS::SQS::Queue Arn": (name) => `arn:aws:sqs:${here}:${name}`,
  "AWS::Events::EventBus Arn": (name) => `arn:aws:events:${here}:event-bus/${name}`,
  "AWS::Events::Rule Arn": (name) => `arn:aws:events:${here}:rule/tenantry/${name}`,
  "AWS::Lambda::Function Arn": (name) => `arn:aws:lambda:${here}:function:${name}`,
  "AWS::IAM::Role Arn": (name) => `arn:aws:iam::${pseudo["AWS::AccountId"]}:role/${name}`,
};

/** @throws Error for a reference that it does not know: guessed ARNs would prove nothing. */
export function resolve({ Resources }: Pick<Template, "Resources">, value: unknown): string {
  const attribute = (logicalId: string, name: string): string => {
    const arn = arns[`${Resources[logicalId]?.Type} ${name}`];
    if (!arn) throw new Error(`values.ts does not know ${name} of ${logicalId} (${Resources[logicalId]?.Type})`);
    return arn(logicalId);
  };
  const reference = (name: string): string => {
    const [logicalId = "", attributeName] = name.split(/\.(.*)/s);
    return pseudo[name] ?? (attributeName === undefined ? logicalId : attribute(logicalId, attributeName));
  };
  if (typeof value === "string") return value;
  const [[kind, of] = []] = Object.entries(value as Record<string, unknown>);
  if (kind === "Fn::Sub") return String(of).replace(/\$\{([^}!]+)\}/g, (_all, name: string) => reference(name));
  if (kind === "Fn::GetAtt") return attribute(...(of as [string, string]));
  if (kind === "Ref") return reference(String(of));
  if (kind === "Fn::Join") {
    const [between, parts] = of as [string, unknown[]];
    return parts.map((part) => resolve({ Resources }, part)).join(between);
  }
  throw new Error(`values.ts does not know ${JSON.stringify(value)}`);
}

/** Whether some text fits both patterns, `*` standing for any text. */
export function overlap(one: string, other: string): boolean {
  if (one.startsWith("*")) return overlap(one.slice(1), other) || (other !== "" && overlap(one, other.slice(1)));
  if (other.startsWith("*")) return overlap(other, one);
  if (one === "" || other === "") return one === other;
  return one[0] === other[0] && overlap(one.slice(1), other.slice(1));
}
