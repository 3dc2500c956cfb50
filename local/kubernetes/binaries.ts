import { existsSync } from "node:fs";
import { copyFile, cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cached } from "../cache.ts";
import { run } from "../commands.ts";
import { fetchReleaseAsset, fetchText, fetchVerified, writeExecutable } from "../download.ts";
import { type Log, messageOf, UserError, withHeartbeat } from "../log.ts";
import { projectDir } from "../paths.ts";
import { versions } from "../versions.ts";
import { goBuild, goInstall, goModuleDir } from "./go.ts";

/** Paths of everything the embedded cluster runs. */
export interface Binaries {
  etcd: string;
  apiServer: string;
  controllerManager: string;
  scheduler: string;
  kwok: string;
  kwokStages: string;
  authenticator: string;
  serviceMonitorCrd: string;
}

const os = process.platform;
const arch = process.arch === "x64" ? "amd64" : process.arch;
const kube = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;

/** Tries each source in turn; the error that remains says why each failed, and what to do. */
async function firstOf(what: string, log: Log, sources: [name: string, get: () => Promise<void>][]): Promise<void> {
  const failures: string[] = [];
  for (const [name, get] of sources) {
    try {
      log(`${what}: trying ${name}`);
      return await withHeartbeat(log, what, get);
    } catch (error) {
      failures.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw new UserError(
    `cannot get ${what} (${failures.join("; ")}). Remedy: connect to the internet, or install Go >= 1.25, or set KUBEBUILDER_ASSETS to a directory that holds it.`,
  );
}

async function copyAssets(dir: string, names: readonly string[]): Promise<void> {
  const assets = process.env["KUBEBUILDER_ASSETS"];
  if (!assets) throw new Error("KUBEBUILDER_ASSETS is not set");
  for (const name of names) await copyFile(join(assets, name), join(dir, name));
}

async function downloadKubernetes(dir: string): Promise<void> {
  if (os !== "linux") throw new Error(`no official server binaries for ${os}`);
  const base = `https://dl.k8s.io/release/v${versions.kubernetes}/bin/${os}/${arch}`;
  for (const name of kube) {
    const sha256 = await fetchText(`${base}/${name}.sha256`);
    await writeExecutable(join(dir, name), await fetchVerified(`${base}/${name}`, sha256));
  }
  const asset = `etcd-v${versions.etcd}-${os}-${arch}.tar.gz`;
  const archive = join(dir, asset);
  await writeFile(archive, await fetchReleaseAsset("etcd-io/etcd", `v${versions.etcd}`, asset));
  await run("tar", ["-xzf", archive, "-C", dir, "--strip-components=1", `${asset.replace(".tar.gz", "")}/etcd`]);
  await rm(archive);
}

/** A folder with only go.mod and go.sum builds all four: they are its tools. */
async function buildKubernetes(dir: string): Promise<void> {
  const module = await mkdtemp(join(tmpdir(), "tenantry-control-plane-"));
  try {
    await cp(join(projectDir, "local/kubernetes/build/control-plane"), module, { recursive: true });
    await goBuild(module, dir, `v${versions.kubernetes}`);
    await rename(join(dir, "server"), join(dir, "etcd"));
  } finally {
    await rm(module, { recursive: true, force: true });
  }
}

async function controlPlane(log: Log): Promise<string> {
  return await cached(`kubernetes-${versions.kubernetes}`, log, async (dir) => {
    await firstOf(`Kubernetes ${versions.kubernetes} and etcd`, log, [
      ["KUBEBUILDER_ASSETS", () => copyAssets(dir, ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"])],
      ["the official releases", () => downloadKubernetes(dir)],
      ["building with Go (about 6 minutes on 2 cores, once)", () => buildKubernetes(dir)],
    ]);
  });
}

async function kwok(log: Log): Promise<string> {
  const tag = `v${versions.kwok}`;
  return await cached(`kwok-${versions.kwok}`, log, async (dir) => {
    await firstOf(`kwok ${versions.kwok}`, log, [
      [
        "its GitHub release",
        async () => {
          await writeExecutable(join(dir, "kwok"), await fetchReleaseAsset("kubernetes-sigs/kwok", tag, `kwok-${os}-${arch}`));
          await writeFile(join(dir, "stages.yaml"), await fetchReleaseAsset("kubernetes-sigs/kwok", tag, "stage-fast.yaml"));
        },
      ],
      [
        "building with Go (about 2 minutes)",
        async () => {
          await goInstall("sigs.k8s.io/kwok/cmd/kwok", tag, dir);
          const stages = join(await goModuleDir("sigs.k8s.io/kwok", tag), "kustomize/stage");
          await writeFile(join(dir, "stages.yaml"), await joinStages(stages));
        },
      ],
    ]);
  });
}

/** Nodes become ready at once, pods run as soon as they are scheduled and go as soon as they are deleted. */
async function joinStages(dir: string): Promise<string> {
  const documents: string[] = [];
  for (const folder of ["node/fast", "node/heartbeat", "pod/fast"]) {
    for (const file of (await readdir(join(dir, folder))).sort()) {
      if (file.endsWith(".yaml") && file !== "kustomization.yaml") documents.push(await readFile(join(dir, folder, file), "utf8"));
    }
  }
  return documents.join("\n---\n");
}

async function authenticator(log: Log): Promise<string> {
  const version = versions.iamAuthenticator;
  return await cached(`aws-iam-authenticator-${version}`, log, async (dir) => {
    await firstOf(`aws-iam-authenticator ${version}`, log, [
      [
        "its GitHub release",
        async () => {
          const asset = `aws-iam-authenticator_${version}_${os}_${arch}`;
          const bytes = await fetchReleaseAsset("kubernetes-sigs/aws-iam-authenticator", `v${version}`, asset);
          await writeExecutable(join(dir, "aws-iam-authenticator"), bytes);
        },
      ],
      [
        "building with Go (about 2 minutes)",
        () => goInstall("sigs.k8s.io/aws-iam-authenticator/cmd/aws-iam-authenticator", `v${version}`, dir),
      ],
    ]);
  });
}

const SERVICE_MONITOR_CRD_SHA256 = "1dae27b7189b5ce7b9ab764656c18b4c75a45cde1e6f3af6a5e84c4317628919";

/** The operator's own CRD, so that the real schema judges our ServiceMonitors. */
async function prometheusCrds(log: Log): Promise<string> {
  const module = "github.com/prometheus-operator/prometheus-operator";
  const path = "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml";
  const tag = `v${versions.prometheusOperator}`;
  return await cached(`prometheus-operator-crds-${versions.prometheusOperator}`, log, async (dir) => {
    const target = join(dir, "servicemonitors.yaml");
    await firstOf(`the Prometheus operator's CRDs ${versions.prometheusOperator}`, log, [
      [
        "GitHub",
        async () => {
          const url = `https://raw.githubusercontent.com/prometheus-operator/prometheus-operator/${tag}/${path}`;
          await writeFile(target, await fetchVerified(url, SERVICE_MONITOR_CRD_SHA256));
        },
      ],
      ["the Go module", async () => copyFile(join(await goModuleDir(module, tag), path), target)],
    ]);
  });
}

/** Sequential on purpose: a cold build already uses every core. */
export async function kubernetesBinaries(log: Log): Promise<Binaries> {
  const control = await controlPlane(log);
  const kwokDir = await kwok(log);
  const authenticatorDir = await authenticator(log);
  const crds = await prometheusCrds(log);
  const binaries: Binaries = {
    etcd: join(control, "etcd"),
    apiServer: join(control, "kube-apiserver"),
    controllerManager: join(control, "kube-controller-manager"),
    scheduler: join(control, "kube-scheduler"),
    kwok: join(kwokDir, "kwok"),
    kwokStages: join(kwokDir, "stages.yaml"),
    authenticator: join(authenticatorDir, "aws-iam-authenticator"),
    serviceMonitorCrd: join(crds, "servicemonitors.yaml"),
  };
  for (const path of Object.values(binaries)) {
    if (!existsSync(path)) throw new UserError(`${path} is missing. Remedy: delete its directory and start again.`);
  }
  return binaries;
}
