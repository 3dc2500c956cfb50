import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { KubernetesObject, V1Role, V1RoleBinding } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import platform from "../../config/tenantry.ts";
import type { Tenant } from "../../shared/domain/tenant.ts";
import { ANNOTATION_GENERATION, objectKey, PROVISIONER_GROUP, tenantObjects } from "../../shared/manifests/index.ts";
import { aCluster, aTenant, type TenantParts } from "../unit/manifests/builders.ts";
import { type Answer, AsUser } from "./as-user.ts";

const admin = new AsUser();
const provisioner = new AsUser({ name: "tenantry-provisioner", groups: [PROVISIONER_GROUP, "system:authenticated"] });
const run = Date.now().toString(36);
const made: string[] = [];
let serviceMonitor = false;

function tenant(name: string, parts: TenantParts = {}): Tenant {
  const tenantId = `boot-${run}-${name}`;
  made.push(`tenant-${tenantId}`);
  return aTenant({ tenantId, generation: 5, ...parts });
}

const objectsOf = (of: Tenant): KubernetesObject[] => tenantObjects(of, platform, aCluster({ serviceMonitor }), "test");

function one<T extends KubernetesObject>(of: Tenant, kind: string): T {
  const found = objectsOf(of).find((object) => object.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found as T;
}

async function onboard(of: Tenant): Promise<Tenant> {
  for (const object of objectsOf(of))
    expect([objectKey(object), await provisioner.apply(object)]).toEqual([objectKey(object), expect.objectContaining({ status: 201 })]);
  return of;
}

/** A pod that the restricted level of Pod Security takes. */
const pod = (priorityClassName?: string): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { generateName: "pod-" },
  spec: {
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
    containers: [{ name: "c", image: "pause", securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } }],
  },
});

const denied = (status: number, words: string): unknown => expect.objectContaining({ status, message: expect.stringContaining(words) });

/** Paths of the kinds in bootstrap.yaml. */
const collections: Record<string, string> = {
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
  FlowSchema: "flowschemas",
  PriorityLevelConfiguration: "prioritylevelconfigurations",
  PriorityClass: "priorityclasses",
  ClusterRole: "clusterroles",
  ClusterRoleBinding: "clusterrolebindings",
};

async function applyBootstrap(): Promise<Answer[]> {
  const text = readFileSync(new URL("../../bootstrap.yaml", import.meta.url), "utf8");
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
  const answers: Answer[] = [];
  for (const o of objects) answers.push(await admin.applyAt(`/apis/${o.apiVersion}/${collections[o.kind ?? ""]}/${o.metadata?.name}`, o));
  return answers;
}

/** Admission learns of new policies within a second or so, in their order: until the last is in force, what it must deny passes. */
async function untilInForce(): Promise<void> {
  const of = tenant("probe");
  const namespace = `tenant-${of.tenantId}`;
  await admin.apply(one(of, "Namespace"));
  await admin.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace } });
  const deadline = Date.now() + 20_000;
  while (
    !(await admin.send("POST", `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod("system-cluster-critical"))).message.includes(
      "tenantry-priority",
    )
  ) {
    if (Date.now() > deadline) throw new Error("The admission policies are not in force after 20 s.");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

beforeAll(async () => {
  const answers = await applyBootstrap();
  expect(answers.filter(({ status }) => status >= 300)).toEqual([]);
  serviceMonitor = (await admin.send("GET", "/apis/monitoring.coreos.com/v1")).status === 200;
  await untilInForce();
}, 30_000);

afterAll(async () => {
  for (const name of made) await admin.send("DELETE", `/api/v1/namespaces/${name}`);
});

describe("the provisioner, with the rights of bootstrap.yaml", () => {
  test("applies every object of a tenant, and again with a higher generation, and deletes the namespace", async () => {
    const before = await onboard(tenant("whole"));
    for (const object of objectsOf({ ...before, generation: 6 })) expect((await provisioner.apply(object)).status).toBe(200);
    for (const object of objectsOf(before).reverse()) expect((await provisioner.delete(object)).status).toBe(200);
  });

  test("cannot read Secrets, anywhere", async () => {
    const { tenantId } = await onboard(tenant("secrets"));
    for (const path of [
      "/api/v1/secrets",
      "/api/v1/namespaces/kube-system/secrets",
      `/api/v1/namespaces/tenant-${tenantId}/secrets`,
      `/api/v1/namespaces/tenant-${tenantId}/secrets/x`,
    ])
      expect([path, await provisioner.send("GET", path)]).toEqual([path, denied(403, "secrets")]);
  });

  test("can bind the roles that grants may name, and no other", async () => {
    const of = await onboard(tenant("bind"));
    const binding = (role: string): V1RoleBinding => {
      const base = one<V1RoleBinding>(of, "RoleBinding");
      const roleRef = { ...base.roleRef, kind: "ClusterRole", name: role };
      return {
        ...base,
        metadata: { ...base.metadata, name: `user-ann-${role}` },
        roleRef,
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "ann@example.com" }],
      };
    };
    for (const role of platform.grantRoles) expect([role, (await provisioner.apply(binding(role))).status]).toEqual([role, 201]);
    for (const role of ["cluster-admin", "admin", "view"])
      expect([role, await provisioner.apply(binding(role))]).toEqual([role, denied(403, "not currently held")]);
    expect(await provisioner.apply(binding("tenantry-provisioner"))).toEqual(denied(403, "tenantry-access"));
  });

  test("cannot bind to itself, to groups, to system users or to another namespace's service account", async () => {
    const of = await onboard(tenant("subjects"));
    const base = one<V1RoleBinding>(of, "RoleBinding");
    const apiGroup = "rbac.authorization.k8s.io";
    const subjects = [
      { apiGroup, kind: "User", name: "tenantry-provisioner" },
      { apiGroup, kind: "Group", name: PROVISIONER_GROUP },
      { apiGroup, kind: "Group", name: "system:authenticated" },
      { apiGroup, kind: "User", name: "system:anonymous" },
      { kind: "ServiceAccount", name: "default", namespace: "default" },
    ];
    for (const subject of subjects)
      expect([subject, await provisioner.apply({ ...base, subjects: [subject] } as KubernetesObject)]).toEqual([
        subject,
        denied(403, "tenantry-access"),
      ]);
    const stray = { ...base, metadata: { ...base.metadata, name: "stray" } };
    expect(await provisioner.apply(stray)).toEqual(denied(403, "tenantry-access"));
  });

  test("can write tenant-role alone, and not with what holds the tenant in", async () => {
    const of = await onboard(tenant("roles"));
    const role = one<V1Role>(of, "Role");
    expect(await provisioner.apply({ ...role, metadata: { ...role.metadata, name: "other" } })).toEqual(
      denied(403, "roles.rbac.authorization.k8s.io"),
    );
    const rules = [
      { apiGroups: ["*"], resources: ["pods"], verbs: ["get"] },
      { apiGroups: [""], resources: ["*"], verbs: ["get"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["*"] },
      { apiGroups: [""], resources: ["resourcequotas"], verbs: ["update"] },
      { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: ["create"] },
      { apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] },
      { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], verbs: ["create"] },
    ];
    for (const rule of rules)
      expect([rule, await provisioner.apply({ ...role, rules: [rule] } as KubernetesObject)]).toEqual([
        rule,
        denied(403, "tenantry-access"),
      ]);
  });

  test("cannot touch namespaces that are not a tenant's, nor make one, nor take one over", async () => {
    const platforms = { apiVersion: "v1", kind: "Namespace", metadata: { name: `monitoring-${run}` } };
    made.push(platforms.metadata.name);
    expect((await admin.apply(platforms)).status).toBe(201);
    expect(await provisioner.delete(platforms)).toEqual(denied(403, "tenantry-scope"));
    for (const name of ["kube-system", "default"]) {
      const path = `/api/v1/namespaces/${name}`;
      expect([name, (await provisioner.send("DELETE", path)).status]).toEqual([name, 403]);
      expect([name, await provisioner.send("PATCH", path, { metadata: { labels: { a: "b" } } }, "application/merge-patch+json")]).toEqual([
        name,
        denied(403, "tenantry-scope"),
      ]);
    }
    const of = tenant("foreign");
    const wanted = one(of, "Namespace");
    const foreign = { apiVersion: "v1", kind: "Namespace", metadata: { name: `tenant-${of.tenantId}` } };
    expect(await provisioner.apply(foreign)).toEqual(denied(403, "tenantry-scope"));
    expect(await provisioner.apply({ ...wanted, metadata: { ...wanted.metadata, name: `other-${run}` } })).toEqual(
      denied(403, "tenantry-scope"),
    );
    expect((await admin.apply(foreign)).status).toBe(201);
    expect(await provisioner.apply(wanted)).toEqual(denied(403, "tenantry-scope"));
    expect(await provisioner.delete(wanted)).toEqual(denied(403, "tenantry-scope"));
  });

  test("is told in words that a namespace lost the label by which it may delete it, and deletes it once that is back", async () => {
    const of = await onboard(tenant("unmarked"));
    const namespace = one(of, "Namespace");
    const label = (value: string | null): Promise<Answer> => {
      const labels = { "app.kubernetes.io/managed-by": value };
      return admin.send(
        "PATCH",
        `/api/v1/namespaces/${namespace.metadata?.name}`,
        { metadata: { labels } },
        "application/merge-patch+json",
      );
    };
    expect((await label(null)).status).toBe(200);
    for (const object of [one(of, "RoleBinding"), namespace])
      expect(await provisioner.delete(object)).toEqual(denied(403, "the control plane may only touch"));
    expect((await label("tenantry")).status).toBe(200);
    for (const object of [one(of, "RoleBinding"), namespace]) expect((await provisioner.delete(object)).status).toBe(200);
  });

  test("cannot put a tenant's objects into another namespace", async () => {
    for (const object of objectsOf(tenant("astray")).slice(1)) {
      const astray = { ...object, metadata: { ...object.metadata, namespace: "default" } };
      const { status, message } = await provisioner.apply(astray);
      // A binding is denied by two policies, and the API server tells of one of them.
      expect([objectKey(object), status, message]).toEqual([objectKey(object), 403, expect.stringMatching(/tenantry-(scope|access)/)]);
    }
  });
});

describe("the fence of generations", () => {
  const at = (object: KubernetesObject, generation: string | undefined): KubernetesObject => {
    const { [ANNOTATION_GENERATION]: _old, ...rest } = object.metadata?.annotations ?? {};
    return {
      ...object,
      metadata: { ...object.metadata, annotations: generation === undefined ? rest : { ...rest, [ANNOTATION_GENERATION]: generation } },
    };
  };

  test("denies every object a generation lower than its own, and takes the same and a higher one", async () => {
    const of = await onboard(tenant("fence"));
    for (const object of objectsOf(of).reverse()) {
      const key = objectKey(object);
      expect([key, await provisioner.apply(at(object, "4"))]).toEqual([key, denied(422, "generation 4 is lower than 5")]);
      expect([key, (await provisioner.apply(at(object, "5"))).status]).toEqual([key, 200]);
      expect([key, (await provisioner.apply(at(object, "10"))).status]).toEqual([key, 200]);
      expect([key, await provisioner.apply(at(object, "9"))]).toEqual([key, denied(422, "generation 9 is lower than 10")]);
    }
  });

  test("denies an object that takes the annotation away, or whose generation is no number", async () => {
    const of = await onboard(tenant("missing"));
    for (const object of objectsOf(of))
      for (const generation of [undefined, "", "-1", "6.5", "six", "9".repeat(30)])
        expect([objectKey(object), generation, await provisioner.apply(at(object, generation))]).toEqual([
          objectKey(object),
          generation,
          denied(422, "missing or not a number"),
        ]);
  });

  test("denies the re-creation of an object by a generation lower than the namespace's", async () => {
    const of = await onboard(tenant("recreate"));
    const quota = one(of, "ResourceQuota");
    expect((await provisioner.apply(at(one(of, "Namespace"), "8"))).status).toBe(200);
    expect((await provisioner.delete(quota)).status).toBe(200);
    expect(await provisioner.apply(at(quota, "7"))).toEqual(denied(422, "generation 7 is lower than 8, with which the namespace"));
    expect((await provisioner.apply(at(quota, "8"))).status).toBe(201);
  });

  test("is raised by the generation alone, in a patch that leaves the rest of the Namespace as it is", async () => {
    const of = await onboard(tenant("raise"));
    const { name = "" } = one(of, "Namespace").metadata ?? {};
    const path = `/api/v1/namespaces/${name}`;
    const { metadata: before } = (await admin.send("GET", path)).body as KubernetesObject;
    const raise = (generation: string, uid = before?.uid): Promise<Answer> =>
      provisioner.send(
        "PATCH",
        `${path}?fieldManager=tenantry`,
        { metadata: { uid, annotations: { [ANNOTATION_GENERATION]: generation } } },
        "application/merge-patch+json",
      );
    expect((await raise("8")).status).toBe(200);
    const { metadata: after } = (await admin.send("GET", path)).body as KubernetesObject;
    expect(after).toMatchObject({ labels: before?.labels, annotations: { ...before?.annotations, [ANNOTATION_GENERATION]: "8" } });
    expect(await provisioner.apply(at(one(of, "RoleBinding"), "7"))).toEqual(denied(422, "generation 7 is lower than 8"));
    expect(await raise("6")).toEqual(denied(422, "generation 6 is lower than 8"));
    expect(await raise("9", "00000000-0000-0000-0000-000000000000")).toEqual(denied(422, "metadata.uid"));
  });

  test("lets an administrator take a wrong generation away", async () => {
    const of = await onboard(tenant("repair"));
    const namespace = one(of, "Namespace");
    const path = `/api/v1/namespaces/${namespace.metadata?.name}`;
    const annotate = (value: string | null): Promise<Answer> =>
      admin.send("PATCH", path, { metadata: { annotations: { [ANNOTATION_GENERATION]: value } } }, "application/merge-patch+json");
    expect((await annotate("999999")).status).toBe(200);
    expect(await provisioner.apply(at(namespace, "6"))).toEqual(denied(422, "generation 6 is lower than 999999"));
    expect((await annotate(null)).status).toBe(200);
    expect((await provisioner.apply(at(namespace, "6"))).status).toBe(200);
  });
});

describe("a tenant", () => {
  test("runs pods up to its tier's priority, and none that Pod Security refuses", async () => {
    const of = await onboard(tenant("pods", { desired: { tier: "basic" } }));
    const namespace = `tenant-${of.tenantId}`;
    const member = new AsUser({
      name: `system:serviceaccount:${namespace}:${namespace}`,
      groups: ["system:authenticated", "system:serviceaccounts"],
    });
    const path = `/api/v1/namespaces/${namespace}/pods`;
    await admin.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace } });
    for (const name of [undefined, "tenant-default", "tenant-basic"])
      expect([name, (await member.send("POST", path, pod(name))).status]).toEqual([name, 201]);
    for (const name of ["tenant-standard", "tenant-premium", "system-cluster-critical"])
      expect([name, await member.send("POST", path, pod(name))]).toEqual([name, denied(403, "tenantry-priority")]);
    const root = { ...pod(), spec: { containers: [{ name: "c", image: "pause" }] } };
    expect(await member.send("POST", path, root)).toEqual(denied(403, "PodSecurity"));
  });

  test("reaches nothing that holds it in, and no other tenant", async () => {
    const of = await onboard(tenant("inside"));
    const other = await onboard(tenant("neighbour"));
    const namespace = `tenant-${of.tenantId}`;
    const member = new AsUser({ name: `system:serviceaccount:${namespace}:${namespace}`, groups: ["system:authenticated"] });
    expect((await member.send("GET", `/api/v1/namespaces/${namespace}/secrets`)).status).toBe(200);
    expect(await member.send("GET", `/api/v1/namespaces/tenant-${other.tenantId}/pods`)).toEqual(denied(403, "pods"));
    for (const object of objectsOf(of)) expect([objectKey(object), (await member.delete(object)).status]).toEqual([objectKey(object), 403]);
    expect((await member.send("POST", `/api/v1/namespaces/${namespace}/serviceaccounts/${namespace}/token`, {})).status).toBe(403);
  });
});
