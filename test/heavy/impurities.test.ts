/** Twenty stages whose results depend on something that no key has, one of them a native reader: the audit finds each of them. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { documentOf, stagebook } from "../rig/command-rig";
import { startKernel } from "../rig/kernel/kernel-rig";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder } from "../rig/kernel/notebook-folder";

/** The code of each stage's function, by name. `SERVER` is the address of a server that answers each request differently. */
const impurities: Readonly<Record<string, string>> = {
  random: `return Math.random();`,
  "uuid among rows": `return [{ id: 1 }, { id: 2, uid: randomUUID() }];`,
  bytes: `return randomBytes(8);`,
  clock: `return { made: new Date().toISOString() };`,
  "high-resolution clock": `return process.hrtime.bigint();`,
  "time since the start": `return performance.now();`,
  "time of use": `return process.cpuUsage().user;`,
  "used memory": `return process.memoryUsage().heapUsed;`,
  "free memory": `return (await import("node:os")).freemem();`,
  "name of a temporary folder": `const made = fs.mkdtempSync(path.join(tmpdir(), "impure-")); fs.rmdirSync(made); return made;`,
  "output of a program": `return execSync("date +%s%N").toString();`,
  page: `return (await fetch("SERVER")).text();`,
  "page by http": `return await new Promise<string>((done) => http.get("SERVER", (answer) => { let text = ""; answer.on("data", (chunk) => (text += chunk)).on("end", () => done(text)); }));`,
  "key pair": `return generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" });`,
  "shuffled rows": `return Array.from({ length: 40 }, (_, at) => at).sort(() => Math.random() - 0.5);`,
  "time since the machine started": `return (await import("node:os")).uptime();`,
  "file by a native reader": `const db = await (await DuckDBInstance.create(":memory:")).connect(); return (await db.runAndReadAll("select * from read_csv('native.csv')")).getRowObjectsJson();`,
  "random numbers of a database": `const db = await (await DuckDBInstance.create(":memory:")).connect(); return (await db.runAndReadAll("select random() as x")).getRowObjectsJson();`,
  "which timer is first": `let turns = 0; const until = performance.now() + 5; while (performance.now() < until) turns++; return turns;`,
  "number of the process": `return process.pid + Number(process.hrtime()[1] % 1000);`,
};

const names = Object.keys(impurities).sort();

function cellsFor(server: string): readonly string[] {
  const stages = Object.entries(impurities).map(
    ([name, code]) => `stage(${JSON.stringify(name)}, async () => { ${code.replaceAll("SERVER", server)} });`,
  );
  return [
    [
      `import { stage, pipeline } from "stagebook";`,
      `import * as fs from "fs"; import * as path from "path"; import * as http from "http"; import { tmpdir } from "os";`,
      `import { randomUUID, randomBytes, generateKeyPairSync } from "crypto"; import { execSync } from "child_process";`,
      `import { DuckDBInstance } from "@duckdb/node-api";`,
    ].join("\n"),
    stages.join("\n"),
  ];
}

async function withServer(use: (url: string) => Promise<void>): Promise<void> {
  let answers = 0;
  const server = http.createServer((_request, response) => response.end(`answer ${(answers += 1)}`));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("[A1] stagebook audit finds all of twenty impurities, also one of a native reader", async () => {
  expect(names).toHaveLength(20);
  await withServer(async (url) => {
    const folder = createNotebookFolder({ "n.ipynb": encodeNotebook(cellsFor(url)), "native.csv": "x\n1\n2\n" });
    try {
      const run = await stagebook(["run", "n.ipynb", "--json"], { cwd: folder.path });
      expect(run.code, run.stderr).toBe(0);
      folder.write("native.csv", "x\n1\n3\n");
      const audit = await stagebook(["audit", "n.ipynb", "--all", "--json"], { cwd: folder.path });
      expect(audit.code, audit.stderr).toBe(5);
      const { stages } = documentOf(audit);
      expect(stages.filter(({ outcome }) => outcome !== "different")).toEqual([]);
      expect(stages).toHaveLength(names.length);
    } finally {
      folder.remove();
    }
  });
}, 600_000);

test("[A1] a kernel that is idle finds them in worker threads", async () => {
  await withServer(async (url) => {
    const folder = createNotebookFolder({ "native.csv": "x\n1\n2\n" });
    const kernel = await startKernel({ cwd: folder.path, env: { STAGEBOOK_AUDIT: "100%" } });
    try {
      for (const source of cellsFor(url)) expect((await kernel.run(source)).stderr).toBe("");
      await kernel.run(`await pipeline.run();`);
      folder.write("native.csv", "x\n1\n3\n");
      // Each is a cache hit, and is audited when the kernel is idle.
      await kernel.run(`await pipeline.run();`);
      const found = async (): Promise<readonly string[]> => {
        const list = `(await pipeline.plan()).rows.filter((row) => row.notRepeatable?.some((text) => text.includes("second execution"))).map((row) => row.stage).sort()`;
        const { stdout } = await kernel.run(`console.log(JSON.stringify(${list}));`);
        return JSON.parse(stdout) as readonly string[];
      };
      await expect.poll(found, { timeout: 120_000, interval: 2000 }).toEqual(names);
    } finally {
      await kernel.stop();
      folder.remove();
    }
  });
}, 600_000);
