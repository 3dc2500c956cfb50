import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@aws-lambda-powertools/logger";
import { v7 } from "uuid";
import type { Clock, Log, Pause } from "../shared/ports.ts";

/** What every function has from its process. */
const logger = new Logger();
export const log: Log = {
  info: (message, extra = {}) => logger.info(message, extra),
  warn: (message, extra = {}) => logger.warn(message, extra),
  error: (message, extra = {}) => logger.error(message, extra),
};
export const clock: Clock = { now: () => new Date() };
export const pause: Pause = (ms, signal) => sleep(Math.max(0, ms), undefined, { signal }).catch(() => {});
/** Ordered by time. Not Node's own: `crypto.randomUUIDv7` came with 24.16, and AWS chooses which Node 24 runs. */
export const newId = (): string => v7();
export const random = Math.random;
