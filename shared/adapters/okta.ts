import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { TheirUser, Theirs } from "../domain/directory-comparison.ts";
import type { ProviderApi } from "../ports.ts";

const group = z.object({ id: z.string().min(1), profile: z.object({ name: z.string() }) });
const user = z
  .object({ id: z.string().min(1), status: z.string(), profile: z.object({ login: z.string(), email: z.string().nullish() }) })
  .transform(
    ({ id, status, profile }): TheirUser => ({
      id,
      userName: profile.login,
      email: profile.email ?? undefined,
      active: status !== "SUSPENDED" && status !== "DEPROVISIONED",
    }),
  );

/** Groups a page, and people a page: as many as Okta gives. */
const LIMIT = { groups: 200, users: 1_000 };
/** How far back it is asked for people who were deactivated, milliseconds. */
const OF_LATE_MS = 7 * 86_400_000;
const REQUEST_MS = 30_000;
/** Tries of a request that is told to wait, or meets a fault of Okta's. */
const TRIES = 5;
/** Where fewer requests than this are left in Okta's minute, the next one waits for the next minute: others need some, too. */
const SPARED = 5;

export interface OktaOptions {
  /** The organization's address: `https://example.okta.com`. */
  url: string;
  /** An API token that may read groups and users. */
  token: string;
  /** Ends all of it. */
  signal: AbortSignal;
}

/** Okta's Groups and Users API: pages by `Link`, waits by `X-Rate-Limit-*`. */
export function createOktaApi({ url, token, signal }: OktaOptions): ProviderApi {
  const base = new URL(url);

  const get = async (address: URL): Promise<Response> => {
    for (let tries = 1; ; tries++) {
      const response = await fetch(address, {
        headers: { authorization: `SSWS ${token}`, accept: "application/json" },
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]),
        redirect: "error",
      });
      if (response.ok) return response;
      await response.body?.cancel();
      const again = response.status === 429 || response.status >= 500;
      if (!again || tries === TRIES) throw new Error(`Okta answered ${response.status} to GET ${address.pathname}`);
      await sleep(response.status === 429 ? untilReset(response) : 500 * 2 ** tries, undefined, { signal });
    }
  };

  /** All pages of a list, and the time of the first answer. */
  const list = async <S extends z.ZodType>(
    path: string,
    query: Record<string, string>,
    item: S,
  ): Promise<{ items: z.output<S>[]; at: Date }> => {
    const items: z.output<S>[] = [];
    let at: Date | undefined;
    let next: URL | undefined = new URL(`${path}?${new URLSearchParams(query)}`, base);
    while (next !== undefined) {
      const response = await get(next);
      at ??= new Date(response.headers.get("date") ?? Date.now());
      items.push(...z.array(item).parse(await response.json()));
      next = nextOf(response, base);
      if (next !== undefined && Number(response.headers.get("x-rate-limit-remaining") ?? SPARED) < SPARED)
        await sleep(untilReset(response), undefined, { signal });
    }
    return { items, at: at ?? new Date() };
  };

  return {
    async read(names): Promise<Theirs> {
      const found = new Map<string, z.output<typeof group>>();
      // Its clock tells when it was asked: the first request's answer is later than the request by less than a second.
      const since = new Date(Date.now() - OF_LATE_MS).toISOString();
      const search = `(status eq "SUSPENDED" or status eq "DEPROVISIONED") and lastUpdated gt "${since}"`;
      const inactive = await list("/api/v1/users", { search, limit: "200" }, user);
      for (const { name, exact } of names) {
        const query = { search: `profile.name ${exact ? "eq" : "sw"} ${JSON.stringify(name)}`, limit: String(LIMIT.groups) };
        const { items } = await list("/api/v1/groups", name === "" ? { limit: query.limit } : query, group);
        for (const item of items) found.set(item.id, item);
      }
      const groups: Theirs["groups"] = [];
      for (const { id, profile } of found.values()) {
        const { items } = await list(`/api/v1/groups/${encodeURIComponent(id)}/users`, { limit: String(LIMIT.users) }, user);
        groups.push({ id, displayName: profile.name, members: items });
      }
      return { asOf: new Date(inactive.at.getTime() - 1_000).toISOString(), groups, inactive: inactive.items };
    },
  };
}

/** Milliseconds until Okta counts anew: `X-Rate-Limit-Reset` is in epoch seconds, by the clock of its `Date`. */
function untilReset({ headers }: Response): number {
  const now = Date.parse(headers.get("date") ?? "") || Date.now();
  const reset = Number(headers.get("x-rate-limit-reset")) * 1_000;
  return reset > now ? Math.min(reset - now, 60_000) : 1_000;
}

/** The next page. One at another address than the organization's would be given the token: it is refused. */
function nextOf({ headers }: Response, base: URL): URL | undefined {
  const [, address] = /<([^>]+)>\s*;\s*rel="next"/.exec(headers.get("link") ?? "") ?? [];
  if (address === undefined) return undefined;
  const next = new URL(address, base);
  if (next.origin !== base.origin) throw new Error(`Okta names a next page at ${next.origin}`);
  return next;
}
