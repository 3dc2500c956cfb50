import * as z from "zod";
import { EVENT_VERSION } from "../shared/domain/outbox.ts";
import { incomingEvents } from "./in/registry.ts";
import { SBT_ANSWER_SOURCE, SBT_REQUEST_SOURCE } from "../shared/domain/sbt.ts";
import { outgoingEvents, outgoingSource } from "./out/registry.ts";
import { sbtRequests } from "./sbt/in.ts";
import { sbtAnswerEvents } from "./sbt/out.ts";

interface Contract {
  schema: z.ZodType;
  example: unknown;
}

/** JSON Schema (2020-12) of an event's `detail`, as its sender writes it. */
export const jsonSchemaOf = (type: string, { schema, example }: Contract): Record<string, unknown> => ({
  $id: `https://tenantry.dev/events/${type}.schema.json`,
  title: type,
  ...z.toJSONSchema(schema, { io: "input" }),
  examples: [example],
});

/** The AsyncAPI 3 document of both directions. Deterministic. */
export function asyncApiDocument(version: string): Record<string, unknown> {
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Tenantry",
      version,
      description: `EventBridge events of the bus \`tenantry\`; the payload is the event's \`detail\`. Delivered at least once: \`eventId\` dedupes, \`sequence\` orders a tenant's events. Schema version ${EVENT_VERSION}.`,
      license: { name: "Apache-2.0" },
    },
    defaultContentType: "application/json",
    channels: {
      requests: channel("Sources that the deployment lists (by default `signup`).", incomingEvents),
      events: channel(`Source \`${outgoingSource}\`.`, outgoingEvents),
      sbtRequests: channel(`Source \`${SBT_REQUEST_SOURCE}\`: a SaaS Builder Toolkit control plane.`, sbtRequests),
      sbtAnswers: channel(`Source \`${SBT_ANSWER_SOURCE}\`: what that control plane is answered.`, sbtAnswerEvents),
    },
    operations: {
      take: operation("receive", "requests", incomingEvents),
      tell: operation("send", "events", outgoingEvents),
      takeSbt: operation("receive", "sbtRequests", sbtRequests),
      tellSbt: operation("send", "sbtAnswers", sbtAnswerEvents),
    },
    components: { messages: Object.fromEntries([incomingEvents, outgoingEvents, sbtRequests, sbtAnswerEvents].flatMap(messages)) },
  };
}

const channel = (description: string, events: Record<string, Contract>) => ({
  address: "tenantry",
  description,
  messages: Object.fromEntries(Object.keys(events).map((type) => [type, { $ref: `#/components/messages/${type}` }])),
});

const operation = (action: "send" | "receive", name: string, events: Record<string, Contract>) => ({
  action,
  channel: { $ref: `#/channels/${name}` },
  messages: Object.keys(events).map((type) => ({ $ref: `#/channels/${name}/messages/${type}` })),
});

function messages(events: Record<string, Contract>) {
  return Object.entries(events).map(([type, { schema, example }]) => {
    const { $schema: _dialect, ...payload } = z.toJSONSchema(schema, { io: "input" });
    return [
      type,
      {
        name: type,
        title: type,
        description: "The EventBridge `detail-type` is the message's name.",
        payload,
        examples: [{ payload: example }],
      },
    ] as const;
  });
}
