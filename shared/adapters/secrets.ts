import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { Clock, Secrets } from "../ports.ts";
import { awsClient } from "./aws.ts";

/** How long an answer is served without asking again, milliseconds: a secret that is there, and one that is not. */
const FRESH_MS = 300_000;
const MISSING_MS = 30_000;

export interface SecretsOptions {
  secretsManager?: Pick<SecretsManagerClient, "send"> | undefined;
  ssm?: Pick<SSMClient, "send"> | undefined;
  clock?: Clock | undefined;
  /** The deployment's stage, for `{stage}` in references. */
  stage: string;
}

interface Cached {
  values: string[];
  until: number;
}

/** A reference of the configuration in a deployment: stages of one account have secrets of their own. */
export const secretRefOf = (ref: string, stage: string): string => ref.replaceAll("{stage}", stage);

/**
 * Secrets of AWS Secrets Manager (`secretsmanager:<name>`: the current version, and the previous one while the store keeps it)
 * and of Parameter Store (`ssm:<name>`). A value is one secret or a JSON array of secrets.
 *
 * Delivery: one request a reference at a time; answers are kept for 5 minutes, a missing one for 30 s. Where the store cannot
 * answer, what it said last is served on; throws where it never said anything.
 */
export function createSecrets(options: SecretsOptions): Secrets {
  const { clock = { now: () => new Date() } } = options;
  const secretsManager = lazy(() => options.secretsManager ?? new SecretsManagerClient(awsClient));
  const ssm = lazy(() => options.ssm ?? new SSMClient(awsClient));
  const cache = new Map<string, Cached>();
  const flights = new Map<string, Promise<string[]>>();

  const read = async (ref: string): Promise<string[]> => {
    const [, store, name = ""] = /^(secretsmanager|ssm):(.+)$/s.exec(secretRefOf(ref, options.stage)) ?? [];
    if (store === undefined) throw new Error(`${ref} names no store of secrets`);
    return store === "ssm" ? await fromParameterStore(ssm(), name) : await fromSecretsManager(secretsManager(), name);
  };
  const refresh = async (ref: string): Promise<string[]> => {
    const last = cache.get(ref);
    try {
      const values = await read(ref);
      cache.set(ref, { values, until: clock.now().getTime() + (values.length > 0 ? FRESH_MS : MISSING_MS) });
      return values;
    } catch (error) {
      if (last === undefined) throw error;
      cache.set(ref, { ...last, until: clock.now().getTime() + MISSING_MS });
      return last.values;
    }
  };

  return async (ref) => {
    const cached = cache.get(ref);
    if (cached !== undefined && clock.now().getTime() < cached.until) return cached.values;
    const flight = flights.get(ref) ?? refresh(ref).finally(() => flights.delete(ref));
    flights.set(ref, flight);
    return await flight;
  };
}

function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

async function fromSecretsManager(client: Pick<SecretsManagerClient, "send">, SecretId: string): Promise<string[]> {
  const versions = await Promise.all(
    ["AWSCURRENT", "AWSPREVIOUS"].map((VersionStage) =>
      orNothing(async () => (await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString),
    ),
  );
  return [...new Set(versions.flatMap(parse))];
}

async function fromParameterStore(client: Pick<SSMClient, "send">, Name: string): Promise<string[]> {
  return parse(await orNothing(async () => (await client.send(new GetParameterCommand({ Name, WithDecryption: true }))).Parameter?.Value));
}

/** What says that there is no such secret, or that it is on its way out. */
const MISSING = ["ResourceNotFoundException", "ParameterNotFound", "InvalidRequestException"];

async function orNothing(ask: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && MISSING.includes(error.name)) return undefined;
    throw error;
  }
}

/** One secret, or a JSON array of them. White space around one, as an editor leaves it, is none of it. Nothing of the value shows in errors. */
function parse(value: string | undefined): string[] {
  const text = value?.trim() ?? "";
  if (!text.startsWith("[")) return text === "" ? [] : [text];
  const list = listOf(text);
  if (list === undefined) throw new Error("the secret begins with [ and is not a JSON array of strings");
  return list.map((item) => item.trim()).filter((item) => item !== "");
}

function listOf(text: string): string[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((item) => typeof item === "string") ? list : undefined;
  } catch {
    return undefined;
  }
}
