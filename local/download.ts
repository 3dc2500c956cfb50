import { createHash } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";

/** Waiting for the first byte: without internet we want to know within seconds and build instead. */
const CONNECT_MS = 4_000;

export async function fetchText(url: string): Promise<string> {
  return (await fetchBytes(url)).toString("utf8");
}

export async function fetchBytes(url: string): Promise<Buffer> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error(`no answer from ${new URL(url).host}`)), CONNECT_MS);
  try {
    const response = await fetch(url, { signal: abort.signal, headers: { "user-agent": "tenantry" } });
    clearTimeout(timer);
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
    throw new Error(cause ? `${new URL(url).host}: ${cause}` : String(error instanceof Error ? error.message : error));
  } finally {
    clearTimeout(timer);
  }
}

/** The bytes behind `url`, refused unless their SHA-256 is the one given (hex). */
export async function fetchVerified(url: string, sha256: string): Promise<Buffer> {
  const bytes = await fetchBytes(url);
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== sha256.trim().toLowerCase()) throw new Error(`${url}: checksum ${actual} is not ${sha256}`);
  return bytes;
}

export async function writeExecutable(path: string, bytes: Buffer): Promise<void> {
  await writeFile(path, bytes);
  await chmod(path, 0o755);
}

/** An asset of a GitHub release, checked against the digest that GitHub holds for it. */
export async function fetchReleaseAsset(repository: string, tag: string, asset: string): Promise<Buffer> {
  const text = await fetchText(`https://api.github.com/repos/${repository}/releases/tags/${tag}`);
  const release = JSON.parse(text) as { assets: { name: string; browser_download_url: string; digest: string | null }[] };
  const found = release.assets.find((candidate) => candidate.name === asset);
  if (!found?.digest?.startsWith("sha256:")) throw new Error(`${repository} ${tag}: no digest for ${asset}`);
  return await fetchVerified(found.browser_download_url, found.digest.slice("sha256:".length));
}
