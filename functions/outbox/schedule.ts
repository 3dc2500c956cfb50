import { sweepOutbox } from "../../shared/usecases/publish-events.ts";
import { scheduled } from "../schedule.ts";
import { outboxDeps } from "./deps.ts";

/** Every minute: publishes what the stream did not. */
export const createHandler = (ports: Parameters<typeof sweepOutbox>[0]) =>
  scheduled((signal) => sweepOutbox(ports, signal), "OldestUnpublishedEventAgeSeconds");

export const handler = createHandler(outboxDeps());
