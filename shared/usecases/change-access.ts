import { type GrantKey, grantId } from "../domain/access.ts";
import { changeGrants, type GrantAsked } from "../domain/grant-intent.ts";
import { type Command, type IntentPorts, type Recorded, writeIntent } from "./write-intent.ts";

/** What sources say of grants of one tenant, at most `GRANTS_AT_ONCE` grants. The roles are known. Throws as `writeIntent` does. */
export async function changeAccess(command: Command, asked: readonly GrantAsked[], ports: IntentPorts): Promise<Recorded> {
  return writeIntent(
    { ...command, grants: [...new Set(asked.map(grantId))] },
    (before, { now }, grants) =>
      changeGrants(command.tenantId, before, grants, {
        asked,
        cause: command.cause,
        now,
        rememberDays: ports.platform.retentionDays.tombstone,
      }),
    ports,
  );
}

/** Ends a grant whose time has come. */
export async function expireGrant(command: Command, key: Omit<GrantKey, "tenantId">, ports: IntentPorts): Promise<Recorded> {
  return writeIntent(
    { ...command, grants: [grantId(key)] },
    (before, { now }, grants) =>
      changeGrants(command.tenantId, before, grants, {
        asked: [],
        recheck: [key],
        cause: command.cause,
        now,
        rememberDays: ports.platform.retentionDays.tombstone,
      }),
    ports,
  );
}
