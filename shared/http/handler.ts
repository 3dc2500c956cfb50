import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type { Clock, Log } from "../ports.ts";
import type { Operations } from "./request.ts";
import type { Routes } from "./route.ts";

export interface HttpDeps {
  log: Log;
  clock: Clock;
}
export type HttpHandler = (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;

/** The Lambda handler of an area: every row of its routes has its operation, or it does not compile. */
export function httpHandler<R extends Routes>(_routes: R, _operations: Operations<R>, _deps: HttpDeps): HttpHandler {
  throw new Error("to come");
}
