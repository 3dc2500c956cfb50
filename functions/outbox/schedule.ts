import { sweepOutbox } from "../../shared/usecases/publish-events.ts";
import { scheduled } from "../schedule.ts";
import { outboxDeps } from "./deps.ts";

const deps = outboxDeps();

/** Every minute: publishes what the stream did not. */
export const handler = scheduled((signal) => sweepOutbox(deps, signal), "OldestUnpublishedEventAgeSeconds");
