import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { DynamoDBClient, GetItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { Agent, request } from "undici";
import { CLUSTER_NAME, PROVISIONER_GROUP, PROVISIONER_ROLE_ARN } from "../../local/kubernetes/authenticator.ts";
import { kubectl as runKubectl } from "../../local/kubernetes/kubectl.ts";
import { assumeRoleBy, type Credentials, signToken } from "../../shared/adapters/kubernetes/token.ts";
import { describeRight } from "../../shared/domain/access-right.ts";
import { provisionerRights } from "../../shared/manifests/bootstrap/provisioner.ts";
import platform from "../../config/tenantry.ts";
import { realApiServer } from "../support/faulty-cluster.ts";
import { fixedToken, makeClient } from "../support/real-cluster.ts";
import { anId, api, kubectl, kubeObject, tableName, untilPhase } from "../support/stack.ts";

// What somebody could do who took a function's way to the cluster: the real token of the real role, on the real API server.
// test/integration/bootstrap.test.ts asks the same of each right in turn, through an administrator who plays the part.

const cluster = { region: "us-east-1", eksClusterName: CLUSTER_NAME };
const clock = { now: () => new Date() };
const sts = new STSClient({});
const { server, caData } = realApiServer();
const dispatcher = new Agent({ connect: { ca: Buffer.from(caData, "base64").toString("utf8") } });
let credentials: Credentials;
let token: string;

interface Asked {
  body?: object;
  contentType?: string;
  bearer?: string | null;
}

async function ask(
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  { body, contentType = "application/json", bearer = token }: Asked = {},
) {
  const headers = { "content-type": contentType, ...(bearer !== null && { authorization: `Bearer ${bearer}` }) };
  const answer = await request(`${server}${path}`, { dispatcher, method, headers, body: body === undefined ? null : JSON.stringify(body) });
  const text = await answer.body.text();
  const json = text.startsWith("{") ? JSON.parse(text) : { message: text };
  return { status: answer.statusCode, message: String(json.message ?? ""), body: json };
}

const apply = (path: string, body: object) =>
  ask("PATCH", `${path}?fieldManager=tenantry&force=true`, { body, contentType: "application/apply-patch+yaml" });
const reviewed = (bearer: string | null) =>
  ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {
    bearer,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
  });

/** Applied by the cluster's administrator. */
const asAdministrator = (object: object): Promise<string> =>
  runKubectl(process.env["KUBECONFIG"] ?? "", () => {}, ["apply", "-f", "-"], JSON.stringify(object));

const tenantId = anId("target");
const namespace = `tenant-${tenantId}`;

beforeAll(async () => {
  credentials = await assumeRoleBy(() => sts, "attack", clock)({ roleArn: PROVISIONER_ROLE_ARN, region: cluster.region });
  token = await signToken(cluster, credentials, clock.now());
  await api("POST", "/tenants", { tenantId, name: "Target", tier: "basic" });
  await untilPhase(tenantId, "Ready");
  await api("PATCH", `/tenants/${tenantId}`, { tier: "premium" });
  await untilPhase(tenantId, "Ready");
});
afterAll(() => dispatcher.destroy());

describe("The provisioner's token", () => {
  test("is that of a user of the provisioner's group, named after its session, and of no administrator", async () => {
    const { status, body } = await reviewed(token);
    expect(status).toBe(201);
    expect(body.status.userInfo.username).toBe(`${PROVISIONER_GROUP}:attack`);
    expect(body.status.userInfo.groups.sort()).toEqual(["system:authenticated", PROVISIONER_GROUP].sort());
  });

  test("gives, by the API server's own reviews, every right that a registration asks for, and none to Secrets", async () => {
    const { api: client, close } = makeClient({ cluster: { name: CLUSTER_NAME, server, caData }, tokens: fixedToken(token) });
    const signal = AbortSignal.timeout(30_000);
    const denied: string[] = [];
    for (const right of provisionerRights(platform)) if (!(await client.allows(right, signal))) denied.push(describeRight(right));
    expect(denied).toEqual([]);
    for (const verb of ["get", "list", "create"]) expect(await client.allows({ verb, group: "", resource: "secrets" }, signal)).toBe(false);
    await close();
  });

  test("reads no Secret, anywhere, and no token of a service account", async () => {
    for (const path of [
      "/api/v1/secrets",
      `/api/v1/namespaces/${namespace}/secrets`,
      "/api/v1/namespaces/kube-system/secrets",
      `/api/v1/namespaces/${namespace}/secrets/any`,
    ])
      expect([path, (await ask("GET", path)).status]).toEqual([path, 403]);
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${namespace}/token`;
    expect((await ask("POST", path, { body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} } })).status).toBe(
      403,
    );
  });

  test("makes nobody a cluster-admin, itself included", async () => {
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" };
    const subjects = [{ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: PROVISIONER_GROUP }];
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    const binding = (kind: string, name: string, within?: string) => ({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind,
      metadata: { name, ...(within && { namespace: within }) },
      roleRef,
      subjects,
    });
    expect((await apply(`${rbac}/clusterrolebindings/mine`, binding("ClusterRoleBinding", "mine"))).status).toBe(403);
    for (const within of [namespace, "kube-system"])
      expect(
        (await apply(`${rbac}/namespaces/${within}/rolebindings/tenant-binding`, binding("RoleBinding", "tenant-binding", within))).status,
      ).toBe(403);
    const everything = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: PROVISIONER_GROUP },
      rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
    };
    const own = JSON.parse(await kubectl("get", "clusterroles", "-o", "json")).items.map(
      (role: { metadata: { name: string } }) => role.metadata.name,
    );
    const ours = own.filter((name: string) => name.startsWith("tenantry"));
    expect(ours.length).toBeGreaterThan(0);
    for (const name of ours)
      expect([name, (await apply(`${rbac}/clusterroles/${name}`, { ...everything, metadata: { name } })).status]).toEqual([name, 403]);
  });

  test("takes away no namespace but a tenant's, and nothing that fences it in", async () => {
    for (const name of ["kube-system", "default", "kube-public"])
      expect([name, (await ask("DELETE", `/api/v1/namespaces/${name}`)).status]).toEqual([name, 403]);
    const admission = "/apis/admissionregistration.k8s.io/v1";
    const policies = JSON.parse(await kubectl("get", "validatingadmissionpolicies", "-o", "json")).items.map(
      (policy: { metadata: { name: string } }) => policy.metadata.name,
    );
    expect(policies.length).toBeGreaterThan(0);
    for (const name of policies) {
      expect([name, (await ask("DELETE", `${admission}/validatingadmissionpolicies/${name}`)).status]).toEqual([name, 403]);
      expect([name, (await ask("DELETE", `${admission}/validatingadmissionpolicybindings/${name}`)).status]).toEqual([name, 403]);
    }
    expect((await kubeObject("namespace", "kube-system")).status.phase).toBe("Active");
  });

  test("lowers no generation", async () => {
    const { metadata } = await kubeObject("namespace", namespace);
    expect(metadata.annotations["tenantry.dev/generation"]).toBe("2");
    const { name, labels, annotations, uid } = metadata;
    const older = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels, uid, annotations: { ...annotations, "tenantry.dev/generation": "1" } },
    };
    const { status, message } = await apply(`/api/v1/namespaces/${namespace}`, older);
    expect({ status, message }).toEqual({ status: 422, message: expect.stringContaining("generation 1 is lower than 2") });
    expect((await kubeObject("namespace", namespace)).metadata.resourceVersion).toBe(metadata.resourceVersion);
  });

  test("leaves the platform's own workloads alone, and of a tenant's touches only whether they sleep", async () => {
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "registry.k8s.io/pause:3.10" }] } };
    const labels = { app: tenantId };
    const merge = (path: string, body: object) => ask("PATCH", path, { body, contentType: "application/merge-patch+json" });
    const container = { name: "c", image: "attack", securityContext: { privileged: true } };
    const evil = { spec: { jobTemplate: { spec: { template: { spec: { containers: [container] } } } } } };
    const workloads = (within: string) => [
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: tenantId, namespace: within },
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: template.spec.containers } },
        },
      },
      {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: { name: tenantId, namespace: within },
        spec: { schedule: "0 0 1 1 *", suspend: true, jobTemplate: { spec: { template } } },
      },
    ];
    const apps = (within: string): string => `/apis/apps/v1/namespaces/${within}/deployments/${tenantId}`;
    const cron = (within: string): string => `/apis/batch/v1/namespaces/${within}/cronjobs/${tenantId}`;
    for (const within of ["kube-system", namespace]) {
      for (const workload of workloads(within)) await asAdministrator(workload);
      expect([within, (await merge(cron(within), evil)).status]).toEqual([within, 403]);
      expect([within, (await merge(apps(within), { spec: { template: { spec: { containers: [container] } } } })).status]).toEqual([
        within,
        403,
      ]);
    }
    expect((await merge(cron("kube-system"), { spec: { suspend: false } })).status).toBe(403);
    expect((await merge(`${apps("kube-system")}/scale`, { spec: { replicas: 1 } })).status).toBe(403);
    expect((await merge(cron(namespace), { spec: { suspend: false } })).status).toBe(200);
    expect((await merge(`${apps(namespace)}/scale`, { spec: { replicas: 1 } })).status).toBe(200);
    for (const kind of ["deployment", "cronjob"]) await kubectl("delete", kind, tenantId, "-n", "kube-system");
  });

  test("does not act as another: neither by impersonation nor through a tenant's pods", async () => {
    const headers = { authorization: `Bearer ${token}`, "impersonate-user": "tenantry-local-admin", "impersonate-group": "system:masters" };
    expect((await request(`${server}/api/v1/secrets`, { dispatcher, headers })).statusCode).toBe(403);
    expect((await ask("POST", `/api/v1/namespaces/${namespace}/pods/any/exec?command=sh`)).status).toBe(403);
    expect(
      (
        await ask("POST", `/api/v1/namespaces/${namespace}/pods`, {
          body: { apiVersion: "v1", kind: "Pod", metadata: { name: "any" }, spec: { containers: [] } },
        })
      ).status,
    ).toBe(403);
  });
});

describe("A token is refused", () => {
  const urlOf = (text: string): URL => new URL(Buffer.from(text.replace("k8s-aws-v1.", ""), "base64url").toString("utf8"));
  const tokenOf = (url: URL): string => `k8s-aws-v1.${Buffer.from(url.toString()).toString("base64url")}`;
  const changed = (change: (url: URL) => void): string => {
    const url = urlOf(token);
    change(url);
    return tokenOf(url);
  };
  const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);
  const refused: Record<string, () => string | Promise<string>> = {
    "that was signed for another cluster": () => signToken({ ...cluster, eksClusterName: "another" }, credentials, clock.now()),
    "that is older than its 15 minutes": () => signToken(cluster, credentials, minutesAgo(16)),
    "whose date was moved on afterwards": async () => {
      const url = urlOf(await signToken(cluster, credentials, minutesAgo(16)));
      url.searchParams.set("X-Amz-Date", urlOf(token).searchParams.get("X-Amz-Date") ?? "");
      return tokenOf(url);
    },
    "with another signature": () => changed(({ searchParams }) => searchParams.set("X-Amz-Signature", randomBytes(32).toString("hex"))),
    "under another access key": () =>
      changed(({ searchParams }) =>
        searchParams.set("X-Amz-Credential", (searchParams.get("X-Amz-Credential") ?? "").replace(/^[^/]+/, "AKIAXXXXXXXXXXXXXXXX")),
      ),
    "that asks STS for something else": () => changed(({ searchParams }) => searchParams.set("Action", "AssumeRole")),
    "whose cluster is not under the signature": () => changed(({ searchParams }) => searchParams.set("X-Amz-SignedHeaders", "host")),
    "that would have another host vouch for it": () =>
      changed((url) => {
        url.host = "sts.us-east-1.amazonaws.com.example";
      }),
    "of an identity that the cluster does not map": () => {
      const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = process.env;
      return signToken(cluster, { accessKeyId, secretAccessKey, sessionToken: undefined as unknown as string }, clock.now());
    },
    "that is garbage": () => "k8s-aws-v1.Z2FyYmFnZQ",
  };
  test.each(Object.keys(refused))("%s", async (what) => {
    expect((await reviewed(token)).status).toBe(201);
    const { status, body } = await reviewed(await (refused[what] as () => string | Promise<string>)());
    expect({ status, reason: body.reason }).toEqual({ status: 401, reason: "Unauthorized" });
  });

  test("where there is none, for all that is a tenant's", async () => {
    expect((await ask("GET", `/api/v1/namespaces/${namespace}`, { bearer: null })).status).toBe(403);
  });
});

describe("The cluster's role is only a name in AWS", () => {
  const denied = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "allowed",
      (error: Error) => error.name,
    );

  test("its session reads no table, sends nothing and takes no function's role", async () => {
    const session = { credentials };
    const [dynamodb, events, sqs, stranger] = [
      new DynamoDBClient(session),
      new EventBridgeClient(session),
      new SQSClient(session),
      new STSClient(session),
    ];
    const Key = { pk: { S: `TENANT#${tenantId}` }, sk: { S: "TENANT" } };
    const entry = {
      EventBusName: process.env["TENANTRY_EVENT_BUS"],
      Source: "signup",
      DetailType: "TenantOffboardingRequested",
      Detail: JSON.stringify({ data: { tenantId } }),
    };
    const role = (key: string): string => `arn:aws:iam::000000000000:role/tenantry-local-${key}-us-east-1`;
    const refusals = {
      GetItem: await denied(dynamodb.send(new GetItemCommand({ TableName: tableName(), Key }))),
      Scan: await denied(dynamodb.send(new ScanCommand({ TableName: tableName() }))),
      PutEvents: await denied(events.send(new PutEventsCommand({ Entries: [entry] }))),
      GetQueueUrl: await denied(sqs.send(new GetQueueUrlCommand({ QueueName: "tenantry-local-onboarding" }))),
      AssumeRole: await denied(stranger.send(new AssumeRoleCommand({ RoleArn: role("onboarding-api"), RoleSessionName: "attack" }))),
    };
    for (const [call, error] of Object.entries(refusals)) expect([call, error]).toEqual([call, expect.stringMatching(/AccessDenied/)]);
  });
});
