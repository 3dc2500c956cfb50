import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse, stringify } from "yaml";
import { kubectl } from "../../local/kubernetes/kubectl.ts";
import { grant, signIn } from "../support/people.ts";
import { anId, api, untilPhase } from "../support/stack.ts";

const tenantId = anId("people");
const dir = mkdtempSync(join(tmpdir(), "tenantry-kubeconfig-"));
const file = join(dir, "kubeconfig.yaml");
let yaml: string;

const asPerson = (kubeconfig: string, ...args: string[]): Promise<string> => kubectl(kubeconfig, () => {}, args);

beforeAll(async () => {
  await api("POST", "/tenants", { tenantId, name: "People", tier: "basic" });
  await untilPhase(tenantId, "Ready");
  await grant(tenantId, "anna@example.com", "tenant-viewer");
  const answer = await api("GET", `/tenants/${tenantId}/kubeconfig`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/yaml"]);
  yaml = answer.body;
  writeFileSync(file, yaml);
});
afterAll(() => rmSync(dir, { recursive: true }));

describe("The kubeconfig of a tenant's people", () => {
  test("is read by kubectl as it comes", async () => {
    const seen = JSON.parse(await asPerson(file, "config", "view", "--raw", "--output=json"));
    expect(seen).toEqual(parse(yaml));
    expect((await asPerson(file, "config", "current-context")).trim()).toBe(`tenant-${tenantId}`);
  });

  test("is JSON where that is asked for", async () => {
    const answer = await api("GET", `/tenants/${tenantId}/kubeconfig`, undefined, { headers: { accept: "application/json" } });
    expect([answer.status, answer.headers.get("content-type"), answer.body]).toEqual([200, "application/json", parse(yaml)]);
  });

  test("reaches the tenant's namespace with what the plugin hands over", async () => {
    // In kubelogin's place, a program that prints a token of the issuer that the kubeconfig names.
    const kubeconfig = parse(yaml);
    const { exec } = kubeconfig.users[0].user;
    const issuer = exec.args.find((arg: string) => arg.startsWith("--oidc-issuer-url=")).split("=")[1];
    const token = await signIn("anna@example.com", { iss: issuer });
    const credential = JSON.stringify({ apiVersion: exec.apiVersion, kind: "ExecCredential", status: { token } });
    Object.assign(exec, { command: "/bin/sh", args: ["-c", `echo '${credential}'`] });
    const signedIn = join(dir, "signed-in.yaml");
    writeFileSync(signedIn, stringify(kubeconfig));

    const pods = JSON.parse(await asPerson(signedIn, "get", "pods", "--output=json"));
    expect(pods).toMatchObject({ kind: "List", items: [] });
    expect(JSON.parse(await asPerson(signedIn, "auth", "whoami", "--output=json")).status.userInfo.username).toBe("oidc:anna@example.com");
    await expect(asPerson(signedIn, "get", "pods", "--namespace=kube-system")).rejects.toThrow("Forbidden");
  });

  test("takes a token by hand instead of the plugin", async () => {
    const token = await signIn("anna@example.com");
    expect(await asPerson(file, "--token", token, "get", "pods", "--output=name")).toBe("");
    await expect(asPerson(file, "--token", await signIn("bob@example.com"), "get", "pods")).rejects.toThrow("Forbidden");
  });

  test("is for those who may read access", async () => {
    const token = process.env["TENANTRY_READ_TOKEN"] ?? "";
    if (token !== "") expect((await api("GET", `/tenants/${tenantId}/kubeconfig`, undefined, { token })).status).toBe(403);
    expect((await api("GET", `/tenants/${tenantId}/kubeconfig`, undefined, { token: null })).status).toBe(401);
    expect((await api("GET", `/tenants/${anId("none")}/kubeconfig`)).body).toMatchObject({ status: 404, code: "TenantNotFound" });
  });
});
