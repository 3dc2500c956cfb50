import type { Platform } from "../domain/platform.ts";
import { auth0 } from "./auth0.ts";
import type { WebhookFormat } from "./format.ts";
import { keycloak } from "./keycloak.ts";
import { okta } from "./okta.ts";
import { standard } from "./standard.ts";
import { workos } from "./workos.ts";

type FormatName = NonNullable<Platform["identity"]["providers"][string]["webhook"]>["format"];

/** Every format that the configuration may name. */
export const formats: Record<FormatName, WebhookFormat> = { standard, okta, workos, auth0, keycloak };
