import { isId, type Lookup } from "../../domain/directory.ts";
import { TenantryError } from "../../domain/errors.ts";
import type { DirectoryGroup, DirectoryUser, ProviderName } from "../../domain/identity.ts";
import type { Directory } from "../../ports.ts";

export interface Search<T> {
  /** Without it, the whole directory of the provider is looked through. */
  lookup?: Lookup | undefined;
  fits: (found: T) => boolean;
  /** Of those that fit, in the order of ids: how many are left out at the beginning, and how many are told then. */
  skip: number;
  limit: number;
}

export interface Found<T> {
  items: T[];
  /** All that fit. */
  total: number;
}

interface Ports {
  directory: Directory;
  timeLeft: () => boolean;
}

const PAGE = 1_000;

/** Throws `WriteContention` where the time was up before all were looked through. */
export async function findUsers(provider: ProviderName, search: Search<DirectoryUser>, ports: Ports): Promise<Found<DirectoryUser>> {
  const { directory } = ports;
  return await collect(search, async function* () {
    const one = (id: string) => directory.getUser(provider, id);
    if (search.lookup?.by === "name") yield* [await directory.findUser(provider, search.lookup.value)];
    else if (search.lookup?.by === "id") yield* [await one(search.lookup.value)];
    else if (search.lookup?.by === "externalId")
      yield* await Promise.all((await directory.findUsersByExternalId(provider, search.lookup.value)).map(one));
    else
      yield* pages(ports, async (after) => {
        const { users: items, next } = await directory.pageUsers(provider, { limit: PAGE, after });
        return { items, next };
      });
  });
}

/** Throws `WriteContention` where the time was up before all were looked through. */
export async function findGroups(provider: ProviderName, search: Search<DirectoryGroup>, ports: Ports): Promise<Found<DirectoryGroup>> {
  const { directory } = ports;
  return await collect(search, async function* () {
    const one = (id: string) => directory.getGroup(provider, id);
    if (search.lookup?.by === "id") yield* [await one(search.lookup.value)];
    else if (search.lookup?.by === "name") yield* await Promise.all((await directory.findGroups(provider, search.lookup.value)).map(one));
    else if (search.lookup?.by === "member") yield* await groupsOf(provider, search.lookup.value, directory);
    else
      yield* pages(ports, async (after) => {
        const { groups: items, next } = await directory.pageGroups(provider, { limit: PAGE, after });
        return { items, next };
      });
  });
}

async function groupsOf(provider: ProviderName, userId: string, directory: Directory): Promise<(DirectoryGroup | undefined)[]> {
  const ids = await directory.groupsOf(provider, userId);
  return await Promise.all(
    ids.map(async (id) =>
      (await directory.getMembership(provider, id, userId))?.member ? await directory.getGroup(provider, id) : undefined,
    ),
  );
}

async function* pages<T>({ timeLeft }: Ports, read: (after: string | undefined) => Promise<{ items: T[]; next?: string | undefined }>) {
  let after: string | undefined;
  do {
    if (!timeLeft()) throw new TenantryError("WriteContention", "The directory is too large to look through at once: ask by a key.");
    const { items, next } = await read(after);
    yield* items;
    after = next;
  } while (after !== undefined);
}

async function collect<T extends DirectoryUser | DirectoryGroup>(
  { lookup, fits, skip, limit }: Search<T>,
  candidates: () => AsyncGenerator<T | undefined>,
): Promise<Found<T>> {
  if (lookup !== undefined && ["id", "member"].includes(lookup.by) && !isId(lookup.value)) return { items: [], total: 0 };
  const items: T[] = [];
  let total = 0;
  for await (const one of candidates()) {
    if (one === undefined || one.deleted === true || !fits(one)) continue;
    total += 1;
    if (total > skip && items.length < limit) items.push(one);
  }
  return { items, total };
}
