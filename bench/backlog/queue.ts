import type { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Context, SQSEvent, SQSRecord } from "aws-lambda";
import type { SimulatedTime } from "./time.ts";

/** How a queue's messages are worked on: `serverless.yml`'s event source. */
export interface EventSource {
  batchSize: number;
  maximumConcurrency: number;
}

/** A queue of SQS with the function that reads it: as many invocations at once as its event source allows, each of a batch. */
export class SimulatedQueue {
  readonly #waiting: SQSRecord[] = [];
  readonly #time: SimulatedTime;
  readonly #source: EventSource;
  readonly #work: (event: SQSEvent, context: Context) => Promise<unknown>;
  #invocations = 0;
  #ids = 0;

  constructor(time: SimulatedTime, source: EventSource, work: (event: SQSEvent, context: Context) => Promise<unknown>) {
    this.#time = time;
    this.#source = source;
    this.#work = work;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  send(body: string, delaySeconds: number): void {
    const record = { messageId: String(++this.#ids), body, eventSource: "aws:sqs" } as SQSRecord;
    this.#time.at(this.#time.nowMs + delaySeconds * 1_000, () => {
      this.#waiting.push(record);
      this.#invoke();
    });
  }

  #invoke(): void {
    while (this.#invocations < this.#source.maximumConcurrency && this.#waiting.length > 0) {
      const Records = this.#waiting.splice(0, this.#source.batchSize);
      this.#invocations += 1;
      void this.#work({ Records }, { getRemainingTimeInMillis: () => 60_000 } as Context).then(() => {
        this.#invocations -= 1;
        this.#invoke();
      });
    }
  }
}

/** A client of SQS for queues by their URLs. */
export const simulatedSqs = (time: SimulatedTime, queues: () => Record<string, SimulatedQueue>): SQSClient =>
  ({
    send: async ({ input: { QueueUrl = "", Entries = [] } }: SendMessageBatchCommand) => {
      await time.sleep(6);
      for (const { MessageBody = "", DelaySeconds = 0 } of Entries) queues()[QueueUrl]?.send(MessageBody, DelaySeconds);
      return {};
    },
  }) as unknown as SQSClient;
