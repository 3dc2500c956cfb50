import {
  CreateAccessEntryCommand,
  DeleteAccessEntryCommand,
  DescribeAccessEntryCommand,
  EKSClient,
  ResourceNotFoundException,
} from "@aws-sdk/client-eks";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { OWNER_TAG } from "../../shared/adapters/eks/access-entries.ts";
import { anIamUser } from "../support/iam-user.ts";
import { askCluster } from "../support/people.ts";
import { sideBySide } from "../support/side-by-side.ts";
import { anId, api, until, untilPhase, untilSwept } from "../support/stack.ts";

const eks = new EKSClient({});
/** Another entry of the registry for the stack's cluster: its people come by IAM. Nothing is placed there but what asks for it. */
const cluster = anId("iam");
const clusterName = "local";
const requirements = { "people.example.com/by": cluster };
const tenants = [anId("iam"), anId("iam")] as const;
const principal = (name: string): string => `arn:aws:iam::000000000000:role/people/${name}-${cluster}`;
const grant = (tenantId: string, userId: string): string => `/tenants/${tenantId}/grants/${userId}/tenant-viewer`;

const entryOf = async (principalArn: string) =>
  eks
    .send(new DescribeAccessEntryCommand({ clusterName, principalArn }))
    .then(({ accessEntry }) => accessEntry)
    .catch((error: unknown) => {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    });
const untilMapped = (tenantId: string, userId: string, state: string) =>
  until(
    `${userId} in ${tenantId} to be ${state}`,
    async () => {
      const { body } = await api("GET", grant(tenantId, userId));
      return body.mapping?.state === state ? body : undefined;
    },
    100,
  );
const untilGone = (principalArn: string) =>
  until("the entry to go", async () => ((await entryOf(principalArn)) === undefined ? true : undefined), 100);
/** The decommission leaves the entries to the access worker, which the sweep brings. */
const untilDeleted = (tenantId: string) =>
  untilSwept(
    `${tenantId} to be Deleted`,
    ["sweep"],
    async () => {
      const { body } = await api("GET", `/tenants/${tenantId}`);
      return body.phase === "Deleted" ? body : undefined;
    },
    150,
  );

beforeAll(async () => {
  const { roleArn, endpoint, certificateAuthority } = (await api("GET", `/clusters/${clusterName}`)).body;
  const access = { mode: "iam", usernamePrefix: "people:" };
  const address = { roleArn, endpoint, certificateAuthority, eksClusterName: clusterName };
  const put = await api("PUT", `/clusters/${cluster}`, { ...address, labels: requirements, capacity: 1, access });
  expect(put.status).toBe(201);
  for (const tenantId of tenants) {
    await api("POST", "/tenants", { tenantId, name: "By IAM", tier: "basic", requirements });
    expect(await untilPhase(tenantId, "Ready")).toMatchObject({ cluster });
  }
});
afterAll(async () => {
  for (const tenantId of tenants) {
    if ((await api("DELETE", `/tenants/${tenantId}`)).status === 202) await untilDeleted(tenantId);
  }
  await api("DELETE", `/clusters/${cluster}`);
}, 300_000);

/** Each has people of its own, and most of its time is the pause between two looks at an entry. */
const scenarios = {
  "a person of two tenants has one access entry, seen to stand, that goes with the last of their grants": async () => {
    const anna = "anna@example.com";
    const principalArn = principal("anna");
    for (const tenantId of tenants) {
      const { status, body } = await api("PUT", grant(tenantId, anna), { principalArn });
      expect([status, body]).toMatchObject([201, { principalArn, sources: [{ source: "direct", principalArn }] }]);
    }
    expect((await untilMapped(tenants[0], anna, "Mapped")).mapping).toEqual({
      state: "Mapped",
      cluster,
      principalArn,
      username: "people:anna@example.com",
    });
    await untilMapped(tenants[1], anna, "Mapped");
    expect(await entryOf(principalArn)).toMatchObject({ username: "people:anna@example.com", kubernetesGroups: [], type: "STANDARD" });

    expect((await api("DELETE", grant(tenants[0], anna))).status).toBe(204);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(await entryOf(principalArn)).toBeDefined();
    expect((await api("DELETE", grant(tenants[1], anna))).status).toBe(204);
    await untilGone(principalArn);
  },

  "the IAM user of a grant does in the tenant what the role allows, nowhere else, and nothing once the entry is gone": async () => {
    const gina = await anIamUser(`gina-${cluster}`, "/people/");
    const pods = async (namespace: string): Promise<number> =>
      (await askCluster(await gina.token(clusterName), `/api/v1/namespaces/${namespace}/pods`)).status;
    expect(await pods(`tenant-${tenants[0]}`)).toBe(401);
    await api("PUT", grant(tenants[0], "gina@example.com"), { principalArn: gina.arn });
    await untilMapped(tenants[0], "gina@example.com", "Mapped");
    expect(await Promise.all([`tenant-${tenants[0]}`, `tenant-${tenants[1]}`, "kube-system"].map(pods))).toEqual([200, 403, 403]);
    await api("DELETE", grant(tenants[0], "gina@example.com"));
    expect(await pods(`tenant-${tenants[0]}`)).not.toBe(200);
    // The API server keeps for a while what its authenticator said of a token: a new one is asked about anew.
    await until("the entry to go", async () => ((await pods(`tenant-${tenants[0]}`)) === 401 ? true : undefined), 60);
  },

  "an entry that somebody else made is not touched, and the grant says so": async () => {
    const principalArn = principal("foreign");
    await eks.send(new CreateAccessEntryCommand({ clusterName, principalArn, username: "admin" }));
    await api("PUT", grant(tenants[0], "carl@example.com"), { principalArn });
    const { mapping } = await untilMapped(tenants[0], "carl@example.com", "Refused");
    expect(mapping.message).toContain("is not of this installation (admin)");
    await api("DELETE", grant(tenants[0], "carl@example.com"));
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await entryOf(principalArn)).toMatchObject({ username: "admin" });
    await eks.send(new DeleteAccessEntryCommand({ clusterName, principalArn }));
  },

  "an entry of ours under the name of somebody who needs it no more gets the new person's name": async () => {
    const principalArn = principal("desk");
    const tags = { [OWNER_TAG]: "000000000000/us-east-1/tenantry-local" };
    await eks.send(new CreateAccessEntryCommand({ clusterName, principalArn, username: "people:dora@example.com", tags }));
    await api("PUT", grant(tenants[1], "emil@example.com"), { principalArn });
    await untilMapped(tenants[1], "emil@example.com", "Mapped");
    expect(await entryOf(principalArn)).toMatchObject({ username: "people:emil@example.com" });
  },
};

describe("On a cluster that people reach by IAM", () => {
  test("the kubeconfig signs in by the AWS CLI", async () => {
    const { status, body } = await api("GET", `/tenants/${tenants[0]}/kubeconfig`, undefined, { headers: { accept: "application/json" } });
    expect([status, body.users[0].user.exec]).toMatchObject([
      200,
      { command: "aws", args: expect.arrayContaining([`--cluster-name=${clusterName}`]) },
    ]);
  });

  sideBySide(scenarios, 180);

  test("a decommission deletes what nobody else needs, and its proof has counted: none is left", async () => {
    const principalArn = principal("fred");
    await api("PUT", grant(tenants[0], "fred@example.com"), { principalArn });
    await untilMapped(tenants[0], "fred@example.com", "Mapped");
    expect((await api("DELETE", `/tenants/${tenants[0]}`)).status).toBe(202);
    const { proof } = await untilDeleted(tenants[0]);
    expect(proof).toMatchObject({ cluster, identityMappings: 0, namespaceUid: expect.any(String) });
    expect(await entryOf(principalArn)).toBeUndefined();
  }, 240_000);
});
