/** A message broker for Celery: a Redis where the machine has one, else a database file. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { freePort } from "./airflow-rig";

export interface Broker {
  readonly url: string;
  stop(): Promise<void>;
}

/** `folder`: for the database file. */
export async function startBroker(folder: string): Promise<Broker> {
  const redis = findRedis();
  if (redis === undefined) return { url: `sqla+sqlite:///${join(folder, "broker.db")}`, stop: async () => undefined };
  const port = await freePort();
  const child = spawn(redis, ["--port", String(port), "--bind", "127.0.0.1", "--save", ""], { stdio: "ignore" });
  const over = new Promise((resolve) => child.once("exit", resolve));
  return {
    url: `redis://127.0.0.1:${port}/0`,
    stop: async () => {
      child.kill("SIGTERM");
      await over;
    },
  };
}

/** `STAGEBOOK_REDIS=none` asks for the database file. */
function findRedis(): string | undefined {
  const named = process.env.STAGEBOOK_REDIS;
  if (named) return named === "none" ? undefined : named;
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "redis-server"))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
