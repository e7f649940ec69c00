/** Every kind of read, made by stages in a real kernel: in its main thread and in worker threads. Nothing is silent. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNotebook, type Notebook } from "../../rig/kernel/notebook";
import { startKernel } from "../../rig/kernel/kernel-rig";
import { Notebook as OpenNotebook, FIRST_CELL } from "../../rig/kernel/notebook";
import { fillObservedFolder } from "../../observe/observed-folder";
import { readKinds, type ReadKindRow } from "../../observe/read-kinds";

/** tslab refuses the code of these, or has no `__filename` for them. */
const refused = ["import() of a local module", "Date.getYear", "createRequire"];
const all = readKinds.filter(({ title }) => !refused.includes(title));
/** Each 12th here, and one that Node loads at its first use, which no other kind of process shows; all of them in a heavy run. */
const inKernel =
  process.env.STAGEBOOK_TESTS === "heavy"
    ? all
    : all.filter(({ title }, at) => at % 12 === 5 || title === "fs.opendirSync");
/** Rows that change what the whole process sees, or that a stage's thread does not have. */
const inThreads = inKernel.filter(({ code }) => !/chdir|stdin|require\("early"\)|argv/.test(code));
/** In one cell, and in the time that one test has. */
const PART = 60;
const partsOf = (rows: readonly ReadKindRow[]): readonly (readonly [from: number, part: readonly ReadKindRow[]])[] =>
  Array.from({ length: Math.ceil(rows.length / PART) }, (_, at) => [at * PART, rows.slice(at * PART, (at + 1) * PART)]);

describe("[V1] kinds of read in a kernel", () => {
  const server = http.createServer((_request, response) => response.end("page"));
  let notebook: Notebook;
  let reset: () => void;
  let url = "";

  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    notebook = new OpenNotebook(await startKernel());
    reset = fillObservedFolder(notebook.kernel.cwd);
    notebook.countsExecutions = false;
    // Before Stagebook is there.
    await notebook.kernel.run(`for (const early of ["early", "./loaded.json", "./loaded.cjs"]) require(early);`);
    await notebook.cell("first", `${FIRST_CELL}\nprocess.env.OBSERVED = "1";`);
  });
  afterAll(async () => {
    await notebook.kernel.stop();
    server.closeAllConnections();
    server.close();
  });

  /** What a stage's execution was found to read. */
  async function findReads(
    stage: string,
  ): Promise<{ readonly counts: readonly string[]; readonly names: readonly string[] }> {
    await notebook.kernel.command({ type: "run", targets: [stage] });
    const { parts } = await notebook.kernel.command({ type: "explain", stage });
    const counts = parts.flatMap(({ kind, name }) =>
      kind === "read" ? [name] : kind === "env" ? [name.replace("process.env.", "variable ")] : [],
    );
    const volatile = notebook.view.stages[stage]?.result?.volatile ?? [];
    const names = volatile.filter(({ marks }) => marks).map(({ name }) => name);
    return {
      counts,
      names: names.map((name) => name.replace(url, "SERVER").replace(url.slice("http://".length), "HOST")),
    };
  }

  /** Defines a stage for each row, and executes one after the other. Returns the rows that are silent. */
  async function findSilent(from: number, rows: readonly ReadKindRow[], options: string): Promise<readonly string[]> {
    const prefix = options === "" ? `m${from}-` : `w${from}-`;
    const cell = rows.map(
      ({ code }, at) =>
        `stage("${prefix}${at}", async () => { const server = "${url}"; await (async () => { ${code} })(); return ${at}; }${options});`,
    );
    await notebook.cell(`rows ${prefix}`, cell.join("\n"));
    const silent: string[] = [];
    for (const [at, { title, counts = [], names = [] }] of rows.entries()) {
      reset();
      const found = await findReads(`${prefix}${at}`);
      const status = notebook.status(`${prefix}${at}`);
      const missing = [
        ...counts.filter((each) => !found.counts.includes(each)),
        ...names.filter((each) => !found.names.includes(each)),
      ];
      // A result that is not stored because a file has changed meanwhile is named as well. Anything else must have been executed.
      if (status !== "fresh" && status !== "stale") silent.push(`${title}: ${status ?? "not defined"}`);
      else if (missing.length > 0 && status === "fresh")
        silent.push(`${title}: ${missing.join(", ")}; found ${JSON.stringify(found)}`);
    }
    return silent;
  }

  test.each(partsOf(inKernel))("in the main thread, from %i", async (from, part) => {
    expect(await findSilent(from, part, "")).toEqual([]);
  });

  test.each(partsOf(inThreads))("in a worker thread, from %i", async (from, part) => {
    expect(await findSilent(from, part, ", { worker: true }")).toEqual([]);
  });
});

describe("[V9] a notebook whose stages read undeclared files", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    notebook.countsExecutions = false;
  });
  afterAll(() => notebook.kernel.stop());

  test("content, a folder's size, a program's output and the clock: stale, or named", async () => {
    await notebook.cells({
      imports: `import * as fs from "fs"; import { execSync } from "node:child_process";`,
      a: `fs.writeFileSync("a.txt", "one");
const lit = stage("lit", {}, () => fs.readFileSync("a.txt", "utf8"));
const dir = stage("dir", {}, () => fs.readdirSync(".").length);
const sub = stage("sub", {}, () => execSync("cat a.txt").toString());
const clock = stage("clock", {}, () => new Date().toISOString());
const timed = stage("timed", {}, (_, { log }) => { const from = Date.now(); log.info("took", { ms: Date.now() - from }); return 1; });`,
      b: `await lit(); await dir(); await sub(); await clock(); await timed();`,
    });
    expect(notebook.status("lit")).toBe("fresh");
    expect(notebook.view.cells.b?.caveats?.join()).toMatch(/clock: not repeatable/);
    notebook.write("a.txt", "TWO");
    notebook.write("b.txt", "");
    expect(await notebook.read("JSON.stringify([await lit(), (await dir.plan()).rows[0].action])")).toBe(
      '["TWO","run"]',
    );
    const rows = JSON.parse(
      await notebook.read("JSON.stringify((await pipeline.plan()).rows.map((r) => [r.stage, r.notRepeatable ?? []]))"),
    ) as [string, string[]][];
    const named = new Map(rows);
    expect(named.get("sub")?.join()).toMatch(/execSync/);
    expect(named.get("clock")?.join()).toMatch(/new Date\(\) \(cell \[\d+\], line 5\)/);
    expect(named.get("timed")).toEqual([]);
  });

  test("a relative path is another file after a cell has changed the working folder, and the same one when it is back", async () => {
    notebook.write("one/f.txt", "1");
    notebook.write("two/f.txt", "2");
    const values = async (folder: string): Promise<string> => {
      await notebook.cell("move", `process.chdir(${JSON.stringify(`${notebook.kernel.cwd}/${folder}`)});`);
      return notebook.read("[await byName(), await byFolder(), await whole()].join()");
    };
    await notebook.cells({
      imports: `import * as fs from "fs"; import * as path from "path";`,
      stages: `const byName = stage("byName", {}, () => fs.readFileSync("f.txt", "utf8"));
const byFolder = stage("byFolder", {}, () => fs.readFileSync(path.join(process.cwd(), "f.txt"), "utf8"));
const whole = stage("whole", {}, () => fs.readFileSync(${JSON.stringify(`${notebook.kernel.cwd}/one/f.txt`)}, "utf8"));`,
    });
    expect(await values("one")).toBe("1,1,1");
    await notebook.cell("move", `process.chdir(${JSON.stringify(notebook.kernel.cwd)});`);
    expect(notebook.reasons("byName").join()).toBe("working folder: one → .");
    expect(notebook.status("whole")).toBe("fresh");
    const executed = await notebook.executed(async () => expect(await values("two")).toBe("2,2,1"));
    expect(executed).toEqual(["byFolder", "byName"]);
    expect(await notebook.executed(async () => expect(await values("one")).toBe("1,1,1"))).toEqual([]);
  });
});
