import type { KubernetesObject } from "@kubernetes/client-node";
import type { Cluster } from "../../domain/cluster.ts";
import type { DriftPosition } from "../../domain/drift-check.ts";
import { namespaceOf } from "../../domain/tenant.ts";
import { listedKinds } from "../../manifests/drift.ts";
import { type ClusterApi, ClusterError, type ClusterTenants, type ListQuery } from "../../ports.ts";
import { Cursor, type Page } from "./cursor.ts";

/** A namespace that is managed, or that the table knows a tenant of, with the objects listed in it. */
export interface SeenNamespace {
  name: string;
  /** `undefined` where it is not there, or lost the label that it is listed by. */
  namespace: KubernetesObject | undefined;
  objects: KubernetesObject[];
}

interface Named {
  name: string;
  namespace: KubernetesObject | undefined;
  /** The pages that it stood on: a check that goes on before it is told of must begin there. */
  tokens: { Namespace: string | undefined; tenants: string | undefined };
}

/** In this order objects are listed: `tenant-a-b/…` stands before `tenant-a/…`, but `tenant-a` before `tenant-a-b`. */
const orderOf = (namespace: string): string => `${namespace}/`;

/**
 * All namespaces of a cluster that concern this installation, in the order in which their objects are listed: a merge of
 * ordered lists, so that two pages of each are held and no more, whatever the cluster's size.
 */
export class Namespaces {
  readonly #namespaces: Cursor<KubernetesObject>;
  readonly #tenants: Cursor<string>;
  readonly #objects: { kind: string; cursor: Cursor<KubernetesObject> }[];
  /** Names whose longer ones (`tenant-a` of `tenant-a-b`) are told of first; each is the beginning of the next. */
  readonly #held: Named[] = [];
  #after: string;

  constructor(cluster: Cluster, api: ClusterApi, tenants: ClusterTenants, signal: AbortSignal, from?: DriftPosition | undefined) {
    const [namespace, ...kinds] = listedKinds(cluster);
    const pages = from?.pages ?? {};
    const list = (query: ListQuery, keyOf: (item: KubernetesObject) => string) =>
      new Cursor(listOf(api, query, signal), keyOf, pages[query.kind]);
    this.#namespaces = list(namespace as ListQuery, ({ metadata }) => metadata?.name ?? "");
    this.#objects = kinds.map((kind) => ({
      kind: kind.kind,
      cursor: list(kind, ({ metadata }) => `${orderOf(metadata?.namespace ?? "")}${metadata?.name}`),
    }));
    this.#tenants = new Cursor(idsOf(tenants, cluster.name), (id) => id, pages["tenants"]);
    this.#after = from?.after ?? "";
  }

  /** The next ones, at most `count`; none at the end. Throws `ClusterError`. */
  async take(count: number): Promise<SeenNamespace[]> {
    const taken: SeenNamespace[] = [];
    while (taken.length < count) {
      const named = await this.#nextInOrder();
      if (named === undefined) break;
      if (orderOf(named.name) <= this.#after) continue;
      taken.push({ name: named.name, namespace: named.namespace, objects: await this.#objectsOf(named.name) });
      this.#after = orderOf(named.name);
    }
    return taken;
  }

  /** Where to go on behind what was taken. */
  position(): DriftPosition {
    const [oldest] = this.#held;
    const tokens: [string, string | undefined][] = [
      ["Namespace", (oldest?.tokens ?? { Namespace: this.#namespaces.token }).Namespace],
      ["tenants", (oldest?.tokens ?? { tenants: this.#tenants.token }).tenants],
      ...this.#objects.map(({ kind, cursor }): [string, string | undefined] => [kind, cursor.token]),
    ];
    return { after: this.#after, pages: Object.fromEntries(tokens.filter((entry): entry is [string, string] => entry[1] !== undefined)) };
  }

  /** Resolves when no list is under way any more. */
  async settled(): Promise<void> {
    await Promise.all([this.#namespaces, this.#tenants, ...this.#objects.map(({ cursor }) => cursor)].map((cursor) => cursor.settled()));
  }

  async #nextInOrder(): Promise<Named | undefined> {
    for (;;) {
      const next = await this.#peek();
      const last = this.#held.at(-1);
      if (last !== undefined && (next === undefined || !next.name.startsWith(`${last.name}-`))) return this.#held.pop();
      if (next === undefined) return undefined;
      this.#held.push(next);
      if (this.#namespaces.head?.metadata?.name === next.name) this.#namespaces.advance();
      if (this.#tenants.head !== undefined && namespaceOf(this.#tenants.head) === next.name) this.#tenants.advance();
    }
  }

  /** The lower name of the two lists of names. */
  async #peek(): Promise<Named | undefined> {
    for (const wait of [this.#namespaces.ready(), this.#tenants.ready()]) if (wait !== undefined) await wait;
    const namespace = this.#namespaces.head;
    const listed = namespace?.metadata?.name;
    const known = this.#tenants.head === undefined ? undefined : namespaceOf(this.#tenants.head);
    const name = listed === undefined || (known !== undefined && known < listed) ? known : listed;
    if (name === undefined) return undefined;
    const tokens = { Namespace: this.#namespaces.token, tenants: this.#tenants.token };
    return { name, namespace: name === listed ? namespace : undefined, tokens };
  }

  async #objectsOf(name: string): Promise<KubernetesObject[]> {
    const found: KubernetesObject[] = [];
    const order = orderOf(name);
    for (const { cursor } of this.#objects) {
      for (;;) {
        const wait = cursor.ready();
        if (wait !== undefined) await wait;
        const object = cursor.head;
        if (object === undefined) break;
        const namespace = object.metadata?.namespace ?? "";
        if (namespace === name) found.push(object);
        else if (orderOf(namespace) > order) break;
        cursor.advance();
      }
    }
    return found;
  }
}

/** The pages of a kind. A page whose token is too old (410) cannot be had any more: then the list begins again. */
const listOf =
  (api: ClusterApi, query: ListQuery, signal: AbortSignal) =>
  async (token: string | undefined): Promise<Page<KubernetesObject>> => {
    try {
      const page = await api.list({ ...query, limit: PAGE, continue: token }, signal);
      return { items: page.items, next: page.continue };
    } catch (error) {
      if (token === undefined || !(error instanceof ClusterError) || error.status !== 410) throw error;
      const page = await api.list({ ...query, limit: PAGE }, signal);
      return { items: page.items, next: page.continue, again: true };
    }
  };

/** Objects a page. */
export const PAGE = 500;

const idsOf =
  (tenants: ClusterTenants, cluster: string) =>
  async (token: string | undefined): Promise<Page<string>> => {
    const { ids, next } = await tenants.ids(cluster, token);
    return { items: ids, next };
  };
