import * as z from "zod";
import { endpointHosts } from "../shared/domain/endpoint-hosts.ts";

const variables = {
  TABLE_NAME: z.string().min(1),
  EVENT_BUS_NAME: z.string().min(1),
  RECONCILE_QUEUE_URL: z.url(),
  RECONCILE_BULK_QUEUE_URL: z.url(),
  DRIFT_QUEUE_URL: z.url(),
  DRIFT_INTERVAL_MINUTES: z.coerce.number().min(1),
  ACCESS_QUEUE_URL: z.url(),
  /** The queue that the function reads, and the receives after which it sets a message aside. */
  QUEUE_URL: z.url(),
  MAX_RECEIVE_COUNT: z.coerce.number().int().min(1),
  DEAD_LETTER_QUEUE_URL: z.url(),
  SLOT_SHARE: z.coerce.number().gt(0).max(1).default(1),
  CLIENT_TENANTS: z.string(),
  INSTALLATION: z.string().min(1),
  STAGE: z.string().min(1),
  AWS_REGION: z.string().min(1),
  CLUSTER_ENDPOINT_HOSTS: endpointHosts,
};

/** The environment variables that a function needs, checked once, at its cold start. */
export function readEnv<K extends keyof typeof variables>(...names: K[]): { [N in K]: z.output<(typeof variables)[N]> } {
  const shape = Object.fromEntries(names.map((name) => [name, variables[name]]));
  const parsed = z.object(shape).safeParse(process.env);
  if (!parsed.success) throw new Error(`The function's environment is not complete:\n${z.prettifyError(parsed.error)}`);
  return parsed.data as { [N in K]: z.output<(typeof variables)[N]> };
}
