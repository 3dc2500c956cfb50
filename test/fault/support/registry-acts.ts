import type { ClusterBody } from "../../../events/bodies/cluster.ts";
import { changeCluster } from "../../../shared/usecases/change-cluster.ts";
import { registerCluster } from "../../../shared/usecases/register-cluster.ts";
import { removeCluster } from "../../../shared/usecases/remove-cluster.ts";
import { aCluster } from "../../support/builders.ts";
import type { Act } from "./operations.ts";
import type { Ports } from "./world.ts";

const name = "local";
const { roleArn, endpoint, certificateAuthority } = aCluster();
const body: ClusterBody = { roleArn, access: { mode: "iam", usernamePrefix: "" } };

/** What a change of the registry works with. */
const portsOf = ({ directory: _people, ...ports }: Ports) => ({
  ...ports,
  directory: ports.list,
  checks: ports.driftChecks,
  dedupes: ports.store,
  dedupeDays: ports.platform.retentionDays.dedupe,
  describe: async () => ({ endpoint, certificateAuthority }),
  endpointHosts: [],
  defaultRegion: "eu-central-1",
});

/** What an operator does to the cluster `local`. */
export const registry = {
  registerCluster: (_command, ports) => registerCluster(name, body, portsOf(ports)),
  /** Registers it again, with another prefix of its people's names. */
  renamePeople: (_command, ports) => registerCluster(name, { ...body, access: { mode: "iam", usernamePrefix: "sso:" } }, portsOf(ports)),
  pauseCluster: (_command, ports) => changeCluster(name, { paused: true }, portsOf(ports)),
  resumeCluster: (_command, ports) => changeCluster(name, { paused: false }, portsOf(ports)),
  cordonCluster: (_command, ports) => changeCluster(name, { state: "Cordoned" }, portsOf(ports)),
  removeCluster: (_command, ports) => removeCluster(name, portsOf(ports)),
} satisfies Record<string, Act>;
