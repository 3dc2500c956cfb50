import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type * as z from "zod";
import { type Run, startRun } from "../reconcile/run.ts";
import type { Log } from "../ports.ts";

/** The run of one record: it may work until shortly before the invocation ends. */
export function runOf(
  context: Pick<Context, "getRemainingTimeInMillis">,
  options: { now: Date; requestTimeoutMs: number; owner: string; workMs?: number | undefined },
): Run {
  return startRun({ ...options, remainingMs: context.getRemainingTimeInMillis() });
}

/** Handles the records of a batch side by side; those that throw come back, alone (`ReportBatchItemFailures`). */
export async function eachRecord(
  event: SQSEvent,
  context: Context,
  handle: (record: SQSRecord) => Promise<void>,
  log: Log,
): Promise<SQSBatchResponse> {
  const processor = new BatchProcessor(EventType.SQS);
  const logged = async (record: SQSRecord): Promise<void> => {
    try {
      await handle(record);
    } catch (error) {
      log.warn("A message failed; it comes back.", { messageId: record.messageId, error: String(error) });
      throw error;
    }
  };
  return processPartialResponse(event, logged, processor, { context, throwOnFullBatchFailure: false });
}

/** A queue of our own messages: each is read by its schema and handled. */
export const workQueue =
  <S extends z.ZodType>(schema: S, handle: (message: z.output<S>, context: Context) => Promise<void>, log: Log) =>
  (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
    eachRecord(event, context, (record) => handle(schema.parse(JSON.parse(record.body)), context), log);
