/** A real S3 server (versitygw) on its own folder, with one bucket. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, connect } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export interface S3Server {
  readonly port: number;
  /** The environment variables that a client needs. */
  readonly environment: Readonly<Record<string, string>>;
  /** The folder with the objects of the bucket. */
  readonly folder: string;
  readonly bucket: string;
  stop(): Promise<void>;
}

const bucket = "results";

export async function startS3Server(): Promise<S3Server> {
  const root = await mkdtemp(join(tmpdir(), "stagebook-s3-"));
  const data = join(root, "data");
  await mkdir(join(data, bucket), { recursive: true });
  await mkdir(join(root, "sidecar"));
  const port = await freePort();
  const [access, secret] = ["stagebook", "stagebook-secret"];
  // A sidecar folder, because not every file system supports extended attributes.
  const args = ["--port", `127.0.0.1:${port}`, "--access", access, "--secret", secret, "--quiet", "--keep-alive"];
  const child = spawn(await findServer(), [...args, "posix", "--sidecar", join(root, "sidecar"), data], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (text) => (stderr += String(text)));
  const ended = once(child, "exit");
  await Promise.race([answering(port), ended.then(() => Promise.reject(new Error(`the S3 server ended: ${stderr}`)))]);
  return {
    port,
    environment: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: access,
      AWS_SECRET_ACCESS_KEY: secret,
    },
    folder: join(data, bucket),
    bucket,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** The server that `npm test` names, else the one that set-up has built. */
export async function findServer(): Promise<string> {
  const named = process.env.STAGEBOOK_S3_SERVER;
  if (named) return named;
  const folder = fileURLToPath(new URL("../../../.cache/s3-server", import.meta.url));
  const [built] = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith("versitygw-")).reverse();
  if (!built) throw new Error("There is no S3 server yet: `npm test` builds one.");
  return join(folder, built);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export async function answering(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isUp = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isUp) return;
    await sleep(50);
  }
}
