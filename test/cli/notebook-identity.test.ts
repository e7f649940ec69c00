/** Which notebook it is, for the command: two of one name, a rename, a copy, a new file with an old name, scripts, values set before. */
import { copyFileSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { callStagebook, documentOf, type CommandEnd } from "../rig/command-rig";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { part } from "../rig/part";

const SB = `import { stage, param } from "stagebook";`;
const pOf = (name: string, more = ""): readonly string[] => [
  SB,
  `const p = param("p", 1); ${more}`,
  `const s = stage("s", { p }, ({ p }) => "${name} " + p); console.log(await s());`,
];

let folder: NotebookFolder;
afterEach(() => folder.remove());

/** `set`: the variable SET, which cells read. */
async function command(
  args: readonly string[],
  { set, ...environment }: { readonly [name: string]: string } = {},
): Promise<CommandEnd> {
  if (set !== undefined) process.env.SET = set;
  try {
    return await callStagebook(args, { cwd: folder.path, environment, entersFolder: true });
  } finally {
    delete process.env.SET;
  }
}

const run = (...args: string[]): Promise<CommandEnd> => command(args, { STAGEBOOK_STORE: join(folder.path, "store") });
const get = async (file: string, stage = "s"): Promise<string> => {
  const { stdout, stderr, code } = await run("get", file, stage);
  return code === 0 ? stdout.trim() : stderr.trim();
};
const write = (file: string, cells: readonly string[]): string => folder.write(file, encodeNotebook(cells));

describe("[N1] notebooks of one name with one store", () => {
  test("[N1] share no values, results or runs", async () => {
    folder = createNotebookFolder();
    write("a/nb.ipynb", pOf("a", "p.set(5);"));
    write("b/nb.ipynb", pOf("b"));
    expect((await run("run", "a/nb.ipynb")).code).toBe(0);
    expect(await get("a/nb.ipynb")).toBe('"a 5"');
    expect(await get("b/nb.ipynb")).toMatch(/^stagebook: nb\.ipynb has no stored result of stage "s"/);
    const b = await run("run", "b/nb.ipynb", "--json");
    expect(documentOf(b)).toMatchObject({ exitCode: 0, params: { p: 1 }, savedParams: [] });
    expect([await get("a/nb.ipynb"), await get("b/nb.ipynb")]).toEqual(['"a 5"', '"b 1"']);
    const history = JSON.parse((await run("history", "b/nb.ipynb", "s", "--json")).stdout) as { rows: unknown[] };
    expect(history.rows).toHaveLength(1);
    expect((await run("clear", "b/nb.ipynb", "s")).stdout).toBe("1 result removed\n");
    expect(await get("a/nb.ipynb")).toBe('"a 5"');
  });

  test("[N1] a new notebook that takes the name of a deleted one inherits nothing, and neither does a copy", async () => {
    folder = createNotebookFolder();
    write("nb.ipynb", pOf("old", "p.set(5);"));
    await run("run", "nb.ipynb");
    copyFileSync(join(folder.path, "nb.ipynb"), join(folder.path, "copy.ipynb"));
    expect(await get("copy.ipynb")).toMatch(/no stored result/);
    rmSync(join(folder.path, "nb.ipynb"));
    write("nb.ipynb", [`${SB} // another one`, ...pOf("new").slice(1)]);
    expect(documentOf(await run("run", "nb.ipynb", "--json"))).toMatchObject({ params: { p: 1 }, savedParams: [] });
    expect(await get("nb.ipynb")).toBe('"new 1"');
  });

  test("[N2] renamed and moved: values, history and results come along, and nothing runs", async () => {
    folder = createNotebookFolder();
    write("nb.ipynb", pOf("a", "if (process.env.SET) p.set(5);"));
    await command(["run", "nb.ipynb"], { set: "1" });
    mkdirSync(join(folder.path, "deep"));
    renameSync(join(folder.path, "nb.ipynb"), join(folder.path, "other.ipynb"));
    const other = documentOf(await command(["run", "other.ipynb", "--json"]));
    expect(other).toMatchObject({ params: { p: 5 }, savedParams: ["p"], executed: 0 });
  });
});

describe("[N3] scripts", () => {
  test("[N3] two scripts of a folder share no values and no results", async () => {
    folder = createNotebookFolder();
    const script = (name: string, more: string): string =>
      `${SB}\nconst limit = param("limit", 10);\n${more}\nconst total = stage("total", { limit }, ({ limit }) => "${name} " + limit);\nawait total();\n`;
    folder.write("first.ts", script("first", "limit.set(500);"));
    folder.write("second.ts", script("second", ""));
    expect((await run("run", "first.ts")).code).toBe(0);
    expect(await get("second.ts", "total")).toMatch(/no stored result/);
    expect(documentOf(await run("run", "second.ts", "--json"))).toMatchObject({ params: { limit: 10 } });
    expect([await get("first.ts", "total"), await get("second.ts", "total")]).toEqual(['"first 500"', '"second 10"']);
    expect((await run("clear", "second.ts", "total")).stdout).toBe("1 result removed\n");
    expect(await get("first.ts", "total")).toBe('"first 500"');
  });
});

describe("[N1] values that were set before", () => {
  // A script is the same to the command, and takes a fifth of the time.
  test.each(part(["nb.ts", "nb.ipynb"], 1))(
    "[N1] are named in the output; --no-saved and CI run without them and leave them alone: %s",
    async (file) => {
      folder = createNotebookFolder();
      const cells = pOf("a", "if (process.env.SET) p.set(Number(process.env.SET));");
      if (file === "nb.ts") folder.write(file, cells.join("\n"));
      else write(file, cells);
      expect((await command(["run", file], { set: "5" })).stderr).toBe("");
      const text = "with values set before: p = 5 (--no-saved runs with the defaults)\n";
      expect((await command(["run", file])).stderr).toBe(text);
      expect(await command(["params", file])).toMatchObject({ stderr: text, stdout: expect.stringContaining("(default 1)") as string }); // prettier-ignore
      expect(documentOf(await command(["run", file, "--json", "--set", "p=7"]))).toMatchObject({ params: { p: 7 }, savedParams: [] }); // prettier-ignore
      for (const [args, more] of [[["--no-saved"], {}], [[], { CI: "true" }]] as const) // prettier-ignore
      expect(documentOf(await command(["run", file, "--json", ...args], { ...more, set: "9" }))).toMatchObject({ params: { p: 9 }, savedParams: [] }); // prettier-ignore
      expect((await command(["run", file, "--no-saved"])).stderr).toBe("");
      expect(documentOf(await command(["run", file, "--json"]))).toMatchObject({ params: { p: 5 }, savedParams: ["p"] }); // prettier-ignore
    },
  );
});
