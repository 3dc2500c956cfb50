import type { CommandQueuePorts } from "../../shared/queues/commands.ts";
import { sbtQueue } from "../../shared/queues/sbt.ts";
import type { ForeignPublisher } from "../../shared/ports.ts";
import type { ReconcilePorts } from "../../shared/reconcile/ports.ts";
import { activateTenant } from "../../shared/usecases/activate-tenant.ts";
import { onboardTenant } from "../../shared/usecases/onboard-tenant.ts";
import { suspendTenant } from "../../shared/usecases/suspend-tenant.ts";
import { tearDownTenant } from "../../shared/usecases/tear-down-tenant.ts";
import { sbtDeps } from "./deps.ts";

/** The requests of a SaaS Builder Toolkit control plane, whose application plane this is. */
export const createHandler = (ports: ReconcilePorts, queue: CommandQueuePorts & { tell: ForeignPublisher }) =>
  sbtQueue(
    {
      onboarding: (command, { data: { tenantId: _id, ...body } }) => onboardTenant(command, body, ports),
      offboarding: (command) => tearDownTenant(command, ports),
      activate: (command) => activateTenant(command, ports),
      deactivate: (command) => suspendTenant(command, ports),
    },
    queue,
  );

const { ports, queue } = sbtDeps();
export const handler = createHandler(ports, queue);
