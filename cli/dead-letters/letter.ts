import type { Message } from "@aws-sdk/client-sqs";

/** An EventBridge event, as far as it is read here. */
export interface BusEvent {
  id?: string;
  source?: string;
  "detail-type"?: string;
  time?: string;
  resources?: string[];
  detail?: unknown;
}

/** A dead letter in a person's words. */
export interface Letter {
  messageId: string;
  /** Why it is here: an error code of ours, EventBridge's, or `ReceivesExceeded`. */
  code: string;
  reason: string;
  /**
   * The event's type (of an event on its way out, too); `reconcile` for a wish to reconcile, `access work` for an item that was
   * set aside, `stream batch` for a batch of the table's stream.
   */
  type: string;
  tenant: string | undefined;
  /** Of the event where it tells its time, else of the message, seconds. */
  ageSeconds: number;
  /** The event, where the letter is one. */
  event: BusEvent | undefined;
  body: string;
  /** The same for two copies of one letter, whatever happened between. */
  fingerprint: string;
}

type Fields = Record<string, unknown>;

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});

function parsed(body: string): Fields {
  try {
    return fieldsOf(JSON.parse(body));
  } catch {
    // Whatever it is, it is shown as it came.
    return {};
  }
}

/** Reads a message of a dead-letter queue; `unrouted` ones hold the event with the reason why nobody took it. */
export function letterOf(message: Message, now: Date): Letter {
  const body = message.Body ?? "";
  const whole = parsed(body);
  const wrapped = textOf(whole["reason"]) !== undefined && typeof whole["event"] === "object";
  const content = wrapped ? fieldsOf(whole["event"]) : whole;
  const isEvent = textOf(content["detail-type"]) !== undefined;
  const attribute = (name: string): string | undefined => message.MessageAttributes?.[name]?.StringValue;
  const sent = Number(message.Attributes?.SentTimestamp ?? now.getTime());
  const since = isEvent ? Date.parse(textOf(content["time"]) ?? "") : Number.NaN;
  return {
    messageId: message.MessageId ?? "",
    code: attribute("code") ?? attribute("ERROR_CODE") ?? (wrapped ? "Unrouted" : "ReceivesExceeded"),
    reason:
      attribute("reason") ??
      attribute("ERROR_MESSAGE") ??
      textOf(whole["reason"]) ??
      "The function failed at every receive; its log says why.",
    type: typeOf(content),
    tenant: tenantOf(content),
    ageSeconds: Math.max(0, Math.round((now.getTime() - (Number.isNaN(since) ? sent : since)) / 1_000)),
    event: isEvent ? (content as BusEvent) : undefined,
    body,
    // The bus gives an event that is put again another id and maybe another time.
    fingerprint: wrapped ? JSON.stringify([content["source"], content["detail-type"], content["detail"]]) : body,
  };
}

function typeOf(content: Fields): string {
  const type = textOf(content["detail-type"]);
  if (type !== undefined) return type;
  if (textOf(content["tenantId"]) !== undefined && "dueAt" in content) return "reconcile";
  if ("eventId" in content) return textOf(content["type"]) ?? "?";
  if ("setAside" in content) return "access work";
  return "DDBStreamBatchInfo" in content ? "stream batch" : "?";
}

function tenantOf(content: Fields): string | undefined {
  const detail = fieldsOf(content["detail"]);
  return (
    textOf(fieldsOf(detail["data"])["tenantId"]) ??
    textOf(detail["tenantId"]) ??
    textOf(content["tenantId"]) ??
    /^TENANT#(.*)$/.exec(textOf(content["pk"]) ?? "")?.[1]
  );
}
