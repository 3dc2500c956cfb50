import { expect, test } from "@jest/globals";
import { listOf, type Statement } from "./authorisation.ts";
import { type Template, template } from "./package.ts";
import { resolve } from "./values.ts";
import { variantNames } from "./variants.ts";

interface Properties {
  FunctionName: string;
  Role: unknown;
  RecursiveLoop?: string;
  EventSourceArn: unknown;
  Policies: { PolicyDocument: { Statement: Statement[] } }[];
}

/** The functions that can bring a message to the queue that they read, themselves or by others. */
function looping(made: Template): string[] {
  const properties = (id: string) => made.Resources[id]?.Properties as unknown as Properties;
  const idOf = (value: unknown): string => resolve(made, value).replace(/^.*[:/]/, "");
  const ids = (type: string) => Object.keys(made.Resources).filter((id) => made.Resources[id]?.Type === type);
  const readers = ids("AWS::Lambda::EventSourceMapping").map((id) => ({
    queue: resolve(made, properties(id).EventSourceArn),
    reader: idOf(properties(id).FunctionName),
  }));
  const next = (id: string): string[] => {
    const statements = properties(idOf(properties(id).Role)).Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    const sends = statements.filter(({ Action }) => listOf(Action).includes("sqs:SendMessage"));
    const queues = sends.flatMap(({ Resource }) => listOf(Resource).map((queue) => resolve(made, queue)));
    return readers.filter(({ queue }) => queues.includes(queue)).map(({ reader }) => reader);
  };
  return ids("AWS::Lambda::Function").filter((start) => {
    const reached = new Set<string>();
    const visit = (id: string): void => {
      if (reached.has(id)) return;
      reached.add(id);
      next(id).forEach(visit);
    };
    next(start).forEach(visit);
    return reached.has(start);
  });
}

test.each(variantNames)(
  "in the template of the variant %s Lambda's recursion detection, which ends a loop after 16 rounds, is off for exactly the functions that write to the queue they read",
  async (variant) => {
    const made = await template(variant);
    const allowed = Object.keys(made.Resources).filter((id) => made.Resources[id]?.Properties?.["RecursiveLoop"] === "Allow");
    expect(allowed.sort()).toEqual(looping(made).sort());
    expect(allowed).toEqual(expect.arrayContaining(["ReconcileLambdaFunction", "DriftLambdaFunction", "AccessLambdaFunction"]));
  },
);
