import { randomUUIDv7 } from "node:crypto";
import { Logger } from "@aws-lambda-powertools/logger";
import type { Clock, Log } from "../shared/ports.ts";

/** What every function has from its process. */
const logger = new Logger();
export const log: Log = {
  info: (message, extra = {}) => logger.info(message, extra),
  warn: (message, extra = {}) => logger.warn(message, extra),
  error: (message, extra = {}) => logger.error(message, extra),
};
export const clock: Clock = { now: () => new Date() };
export const newId = (): string => randomUUIDv7();
export const random = Math.random;
