import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import platform from "../../config/tenantry.ts";
import { createSecrets } from "../../shared/adapters/secrets.ts";

const secrets = createSecrets({ stage: "local" });

/** The secret of a configured provider's webhook, from the stack's own store. */
export async function webhookSecret(provider: string): Promise<string> {
  const [secret] = await secrets(platform.identity.providers[provider]?.webhook?.secret ?? "");
  if (secret === undefined) throw new Error(`the stack has no webhook secret of ${provider}`);
  return secret;
}

export interface Signed {
  headers: Record<string, string>;
  body: string;
}
const hex = (secret: string, text: string): string => createHmac("sha256", secret).update(text).digest("hex");
const json = { "content-type": "application/json" };

/** Deliveries as each provider sends them, of a body with an id and a time of its own. */
export const deliveries = {
  standard(secret: string, { id, event, at = new Date() }: { id: string; event: object; at?: Date }): Signed {
    const body = JSON.stringify(event);
    const sent = new Date(Math.floor(at.getTime() / 1_000) * 1_000);
    return {
      headers: {
        ...json,
        "webhook-id": id,
        "webhook-timestamp": String(sent.getTime() / 1_000),
        "webhook-signature": new Webhook(secret).sign(id, sent, body),
      },
      body,
    };
  },
  okta(secret: string, { id, event, at = new Date() }: { id: string; event: object; at?: Date }): Signed {
    const body = { eventType: "com.okta.event_hook", cloudEventsVersion: "0.1", eventId: id, data: { events: [event] } };
    return {
      headers: { ...json, authorization: secret },
      body: JSON.stringify({ ...body, eventTime: at.toISOString(), contentType: "application/json" }),
    };
  },
  workos(secret: string, { id, event, at = new Date() }: { id: string; event: object; at?: Date }): Signed {
    const body = JSON.stringify({ id, created_at: at.toISOString(), ...event });
    return { headers: { ...json, "workos-signature": `t=${at.getTime()}, v1=${hex(secret, `${at.getTime()}.${body}`)}` }, body };
  },
  auth0(secret: string, { id, event, at = new Date() }: { id: string; event: object; at?: Date }): Signed {
    return {
      headers: { ...json, authorization: `Bearer ${secret}` },
      body: JSON.stringify({ specversion: "1.0", id, time: at.toISOString(), ...event }),
    };
  },
  keycloak(secret: string, { id, event, at = new Date() }: { id: string; event: object; at?: Date }): Signed {
    const body = JSON.stringify({ uid: id, time: at.getTime(), ...event });
    return { headers: { ...json, "x-keycloak-signature": hex(secret, body) }, body };
  },
};
export type ProviderFormat = keyof typeof deliveries;
