import type { DueItem } from "../../shared/ports.ts";
import type { IdentityPorts } from "../../shared/usecases/identity/due.ts";
import type { ProvisionPorts } from "../../shared/usecases/identity/provision-user.ts";
import { MemoryDirectory } from "./memory-directory.ts";

/** A directory in memory with all that recording in it needs; `sent` are the access queue's messages. */
export function identityWorld(start = "2030-01-01T00:00:00.000Z") {
  const directory = new MemoryDirectory();
  const sent: DueItem[] = [];
  let now = Date.parse(start);
  let ids = 0;
  const ports: ProvisionPorts & IdentityPorts = {
    directory,
    accessQueue: {
      send: async (items) => {
        sent.push(...items);
      },
    },
    clock: { now: () => new Date(now) },
    platform: { retentionDays: { dedupe: 30 } },
    newId: () => `id-${String(++ids).padStart(4, "0")}`,
  };
  return { directory, sent, ports, pass: (ms: number) => (now += ms) };
}
