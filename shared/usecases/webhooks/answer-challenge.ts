import type { Platform } from "../../domain/platform.ts";
import { answerChallenge } from "../../webhooks/okta.ts";

/** What a provider's one-time challenge is answered with; `undefined` where the provider has none, or this is none. */
export function challengeOf(
  provider: string,
  headers: Readonly<Record<string, string | undefined>>,
  { identity: { providers } }: Pick<Platform, "identity">,
): { verification: string } | undefined {
  const format = Object.hasOwn(providers, provider) ? providers[provider]?.webhook?.format : undefined;
  return format === "okta" ? answerChallenge(headers) : undefined;
}
