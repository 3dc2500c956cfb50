import type * as z from "zod";
import type { Cause } from "../domain/tenant.ts";
import type { Routes } from "./route.ts";

type Output<S> = S extends z.ZodType ? z.output<S> : undefined;

/** A request that was routed, authorised and checked. */
export interface HttpRequest<Params = unknown, Query = unknown, Body = unknown> {
  params: Params;
  query: Query;
  body: Body;
  /** The body's very bytes, on a route that asks for them (`rawBody`); else empty. */
  rawBody: Buffer;
  /** By lower-case name. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Who calls: the token's `sub`, else its `client_id`; `anonymous` on an open route. */
  principal: string;
  /** For the record and its events: the actor is the principal, both ids are the trace's. */
  cause: Cause;
  traceId: string;
  /** When the request came, RFC 3339 UTC with milliseconds. */
  receivedAt: string;
  /** 1 to 255 visible ASCII characters, as the client sent it. A dedupe key is `<principal>#<idempotencyKey>`. */
  idempotencyKey?: string | undefined;
  /** The generation that the client saw, by `If-Match`. `*` and no header are both `undefined`. */
  ifMatch?: number | undefined;
  /** Of the media types that the route answers in, the one that the caller prefers. */
  media: string;
  /** How long to wait for convergence, 0 to 25: the route's own, unless `Prefer` says otherwise. */
  waitSeconds: number;
  /** What is left of the function's time, milliseconds. */
  remainingMs: () => number;
}

/** What an operation answers; the handler makes headers and JSON of it. */
export interface HttpAnswer {
  status: number;
  /** Rendered as JSON; none where absent. */
  body?: unknown;
  /** The body as it goes out, in the request's `media`; instead of `body`. */
  text?: string | undefined;
  location?: string | undefined;
  etag?: string | undefined;
  headers?: Record<string, string> | undefined;
}

/** One function for each row of an area, typed by the row's schemas. */
export type Operations<R extends Routes> = {
  [Id in keyof R]: (request: HttpRequest<Output<R[Id]["params"]>, Output<R[Id]["query"]>, Output<R[Id]["body"]>>) => Promise<HttpAnswer>;
};
