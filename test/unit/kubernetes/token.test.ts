import { describe, expect, jest, test } from "@jest/globals";
import type { STSClient } from "@aws-sdk/client-sts";
import { assumeRoleBy, EksTokens, signToken } from "../../../shared/adapters/kubernetes/token.ts";
import { ClusterError } from "../../../shared/ports.ts";

const cluster = {
  name: "shared-1",
  eksClusterName: "prod",
  region: "eu-west-1",
  roleArn: "arn:aws:iam::111122223333:role/tenantry-cluster-prod",
};
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "wJalr/EXAMPLE", sessionToken: "session+token/==" };
const start = Date.parse("2026-03-01T12:00:00Z");
const urlOf = (token: string): URL => new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString("utf8"));
const clockAt = () => {
  const clock = { ms: start, now: () => new Date(clock.ms) };
  return clock;
};

/** An STS that counts, and answers credentials of an hour. */
function sts(clock: { now(): Date }) {
  const send = jest.fn((_command: { input: unknown }) => {
    const Expiration = new Date(clock.now().getTime() + 3_600_000);
    return Promise.resolve({
      Credentials: { AccessKeyId: `AKIA${send.mock.calls.length}`, SecretAccessKey: "secret", SessionToken: "session", Expiration },
    });
  });
  return { send, client: { send } as unknown as STSClient };
}

describe("an EKS token", () => {
  test("is a presigned GetCallerIdentity of the region that names the cluster in a signed header", async () => {
    const token = await signToken(cluster, credentials, new Date(start));
    expect(token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
    const url = urlOf(token);
    expect([url.protocol, url.host, url.pathname]).toEqual(["https:", "sts.eu-west-1.amazonaws.com", "/"]);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      Action: "GetCallerIdentity",
      Version: "2011-06-15",
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": "AKIAEXAMPLE/20260301/eu-west-1/sts/aws4_request",
      "X-Amz-Date": "20260301T120000Z",
      "X-Amz-Expires": "60",
      "X-Amz-Security-Token": "session+token/==",
      "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
      "X-Amz-Signature": expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test("differs for another cluster by its signature, though the header itself is not in it", async () => {
    const [one, other] = await Promise.all(
      ["prod", "test"].map(async (name) => urlOf(await signToken({ ...cluster, eksClusterName: name }, credentials, new Date(start)))),
    );
    expect(one?.searchParams.get("X-Amz-Signature")).not.toBe(other?.searchParams.get("X-Amz-Signature"));
    expect(one?.href).not.toContain("prod");
  });

  test("goes to the partition's own STS in China", async () => {
    expect(urlOf(await signToken({ ...cluster, region: "cn-north-1" }, credentials, new Date(start))).host).toBe(
      "sts.cn-north-1.amazonaws.com.cn",
    );
  });
});

describe("tokens of a cluster", () => {
  const make = () => {
    const clock = clockAt();
    const { send, client } = sts(clock);
    const tokens = new EksTokens(
      cluster,
      assumeRoleBy(() => client, "tenantry-prod-reconcile[1]", clock),
      clock,
    );
    return { clock, send, tokens };
  };

  test("are minted for the cluster's role, in a session that bears the function's name", async () => {
    const { send, tokens } = make();
    await tokens.get();
    expect(send.mock.calls[0]?.[0].input).toEqual({ RoleArn: cluster.roleArn, RoleSessionName: "tenantry-prod-reconcile-1-" });
  });

  test("callers at the same time share one mint, and later ones its token, for just under 15 minutes", async () => {
    const { clock, send, tokens } = make();
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.get()));
    clock.ms += 13 * 60_000;
    expect(new Set([...all, await tokens.get()]).size).toBe(1);
    clock.ms += 61_000;
    expect(await tokens.get()).not.toBe(all[0]);
    expect(send).toHaveBeenCalledTimes(1);
  });

  test("credentials that would not outlive a token are taken anew", async () => {
    const { clock, send, tokens } = make();
    await tokens.get();
    clock.ms += 45 * 60_000;
    await tokens.get();
    expect(send).toHaveBeenCalledTimes(2);
  });

  test("a refused token is not handed out again; refusing an older one changes nothing", async () => {
    const { clock, tokens } = make();
    const first = await tokens.get();
    tokens.refuse(first);
    clock.ms += 1_000;
    const second = await tokens.get();
    expect(second).not.toBe(first);
    tokens.refuse(first);
    expect(await tokens.get()).toBe(second);
  });

  test("a role that may not be assumed is an error that names role and cluster, and the next caller tries again", async () => {
    const clock = clockAt();
    const { client } = sts(clock);
    const denied = Object.assign(new Error("not authorized to perform: sts:AssumeRole"), { name: "AccessDenied" });
    const send = jest.fn(client.send as () => Promise<unknown>).mockRejectedValueOnce(denied);
    const tokens = new EksTokens(
      cluster,
      assumeRoleBy(() => ({ send }) as unknown as STSClient, "f", clock),
      clock,
    );
    const error = await Promise.resolve(tokens.get()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ClusterError);
    expect(error).toMatchObject({
      status: undefined,
      reason: "TokenUnavailable",
      retryable: true,
      message: expect.stringMatching(/shared-1.*tenantry-cluster-prod.*AccessDenied/),
    });
    expect(await tokens.get()).toMatch(/^k8s-aws-v1\./);
  });
});
