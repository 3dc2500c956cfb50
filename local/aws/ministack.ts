import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Log } from "../log.ts";
import { binDir } from "../paths.ts";
import { type ManagedProcess, type ProcessGroup, waitFor } from "../processes.ts";
import { pythonEnvironment } from "../python.ts";
import { versions } from "../versions.ts";

export const REGION = "us-east-1";
export const ACCOUNT_ID = "000000000000";

/** The embedded AWS and the operator's (root) key to it. */
export interface Aws {
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  stop(): Promise<void>;
  /** An outage: it ends with all functions at work, and comes back where it was, with its state. Needs `persist`. */
  restart(): Promise<void>;
}

/** It ends what is under way, and then writes its state, milliseconds. */
const SAVE_MS = 30_000;

/** The interpreter that has the embedded AWS installed. */
export function ministackPython(log: Log): Promise<string> {
  const { ministack, cryptography } = versions;
  const packages = [`ministack==${ministack}`, `cryptography==${cryptography}`];
  return pythonEnvironment({ name: `ministack-${ministack}`, title: `the embedded AWS, MiniStack ${ministack}`, packages }, log);
}

export interface MinistackOptions {
  python: string;
  port: number;
  dir: string;
  processes: ProcessGroup;
  /** Added to the environment of every function, as the functions' own variables go. */
  functionEnv: Record<string, string>;
  /** Its state is written when it ends in order, and read when it starts. */
  persist?: boolean | undefined;
}

/**
 * One process, everything in memory. IAM is enforced (`AUTH`) and every call is recorded. It hands its own environment
 * to the functions, so it gets only what they may see; Node 24 comes first on PATH, since it runs them with that.
 */
export async function startMinistack({ python, port, dir, processes, functionEnv, persist = false }: MinistackOptions): Promise<Aws> {
  const temporary = join(dir, "tmp");
  await mkdir(temporary, { recursive: true });
  // Its worker script is CommonJS in a .js file, and below our checkout that would be read as a module.
  await writeFile(join(temporary, "package.json"), JSON.stringify({ type: "commonjs" }));
  const credentials = { accessKeyId: "AKIALOCALOPERATOR000", secretAccessKey: randomBytes(20).toString("hex") };
  const endpoint = `http://127.0.0.1:${port}`;
  const start = async (): Promise<ManagedProcess> => {
    const ministack = processes.start({
      name: "ministack",
      command: python,
      args: ["-m", "ministack.app"],
      cwd: dir,
      env: {
        PATH: [binDir, process.env["PATH"] ?? ""].join(delimiter),
        HOME: dir,
        TMPDIR: temporary,
        S3_DATA_DIR: join(dir, "s3"),
        PYTHONDONTWRITEBYTECODE: "1",
        AUTH: "true",
        BIND_HOST: "127.0.0.1",
        MINISTACK_HOST: "127.0.0.1",
        GATEWAY_PORT: String(port),
        MINISTACK_REGION: REGION,
        MINISTACK_ACCOUNT_ID: ACCOUNT_ID,
        CLOUDTRAIL_RECORDING: "1",
        CLOUDTRAIL_MAX_EVENTS: "1000000",
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        LOG_LEVEL: "WARNING",
        // As AWS: no token where the trigger fails.
        MINISTACK_COGNITO_PRETOKEN_STRICT: "1",
        // Loopback only, and nothing of a stack outside its folder.
        IOT_MTLS_ENABLED: "0",
        SFTP_ENABLED: "0",
        STATE_DIR: join(dir, "state"),
        ...(persist && { PERSIST_STATE: "1" }),
        ...functionEnv,
      },
    });
    await waitFor("the embedded AWS", async () => ((await fetch(`${endpoint}/_ministack/health`)).ok ? true : undefined), {
      seconds: 30,
      process: ministack,
    });
    return ministack;
  };
  let current = await start();
  return {
    endpoint,
    credentials,
    stop: () => current.stop({ graceMs: 2_000 }),
    restart: async () => {
      if (!persist) throw new Error("the embedded AWS was started without `persist`: a restart would lose everything");
      await current.stop({ graceMs: SAVE_MS });
      current = await start();
    },
  };
}
