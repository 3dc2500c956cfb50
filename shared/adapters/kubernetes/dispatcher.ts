import type { Cluster as KubeCluster } from "@kubernetes/client-node";
import type { Dispatcher, Pool as UndiciPool } from "undici";
import Pool from "undici/lib/dispatcher/pool.js";
import { ClusterError } from "../../ports.ts";

/** More is not read. A page of 500 objects is 1 to 3 MB, and a single one may have 1.5 MB. Bytes. */
const maxResponseSize = 32 * 1024 * 1024;
/** A connection idle for longer may be gone without a word (a frozen function, a load balancer), so it is not used again. Milliseconds. */
const maxIdleMs = 120_000;

/** The monotonic clock may stand still while a function is frozen, and the wall clock may be set back: idle is what either says. */
const clocks = (): number[] => [performance.now(), Date.now()];

export interface ConnectionOptions {
  /** Most TLS connections to the endpoint. */
  connections: number;
  /** Deadline of a TLS handshake, milliseconds. */
  connectTimeoutMs: number;
  /** Called for each connection opened. */
  onConnect?: (() => void) | undefined;
}

/**
 * The shared connections to one API server. HTTP/2 where the server offers it, so that one handshake serves
 * a whole wave of applies; else HTTP/1.1 with keep-alive. The server's certificate is always verified.
 */
export class Connections {
  readonly #origin: string;
  /** Path prefix of the endpoint, without a slash at its end. */
  readonly prefix: string;
  readonly #options: UndiciPool.Options;
  readonly #onConnect: (() => void) | undefined;
  #pool: UndiciPool;
  readonly #retired = new Set<UndiciPool>();
  #usedAt = clocks();

  /** Throws `ClusterError` for an endpoint that is not https, or without a CA. */
  constructor(cluster: Pick<KubeCluster, "name" | "server" | "caData">, { connections, connectTimeoutMs, onConnect }: ConnectionOptions) {
    const url = URL.canParse(cluster.server) ? new URL(cluster.server) : undefined;
    if (url?.protocol !== "https:")
      throw new ClusterError(undefined, "Unreachable", `Cluster ${cluster.name}: the endpoint is not an https:// URL.`);
    const ca = Buffer.from(cluster.caData ?? "", "base64").toString("utf8");
    if (!ca.includes("-----BEGIN CERTIFICATE-----")) {
      throw new ClusterError(
        undefined,
        "Unreachable",
        `Cluster ${cluster.name}: no certificate authority (a PEM bundle in base64) is registered for it.`,
      );
    }
    this.#origin = url.origin;
    this.prefix = url.pathname.replace(/\/$/, "");
    // rejectUnauthorized is said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot undo it.
    this.#options = { connections, maxResponseSize, connect: { ca, rejectUnauthorized: true, timeout: connectTimeoutMs } };
    this.#onConnect = onConnect;
    this.#pool = this.#open();
  }

  /** The pool to send the next request on. */
  current(): Dispatcher {
    const now = clocks();
    if (now.some((time, clock) => time - (this.#usedAt[clock] ?? time) > maxIdleMs)) this.retire(this.#pool);
    this.#usedAt = now;
    return this.#pool;
  }

  /**
   * Gives up a pool in which a deadline passed without an answer: an aborted HTTP/2 stream leaves its connection
   * open, and a dead one would swallow every later request too. Requests still on it end by their own deadlines.
   */
  retire(pool: Dispatcher): void {
    if (pool !== this.#pool) return;
    const retired = this.#pool;
    this.#pool = this.#open();
    this.#retired.add(retired);
    void retired.close().finally(() => this.#retired.delete(retired));
  }

  /** Ends every connection, with what is still in flight on it. */
  async close(): Promise<void> {
    await Promise.all([this.#pool, ...this.#retired].map((pool) => pool.destroy()));
  }

  #open(): UndiciPool {
    const pool = new Pool(this.#origin, this.#options);
    if (this.#onConnect !== undefined) pool.on("connect", this.#onConnect);
    return pool;
  }
}
