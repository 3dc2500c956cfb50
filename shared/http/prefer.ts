/** What a client prefers (RFC 7240), as far as it is heeded. */
export interface Preferences {
  respondAsync: boolean;
  /** Seconds. */
  wait?: number | undefined;
}

/** The longest that a request waits for convergence, seconds: the gateway gives up at 30. */
export const longestWait = 25;

/** Reads `Prefer`. Preferences that are unknown or malformed are ignored, as the RFC has it; of a repeated one the first counts. */
export function parsePrefer(header: string | undefined): Preferences {
  const preferences: Preferences = { respondAsync: false };
  for (const part of (header ?? "").split(",")) {
    const [preference = ""] = part.split(";");
    const [name = "", value = ""] = preference.split("=").map((text) => text.trim());
    if (name.toLowerCase() === "respond-async" && value === "") preferences.respondAsync = true;
    const seconds = /^"?(\d{1,9})"?$/.exec(value)?.[1];
    if (name.toLowerCase() === "wait" && seconds !== undefined) preferences.wait ??= Number(seconds);
  }
  return preferences;
}

/**
 * How long to wait, and what to say in `Preference-Applied`. `respond-async` alone never waits; together with `wait=N` it
 * waits that long and answers 202 then, which is what a wait means here anyway.
 */
export function applyPrefer(preferences: Preferences, defaultSeconds: number): { waitSeconds: number; applied?: string } {
  if (preferences.wait !== undefined) {
    const waitSeconds = Math.min(preferences.wait, longestWait);
    return { waitSeconds, applied: preferences.respondAsync ? `respond-async, wait=${waitSeconds}` : `wait=${waitSeconds}` };
  }
  return preferences.respondAsync ? { waitSeconds: 0, applied: "respond-async" } : { waitSeconds: defaultSeconds };
}
