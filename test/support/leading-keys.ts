import type { Table } from "../../shared/adapters/dynamodb/table.ts";

/** The partition keys of all that a call of DynamoDB names on the table itself. */
function partitionKeys(input: unknown): string[] {
  if (input === null || typeof input !== "object") return [];
  if ("IndexName" in input) return [];
  return Object.entries(input).flatMap(([name, value]) => {
    const text = (value as { S?: string } | null)?.S;
    if (typeof text === "string") return name === "pk" || name === ":pk" ? [text] : [];
    return partitionKeys(value);
  });
}

/**
 * The same table, seen as by a role whose condition `dynamodb:LeadingKeys` allows the items of one prefix: the embedded IAM does
 * not know this condition. A call that names another item, or none, fails.
 */
export function withLeadingKeys(table: Table, prefix: string): Table {
  const send = async (command: { input: Record<string, unknown> }, ...rest: never[]): Promise<unknown> => {
    const keys = partitionKeys(command.input);
    const denied = keys.filter((key) => !key.startsWith(prefix));
    if (denied.length > 0 || (keys.length === 0 && !("IndexName" in command.input)))
      throw new Error(`not authorised: ${denied.join(", ") || "no key"} is not below ${prefix}`);
    return await (table.client.send as (...args: unknown[]) => Promise<unknown>)(command, ...rest);
  };
  return { ...table, client: Object.assign(Object.create(table.client), { send }) };
}
