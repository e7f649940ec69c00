/** Pipelines on several machines with one shared store: a real S3 server, or a folder. */
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { orHeavy } from "../../rig/part";
import { startFaultProxy, type FaultProxy } from "../../rig/store/fault-proxy";
import { startS3Server, type S3Server } from "../../rig/store/s3-server";
import { createMapBucket } from "../../store/contract/map-bucket";
import { createScript, type Script } from "../script";

const seed = Number(process.env.STAGEBOOK_SEED ?? Math.floor(Math.random() * 1e9));

let server: S3Server;
let proxy: FaultProxy;
let places = 0;
beforeAll(async () => {
  server = await startS3Server();
  proxy = await startFaultProxy(server.port, seed);
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
});

const names = ["STAGEBOOK_SHARED_STORE", "STAGEBOOK_SHARED_READONLY", "STAGEBOOK_TRUST_KEY", "STAGEBOOK_TRUST_NAME"];
const before = { ...process.env };
afterEach(() => {
  for (const name of [...names, ...Object.keys(server.environment)]) {
    const value = before[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  proxy.setFaults(0);
  proxy.setDown(false);
});

const newFolder = (): string => mkdtempSync(path.join(tmpdir(), "stagebook-shared-"));

interface Machine extends Script {
  /** What was warned of about stores. */
  readonly warnings: () => readonly string[];
  readonly folder: string;
}

/** A machine with a folder of its own. The environment is that of the moment at which it opens its store. */
function createMachine(environment: Readonly<Record<string, string>>, folder = path.join(newFolder(), "own")): Machine {
  Object.assign(process.env, environment);
  const warnings: string[] = [];
  const log = ({ level, message }: { readonly level: string; readonly message: string }): void => {
    if (level === "warn" && message.startsWith("store: ")) warnings.push(message);
  };
  const script = createScript({ store: folder, log });
  return { ...script, warnings: () => warnings, folder };
}

/** A new prefix on the server for each test. */
function onS3() {
  return { STAGEBOOK_SHARED_STORE: `s3://${server.bucket}/pipelines/${places++}`, ...server.environment };
}

function define({ p }: Script) {
  const limit = p.param("limit", 3);
  const numbers = p.stage("numbers", () => [1, 2, 3, 4, 5, 6]);
  const large = p.stage("large", { numbers, limit }, ({ numbers, limit }) => numbers.filter((n) => n > limit));
  const report = p.stage("report", { large }, ({ large }, { fileOut }) => {
    const file = fileOut("report.txt");
    writeFileSync(file, large.join(" "));
    return { file };
  });
  const items = p.stage("items", { large }, async function* ({ large }) {
    for (const n of large) yield { n };
  });
  return { limit, numbers, large, report, items };
}

async function runAll(machine: Machine): Promise<readonly string[]> {
  const { report, items } = define(machine);
  expect(readFileSync((await report()).file, "utf8")).toBe("4 5 6");
  expect(await items.toArray()).toEqual([{ n: 4 }, { n: 5 }, { n: 6 }]);
  return machine.log();
}

const ran: unknown = expect.arrayContaining(["numbers running", "large running", "report running", "items running"]);
const isRun = (line: string): boolean => line.endsWith(" running");

/** Every file of a folder and when it was written. */
function contentOf(folder: string): readonly string[] {
  return (
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      // The process that wrote it continues to send heartbeats there.
      .filter((name) => !name.startsWith("live"))
      .sort()
      .map((name) => `${name} ${statSync(path.join(folder, name)).mtimeMs}`)
  );
}

describe("[C4] [C19] pipelines that share a store", () => {
  test.each(["S3", "a folder"])("[C19] on %s: a second machine loads everything and runs nothing", async (kind) => {
    const environment = kind === "S3" ? onS3() : { STAGEBOOK_SHARED_STORE: newFolder() };
    const first = createMachine(environment);
    expect(await runAll(first)).toEqual(ran);
    const second = createMachine(environment);
    expect((await runAll(second)).filter(isRun)).toEqual([]);
    // What it has loaded it has for itself from now on.
    delete process.env.STAGEBOOK_SHARED_STORE;
    expect((await runAll(createMachine({}, second.folder))).filter(isRun)).toEqual([]);
    expect([...first.warnings(), ...second.warnings()]).toEqual([]);
  });

  test("[C4] on S3 alone, and in a bucket of one's own, with no folder at all", async () => {
    const { STAGEBOOK_SHARED_STORE: location, ...environment } = onS3();
    expect(await runAll(createMachine(environment, location))).toEqual(ran);
    expect((await runAll(createMachine(environment, location))).filter(isRun)).toEqual([]);
    const bucket = createMapBucket();
    for (const runs of [4, 0]) {
      const script = createScript({ store: bucket });
      const { report, items } = define(script);
      expect(readFileSync((await report()).file, "utf8")).toBe("4 5 6");
      expect(await items.toArray()).toHaveLength(3);
      expect(script.log().filter(isRun)).toHaveLength(runs);
    }
  });

  test("[R12] two machines that start the same work at the same time do it once", async () => {
    const environment = onS3();
    const executed = { count: 0 };
    const stages = [createMachine(environment), createMachine(environment)].map(({ p }) =>
      p.stage(
        "slow",
        { count: p.param("step", 1, {}) },
        // Not a variable: its content would be part of the key.
        async ({ count }) => {
          const seen = globalThis as unknown as { sharedBodies?: { count: number } };
          if (seen.sharedBodies) seen.sharedBodies.count += count;
          await new Promise((resolve) => setTimeout(resolve, 300));
          return "made once";
        },
      ),
    );
    Object.assign(globalThis, { sharedBodies: executed });
    expect(await Promise.all(stages.map((stage) => stage()))).toEqual(["made once", "made once"]);
    expect(executed.count).toBe(1);
  });

  test("[Y5] with a key, results that others have changed or written are recomputed, with a warning; own ones load", async () => {
    const shared = onS3();
    const environment = {
      ...shared,
      STAGEBOOK_TRUST_KEY: "correct horse battery staple",
      STAGEBOOK_TRUST_NAME: "team",
    };
    expect(await runAll(createMachine(environment))).toEqual(ran);
    expect((await runAll(createMachine(environment))).filter(isRun)).toEqual([]);
    const others = createMachine({ ...environment, STAGEBOOK_TRUST_NAME: "others" });
    expect(await runAll(others)).toEqual(ran);
    expect(others.warnings().join()).toContain("was signed under another trust name");
    // They have replaced the results by theirs.
    const ours = createMachine(environment);
    expect(await runAll(ours)).toEqual(ran);
    const entries = path.join(server.folder, shared.STAGEBOOK_SHARED_STORE.split("/").slice(3).join("/"), "entries-v1");
    for (const name of readdirSync(entries)) {
      const file = path.join(entries, name);
      writeFileSync(file, readFileSync(file, "utf8").replace(/"durationMs":/, '"durationMs":1'));
    }
    const last = createMachine(environment);
    expect(await runAll(last)).toEqual(ran);
    expect(last.warnings().join()).toContain("has an invalid signature");
  });

  test("[C4] a shared folder that may only be read is read, and not a byte is written", async () => {
    const shared = newFolder();
    const environment = { STAGEBOOK_SHARED_STORE: shared };
    await runAll(createMachine(environment));
    const content = contentOf(shared);
    const reader = createMachine({ ...environment, STAGEBOOK_SHARED_READONLY: "1" });
    expect((await runAll(reader)).filter(isRun)).toEqual([]);
    const { limit, large } = define(reader);
    limit.set(4);
    expect(await large()).toEqual([5, 6]);
    expect(contentOf(shared)).toEqual(content);
    expect(reader.warnings()).toEqual([]);
  });

  test("[R12] the shared store is away: the run succeeds, and one warning says so", async () => {
    const environment = { ...onS3(), AWS_ENDPOINT_URL: proxy.url };
    proxy.setDown(true);
    const machine = createMachine(environment);
    expect(await runAll(machine)).toEqual(ran);
    expect(machine.warnings()).toHaveLength(1);
    expect(machine.warnings()[0]).toMatch(/the shared store is not used for now \(no response from 127\.0\.0\.1/);
  });

  test(`[R12] a network full of faults (seed ${seed}): no run fails, at most one warning each`, async () => {
    const environment = { ...onS3(), AWS_ENDPOINT_URL: proxy.url };
    for (const share of orHeavy([0.3], [0.1, 0.3, 0.7])) {
      proxy.setFaults(share);
      const machine = createMachine(environment);
      await runAll(machine);
      expect(machine.warnings().slice(1)).toEqual([]);
    }
    proxy.setFaults(0);
    await runAll(createMachine(environment));
    expect((await runAll(createMachine(environment))).filter(isRun)).toEqual([]);
  });
});
