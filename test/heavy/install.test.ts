/** The npm package as a user gets it: packed, installed into an empty project with stock tslab, on every Node.js that is supported. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { executedBy, execute } from "../rig/command-rig";
import { executed } from "../rig/kernel/event-log";
import { startKernel } from "../rig/kernel/kernel-rig";
import { createLabEnvironment, succeed } from "../rig/lab/lab-environment";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { repository } from "../rig/kernel/notebook-folder";
import { createProject, findNode, packKernelLib, type Project } from "../rig/lab/packed";
import { blocksOf, linesOf, readDocument } from "../rig/documents";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const readme = readDocument("kernel-lib/README.md");
const example = blocksOf(readme, "ts");
/** The lines that it tells to type; the file stands for the name, by which the registry would find it. */
const install = (): string[] => linesOf(readme).map((line) => line.replace(/\bstagebook\b/, `./${basename(packed)}`));
const packages = mkdtempSync(join(tmpdir(), "stagebook-packages-"));
let packed: string;
beforeAll(async () => {
  packed = await packKernelLib(packages);
});
afterAll(() => rmSync(packages, { recursive: true, force: true }));

describe.each([20, 22, 24])("on Node.js %i", (major) => {
  let project: Project;
  beforeAll(async () => {
    project = createProject(await findNode(major), [packed]);
    await project.type(install());
    project.folder.write("notebook.ipynb", encodeNotebook(example));
  });
  afterAll(() => project?.folder.remove());

  test("[setup] the project has this package, and programs run on this Node.js", async () => {
    const { version } = JSON.parse(project.folder.read("node_modules/stagebook/package.json")) as { version: string };
    expect((await project.execute("npx", "stagebook", "--version")).stdout).toBe(`${version}\n`);
    expect((await project.execute("node", "--version")).stdout).toMatch(new RegExp(`^v${major}\\.`));
  });

  test("[D14] the README's example runs in the kernel that `tslab install` registers", async () => {
    const { python } = await createLabEnvironment("newest");
    const data = join(project.folder.path, ".jupyter");
    const binary = join(project.folder.path, "node_modules", ".bin", "tslab");
    const register = ["npx", "tslab", "install", "--user", "--python", python, "--binary", binary];
    await project.succeed("env", `JUPYTER_DATA_DIR=${data}`, ...register);
    const { argv } = JSON.parse(readFileSync(join(data, "kernels", "tslab", "kernel.json"), "utf8")) as {
      argv: string[];
    };
    const kernel = await startKernel({ cwd: project.folder.path, argv, env: project.env });
    try {
      for (const [index, code] of example.entries()) {
        const cell = await kernel.run(code, { cell: `c${index + 1}` });
        expect(cell.ok, cell.text).toBe(true);
      }
      expect((await kernel.run("console.log(process.version, (await primes()).length)")).stdout).toMatch(
        new RegExp(`^v${major}\\.\\S+ 25\n$`),
      );
      await kernel.command({ type: "sync" });
      expect(executed(kernel.events)).toEqual(["primes"]);
    } finally {
      await kernel.stop();
    }
  });

  test("[X2] npx stagebook run finds the kernel's result, and makes another one for another parameter", async () => {
    expect(executedBy(await project.execute("npx", "stagebook", "run", "notebook.ipynb"))).toEqual([]);
    const other = await project.execute("npx", "stagebook", "run", "notebook.ipynb", "--set", "limit=50");
    expect([other.code, executedBy(other)]).toEqual([0, ["primes"]]);
    const got = await project.execute("npx", "stagebook", "get", "notebook.ipynb", "primes", "--as", "json");
    expect(JSON.parse(got.stdout)).toHaveLength(15);
  });
});

/** Those that need no other program than Node.js. */
const parts = ["key", "properties", "graph", "store"]
  .flatMap((folder) =>
    readdirSync(join(repository, "test", folder), { recursive: true, encoding: "utf8" }).map((name) =>
      join("test", folder, name),
    ),
  )
  .filter((file) => file.endsWith(".test.ts") && !file.includes("/s3-"));

describe.each([22, 24])("the tests of the parts on Node.js %i", (major) => {
  test("[setup] keys, properties, graph and stores are the same", { timeout: 1_200_000 }, async () => {
    const node = await findNode(major);
    const report = join(packages, `report-${major}.json`);
    const end = await execute(
      [
        ...[node, join(repository, "node_modules", "vitest", "vitest.mjs"), "run"],
        ...["--config", join("test", "vitest.config.ts"), "--project", "unit"],
        ...["--reporter=json", `--outputFile=${report}`, ...parts],
      ],
      { cwd: repository, env: { STAGEBOOK_TESTS: "all" } },
    );
    const { testResults, numPassedTests } = JSON.parse(readFileSync(report, "utf8")) as Report;
    const failed = testResults
      .filter(({ status }) => status === "failed")
      .map(({ name, message, assertionResults }) => [
        name,
        message,
        ...assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName),
      ]);
    expect(failed, end.stderr.slice(-3_000)).toEqual([]);
    expect(numPassedTests).toBeGreaterThan(500);
  });
});

describe("for programs in TypeScript", () => {
  let project: Project;
  beforeAll(async () => {
    project = createProject(process.execPath, [packed]);
    await project.type(["npm init -y", `npm install ./${basename(packed)} typescript`]);
    project.folder.write("pipeline.mts", program);
    project.folder.write(
      "pipeline.cts",
      program.replace("await double()", "null as unknown as Awaited<ReturnType<typeof double>>"),
    );
  });
  afterAll(() => project?.folder.remove());

  const own = join("node_modules", "typescript", "bin", "tsc");
  const ours = join(repository, "node_modules", "typescript", "bin", "tsc");
  test.each([
    ["node16", "the newest TypeScript", own],
    ["bundler", "the newest TypeScript", own],
    ["node16", "the repository's", ours],
    ["bundler", "the repository's", ours],
  ])("[D9] the types hold with moduleResolution %s, strictly, by %s", async (resolution, _, compiler) => {
    const strict = [
      "--strict",
      "--exactOptionalPropertyTypes",
      "--noUncheckedIndexedAccess",
      "--skipLibCheck",
      "false",
    ];
    const modules = ["--moduleResolution", resolution, "--module", resolution === "bundler" ? "esnext" : resolution];
    const files = resolution === "bundler" ? ["pipeline.mts"] : ["pipeline.mts", "pipeline.cts"];
    await project.succeed("node", compiler, "--noEmit", "--target", "es2022", ...strict, ...modules, ...files);
  });

  test("[setup] publint and arethetypeswrong find nothing", async () => {
    const tools = join(repository, ".cache", "package-tools");
    mkdirSync(tools, { recursive: true });
    writeFileSync(join(tools, "package.json"), "{}");
    await succeed(["npm", "install", "publint@0.3.25", "@arethetypeswrong/cli@0.18.5"], { cwd: tools });
    expect(await succeed(["npx", "publint", "run", "--strict", packed], { cwd: tools })).toContain("All good!");
    expect(await succeed(["npx", "attw", "--no-emoji", packed], { cwd: tools })).not.toContain("failed");
  });

  test("[setup] npm would publish it as it is", async () => {
    const output = await succeed(["npm", "publish", "--dry-run", packed], { cwd: packages });
    expect(output).toMatch(/^\+ stagebook@\d/m);
    expect(output).not.toContain("auto-corrected");
  });
});

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const program = `
import { createPipeline, file, param, stage, StagebookError } from "stagebook";
import type { Stage } from "stagebook";
import { emptyView, reduce } from "stagebook/protocol";
import type { StagebookEvent, View } from "stagebook/protocol";

const n = param("n", 3, { min: 1 });
const double = stage("double", { n, source: file("x.json") }, async ({ n, source }, { log, signal }) => {
  log.info("read", { bytes: (await source.bytes()).length, aborted: signal.aborted });
  return n * 2;
});
export const typed: Stage<number> = double;
export const result = async (): Promise<number> => {
  const value = await double();
  // @ts-expect-error a number is not a string
  const text: string = value;
  return value + String(text).length;
};
// @ts-expect-error the default is a number
n.set("3");
export const view = (events: readonly StagebookEvent[]): View => events.reduce(reduce, emptyView);
export { createPipeline, StagebookError };
`;
