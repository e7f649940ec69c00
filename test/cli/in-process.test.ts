/** Commands called from code: two in one process, each with its own environment, folder and outputs. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { callStagebook, type CommandEnd } from "../rig/command-rig";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { encodeNotebook } from "../rig/kernel/notebook-file";

setFlagsFromString("--expose-gc");

let folder: NotebookFolder;
afterEach(() => folder.remove());

/** Runs a command in a folder below the test's own, with a store of its own. */
function command(name: string, ...args: string[]): Promise<CommandEnd> {
  return callStagebook(args, {
    cwd: join(folder.path, name),
    environment: { STAGEBOOK_STORE: `store-${name}` },
  });
}

const executedIn = ({ stdout }: CommandEnd): readonly string[] =>
  stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { readonly type: string; readonly stage?: string })
    .flatMap(({ type, stage }) => (type === "stage:running" && stage !== undefined ? [stage] : []));

/** Waits between its stages, so that another command can run meanwhile. */
const script = (name: string): string => `
import { createPipeline } from "stagebook";
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
const { stage, param } = createPipeline();
const n = param("n", 1);
await pause();
process.stdout.write("script ${name}\\n");
const ${name} = stage("${name}", { n }, async ({ n }) => { await pause(); process.stdout.write("stage ${name}\\n"); return n; });
await ${name}();
await pause();
stage("last ${name}", { ${name} }, (inputs) => inputs.${name} + 1);
`;

function write(name: string, file: string, text: string): void {
  mkdirSync(join(folder.path, name), { recursive: true });
  writeFileSync(join(folder.path, name, file), text);
}

describe("commands in one process", () => {
  test("[X1] a notebook that has ended leaves nothing of itself in memory", async () => {
    folder = createNotebookFolder({});
    // A value that its pipeline holds, and that the test can look for.
    const cells = [
      `import { stage } from "stagebook";`,
      `const held = { of: "the notebook" };\n(globalThis as any).heldByNotebook.push(new WeakRef(held));\nconst a = stage("a", () => held.of.length);\nawait a();`,
    ];
    const held: WeakRef<object>[] = [];
    Object.assign(globalThis, { heldByNotebook: held });
    const listeners = process.listenerCount("SIGINT");
    for (const name of ["a", "b", "c", "d"]) {
      write(name, "n.ipynb", encodeNotebook(cells));
      const options = { cwd: join(folder.path, name), environment: {}, entersFolder: true };
      const { code, stderr } = await callStagebook(["run", "n.ipynb"], options);
      expect(code, stderr).toBe(0);
    }
    expect(process.listenerCount("SIGINT")).toBe(listeners);
    const collect = runInNewContext("gc") as () => void;
    // The first and the last one are held by the modules that they have loaded: of tslab, which each one loads again, and of TypeScript.
    await expect.poll(() => { collect(); return held.slice(1, 3).map((each) => each.deref()); }).toEqual([undefined, undefined]); // prettier-ignore
  });

  test("[X1] two scripts that run at the same time have separate stores, parameters, outputs and exit codes", async () => {
    folder = createNotebookFolder({});
    for (const name of ["a", "b"]) write(name, "s.mts", script(name));
    const environment = { ...process.env };
    const cwd = process.cwd();
    const [a, b] = await Promise.all([command("a", "run", "s.mts"), command("b", "run", "s.mts", "--set", "n=5")]);
    expect([a.code, b.code], a.stderr + b.stderr).toEqual([0, 0]);
    expect([executedIn(a), executedIn(b)]).toEqual([
      ["a", "last a"],
      ["b", "last b"],
    ]);
    expect(a.stdout).toContain("script a");
    expect(a.stdout).not.toMatch(/script b|stage b/);
    expect(b.stdout).not.toMatch(/script a|stage a/);
    expect(existsSync(join(folder.path, "a", "store-a"))).toBe(true);
    expect(existsSync(join(folder.path, "b", "store-b"))).toBe(true);
    const [ofA, ofB] = await Promise.all([command("a", "get", "s.mts", "a"), command("b", "get", "s.mts", "b")]);
    expect([ofA.stdout, ofB.stdout]).toEqual(["1\n", "5\n"]);
    expect((await command("a", "get", "s.mts", "b")).code).toBe(1);
    expect([process.env, process.cwd()]).toEqual([environment, cwd]);
  });

  test("[X1] a plan during a run of another command executes nothing, and the run executes its stages", async () => {
    folder = createNotebookFolder({});
    for (const name of ["a", "b"]) write(name, "s.mts", script(name));
    const [planned, run] = await Promise.all([command("a", "plan", "s.mts", "--check"), command("b", "run", "s.mts")]);
    expect([planned.code, run.code], planned.stderr + run.stderr).toEqual([3, 0]);
    expect(executedIn(run)).toEqual(["b", "last b"]);
    expect((await command("a", "history", "s.mts", "a")).code).toBe(1);
  });

  test("[X1] two scripts that import stage() from the package define stages in separate pipelines", async () => {
    folder = createNotebookFolder({});
    const own = (name: string): string => `import { stage } from "stagebook";\nstage("${name}", () => "of ${name}");\n`;
    for (const name of ["a", "b"]) write(name, "s.ts", own(name));
    const ends = await Promise.all(["a", "b"].map((name) => command(name, "run", "s.ts")));
    expect(ends.map((end) => [end.code, executedIn(end)])).toEqual([
      [0, ["a"]],
      [0, ["b"]],
    ]);
    expect((await command("b", "get", "s.ts", "b", "--as", "text")).stdout).toBe("of b");
    expect((await command("b", "history", "s.ts", "a")).code).toBe(1);
  });

  test("[X1] notebooks that run one after the other have separate kernels", async () => {
    folder = createNotebookFolder({});
    const cells = (name: string): readonly string[] => [
      'import { stage } from "stagebook";',
      `const a = stage("first", () => "${name}");`,
      "process.stdout.write(await a());",
      'const b = stage("second", { a }, ({ a }) => a + a);',
    ];
    for (const name of ["a", "b"]) {
      write(name, "n.ipynb", encodeNotebook(cells(name)));
      const end = await command(name, "run", "n.ipynb");
      expect([end.code, executedIn(end)], end.stderr).toEqual([0, ["first", "second"]]);
      expect(end.stdout).toContain(`"text":"${name}"`);
    }
    expect((await command("a", "get", "n.ipynb", "second", "--as", "text")).stdout).toBe("aa");
    expect((await command("b", "get", "n.ipynb", "second", "--as", "text")).stdout).toBe("bb");
  });
});
