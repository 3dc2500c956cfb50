import { describe, expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { ClusterError } from "../../../shared/ports.ts";
import { adoptNamespace } from "../../../shared/usecases/adopt-tenant.ts";
import { grantAccess } from "../../../shared/usecases/grant-access.ts";
import { onboardTenant } from "../../../shared/usecases/onboard-tenant.ts";
import { pauseTenant } from "../../../shared/usecases/pause-tenant.ts";
import { tearDownTenant } from "../../../shared/usecases/tear-down-tenant.ts";
import { anEngine } from "../../support/engine.ts";

const MANAGED_BY = "app.kubernetes.io/managed-by";
const INSTALLATION = "tenantry.dev/installation";

/** A tenant with one person's grant, and ways to edit its objects past the control plane. */
async function withGrant() {
  const engine = anEngine();
  await onboardTenant(engine.command(), { name: "Acme Inc.", tier: "basic" }, engine.ports);
  await grantAccess(engine.command(), { userId: "anna@example.com", role: "tenant-viewer" }, undefined, engine.ports);
  engine.pass(1_000);
  const edit = (kind: string, change: (metadata: Required<NonNullable<KubernetesObject["metadata"]>>) => void): void => {
    for (const object of engine.cluster.objects().filter((one) => one.kind === kind)) {
      change(object.metadata as never);
      engine.cluster.put(object);
    }
  };
  /** Bindings in the cluster, grants in the table, and what the record says. */
  const state = async () => {
    const { status } = await engine.tenant();
    return {
      objects: engine.cluster.objects().length,
      grants: engine.table.grants.size,
      deleted: status.deletedAt !== undefined,
      failure: status.failure?.reason,
    };
  };
  return { engine, edit, state };
}
const GONE = { objects: 0, grants: 0, deleted: true, failure: undefined };

describe("A decommission of the namespace that the record knows by its uid", () => {
  test.each([
    ["the label tenant-id", ["tenant-id"], []],
    [`the label ${MANAGED_BY}`, [MANAGED_BY], []],
    ["both labels", ["tenant-id", MANAGED_BY], []],
    ["the annotation of the installation", [], [INSTALLATION]],
    ["all of its marks", ["tenant-id", MANAGED_BY], [INSTALLATION]],
  ])("removes it although it lost %s", async (_what, labels, annotations) => {
    const { engine, edit, state } = await withGrant();
    edit("Namespace", (metadata) => {
      for (const label of labels) delete metadata.labels[label];
      for (const annotation of annotations) delete metadata.annotations[annotation];
    });
    await tearDownTenant(engine.command(), engine.ports);
    await engine.settle();
    expect(await state()).toEqual(GONE);
  });

  test("removes the bindings before it, also those that lost their labels, and however many there are", async () => {
    const { engine, edit } = await withGrant();
    const [binding] = engine.cluster.objects().filter(({ metadata }) => metadata?.name?.startsWith("user-"));
    for (let more = 0; more < 600; more++)
      engine.cluster.put({ ...binding, metadata: { ...binding?.metadata, uid: undefined, name: `user-u${more}-tenant-viewer` } } as never);
    engine.cluster.put({ ...binding, metadata: { namespace: "tenant-acme", name: "somebody-elses" } } as never);
    edit("RoleBinding", (metadata) => {
      metadata.labels = {};
    });
    await tearDownTenant(engine.command(), engine.ports);
    const left = engine.cluster.objects().filter(({ kind }) => kind === "RoleBinding");
    expect(left.map(({ metadata }) => metadata?.name)).toEqual(["somebody-elses"]);
    expect(engine.cluster.objects().find(({ kind }) => kind === "Namespace")?.metadata?.deletionTimestamp).toBeDefined();
  });

  test("that admission denies fails in words, forgets no grant and proves nothing, until the label is back", async () => {
    const { engine, edit, state } = await withGrant();
    edit("Namespace", (metadata) => void delete metadata.labels[MANAGED_BY]);
    const policy = "ValidatingAdmissionPolicy 'tenantry-scope' with binding 'tenantry-scope' denied request";
    let denying = true;
    engine.cluster.before = ({ verb, ref }) => {
      if (denying && verb === "delete") throw new ClusterError(403, "Forbidden", `${ref?.kind} is forbidden: ${policy}`);
    };
    await tearDownTenant(engine.command(), engine.ports);
    await engine.settle("acme", 6);
    expect(await state()).toMatchObject({ grants: 1, deleted: false, failure: "NamespaceUnmarked" });
    expect((await engine.tenant()).status.failure?.message).toMatch(
      /denied request.* "tenant-acme" is still there\. It lacks the label app\.kubernetes\.io\/managed-by=tenantry\./,
    );
    expect(engine.said().join()).toMatch("TenantFailed");
    denying = false;
    await engine.settle();
    expect(await state()).toEqual(GONE);
  });

  test("knows it still after a deletion that met a conflict, and proves nothing before it is gone", async () => {
    const { engine, edit, state } = await withGrant();
    edit("Namespace", (metadata) => {
      metadata.labels = {};
      metadata.annotations = {};
    });
    let conflicts = 2;
    engine.cluster.before = ({ verb, ref }) => {
      if (verb === "delete" && ref?.kind === "Namespace" && conflicts-- > 0) throw new ClusterError(409, "Conflict", "it is being changed");
    };
    const { namespaceUid } = (await engine.tenant()).status;
    await tearDownTenant(engine.command(), engine.ports);
    expect((await engine.tenant()).status).toMatchObject({
      namespaceUid,
      failure: { message: expect.stringContaining("it is being changed") },
    });
    await engine.settle();
    expect(await state()).toEqual(GONE);
    expect((await engine.tenant()).status.proof).toMatchObject({ namespaceUid });
  });

  test("touches nothing where another installation took it over, and proves nothing", async () => {
    const { engine, edit, state } = await withGrant();
    edit("Namespace", (metadata) => {
      metadata.annotations[INSTALLATION] = "another";
    });
    const { objects } = await state();
    await tearDownTenant(engine.command(), engine.ports);
    await engine.settle("acme", 3);
    expect(await state()).toEqual({ objects, grants: 1, deleted: false, failure: "NamespaceUnmarked" });
  });
});

describe("A decommission of a tenant whose record knows no uid", () => {
  const onboarding = async (labels: Record<string, string>, annotations: Record<string, string>) => {
    const engine = anEngine();
    engine.cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "tenant-acme", labels, annotations } });
    await onboardTenant(engine.command(), { name: "Acme Inc.", tier: "basic" }, engine.ports);
    expect((await engine.tenant()).status).toMatchObject({ failure: { reason: "NamespaceTaken" } });
    engine.pass(1_000);
    await tearDownTenant(engine.command(), engine.ports);
    await engine.settle("acme", 5);
    return { status: (await engine.tenant()).status, objects: engine.cluster.objects().length };
  };

  test("leaves a namespace of its name to whom it belongs, also one that was labelled to be adopted", async () => {
    for (const labels of [{}, { [MANAGED_BY]: "tenantry" }]) {
      const { status, objects } = await onboarding(labels, {});
      expect({ deleted: status.deletedAt !== undefined, objects }).toEqual({ deleted: true, objects: 1 });
    }
  });

  test("asks whose it is where a namespace has some of its marks", async () => {
    for (const [labels, annotations] of [
      [{ "tenant-id": "acme" }, {}],
      [{}, { [INSTALLATION]: "tenantry-test" }],
    ] as [Record<string, string>, Record<string, string>][]) {
      const { status, objects } = await onboarding(labels, annotations);
      expect({ deleted: status.deletedAt !== undefined, objects }).toEqual({ deleted: false, objects: 1 });
      expect(status.failure).toMatchObject({ reason: "NamespaceUnmarked" });
    }
  });
});

describe("A decommission of a tenant that was to adopt somebody else's namespace", () => {
  const theirs = { apiVersion: "v1", kind: "Namespace", metadata: { name: "tenant-acme", labels: { [MANAGED_BY]: "tenantry" } } };
  /** A tenant whose namespace is somebody else's; `next` makes a call a second after the one before. */
  const asked = async () => {
    const engine = anEngine();
    engine.cluster.put(theirs);
    await onboardTenant(engine.command(), { name: "Acme Inc.", tier: "basic" }, engine.ports);
    const next = async (act: (command: ReturnType<typeof engine.command>) => Promise<unknown>): Promise<void> => {
      engine.pass(1_000);
      await act(engine.command());
    };
    return { engine, next, adopt: () => next((command) => adoptNamespace(command, engine.ports)) };
  };
  const leftAlone = async ({ cluster, tenant }: ReturnType<typeof anEngine>) => {
    expect(cluster.objects().map(({ kind, metadata }) => ({ kind, going: metadata?.deletionTimestamp !== undefined }))).toEqual([
      { kind: "Namespace", going: false },
    ]);
    expect((await tenant()).status).toMatchObject({ deletedAt: expect.any(String), proof: { namespaceUid: null } });
  };

  test("leaves it alone where the cluster never took the first apply", async () => {
    const { engine, next, adopt } = await asked();
    engine.cluster.before = ({ verb }) => {
      if (verb === "apply") throw new ClusterError(500, "InternalError", "etcd is busy");
    };
    await adopt();
    engine.cluster.before = undefined;
    await next((command) => tearDownTenant(command, engine.ports));
    await engine.settle();
    await leftAlone(engine);
  });

  test("leaves it alone where the adoption was not tried, and the decommission's first round fails", async () => {
    const { engine, next, adopt } = await asked();
    await next((command) => pauseTenant(command, true, engine.ports));
    await adopt();
    await next((command) => tearDownTenant(command, engine.ports));
    engine.cluster.before = ({ verb }) => {
      if (verb === "find") throw new ClusterError(500, "InternalError", "etcd is busy");
    };
    await next((command) => pauseTenant(command, false, engine.ports));
    engine.cluster.before = undefined;
    await engine.settle();
    await leftAlone(engine);
  });

  test("removes it where the first apply took effect and its answer was lost", async () => {
    const { engine, next, adopt } = await asked();
    engine.cluster.after = ({ verb }) => {
      if (verb === "apply") throw new ClusterError(undefined, "Timeout", "no answer");
    };
    await adopt();
    engine.cluster.after = undefined;
    await next((command) => tearDownTenant(command, engine.ports));
    await engine.settle();
    expect(engine.cluster.objects()).toEqual([]);
  });
});
