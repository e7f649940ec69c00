/** Commands keep what cells are compiled to: the next one of an unchanged notebook does the same without TypeScript. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isHeavy, part } from "../rig/part";
import { documentOf, stagebook, type CommandEnd } from "../rig/command-rig";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";

vi.setConfig({ testTimeout: 600_000 });

let folder: NotebookFolder;
let home: string;
beforeEach(() => {
  folder = createNotebookFolder();
  home = mkdtempSync(join(tmpdir(), "stagebook-home-"));
});
afterEach(() => {
  folder.remove();
  rmSync(home, { recursive: true, force: true });
});

/** Says whether a process had loaded TypeScript when it ended. */
const probe = `process.on("exit", () => require("node:fs").writeFileSync(process.env.PROBE, String(Object.keys(require.cache).some((file) => file.includes("typescript-for-tslab")))));`;

const cells = [
  `import { file, param, show, stage } from "stagebook";\nimport { twice } from "./twice";`,
  `/** How it is done. */\nconst mode = param<"fast" | "exact">("mode", "fast");\nconst n = param("n", 2);`,
  `const text = stage("text", { source: file("data.txt") }, async ({ source }) => (await source.text()).length);`,
  `const all = stage("all", { text, mode, n }, ({ text, mode, n }) => mode + twice(text * n));\nshow(await all());`,
  `console.log(await all());`,
];

function write(own: readonly string[] = cells): void {
  folder.write("twice.ts", "export const twice = (n: number): number => n + n;");
  folder.write("data.txt", "text");
  folder.write("n.ipynb", encodeNotebook(own));
}

interface Probed extends CommandEnd {
  readonly loadsTypeScript: boolean;
}

let probes = 0;
async function command(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Probed> {
  const said = join(home, `probe-${++probes}`);
  const NODE_OPTIONS = `--require ${folder.write("probe.cjs", probe)}`;
  const own = { STAGEBOOK_COMPILE_CACHE: undefined, XDG_CACHE_HOME: undefined, HOME: home, PROBE: said, NODE_OPTIONS };
  const end = await stagebook(args, { cwd: folder.path, env: { ...own, ...env } });
  return { ...end, loadsTypeScript: readFileSync(said, "utf8") === "true" };
}

describe("a notebook that is executed again", () => {
  test("[H10] gives the same without TypeScript, until it is edited", async () => {
    write();
    const first = await command(["run", "n.ipynb", "--json"]);
    expect(documentOf(first)).toMatchObject({ exitCode: 0, executed: 2 });
    expect(first.loadsTypeScript).toBe(true);
    const second = await command(["run", "n.ipynb", "--json"]);
    expect(documentOf(second)).toMatchObject({ exitCode: 0, executed: 0 });
    expect(second.loadsTypeScript).toBe(false);
    const results = (end: CommandEnd): unknown => documentOf(end).stages.map(({ name, key, digest }) => [name, key, digest]); // prettier-ignore
    expect(results(second)).toEqual(results(first));
    const params = await command(["params", "n.ipynb", "--json"]);
    expect(params.loadsTypeScript).toBe(false);
    expect(params.stdout).toBe(
      (await command(["params", "n.ipynb", "--json"], { STAGEBOOK_COMPILE_CACHE: "none" })).stdout,
    );
    expect(params.stdout).toContain("How it is done.");
    folder.write("twice.ts", "export const twice = (n: number): number => 2 * n;");
    const edited = await command(["run", "n.ipynb", "--json"]);
    expect(documentOf(edited)).toMatchObject({ exitCode: 0, executed: 1 });
    expect(edited.loadsTypeScript).toBe(true);
    if (!isHeavy) return;
    write([...cells.slice(0, -1), `console.log("edited", await all());`]);
    expect((await command(["run", "n.ipynb"])).stdout).toContain("edited fast16");
  });

  test.runIf(isHeavy)("[H10] a type error is reported each time", async () => {
    write([...cells, `const wrong: number = "text";`]);
    const [first, second] = [await command(["run", "n.ipynb"]), await command(["run", "n.ipynb"])];
    expect(first.code).toBe(1);
    expect(first.stdout).toContain("Type 'string' is not assignable to type 'number'");
    expect(second.code).toBe(1);
    expect(second.stdout).toContain("Type 'string' is not assignable to type 'number'");
  });

  test.runIf(isHeavy)("[H10] several commands at once", async () => {
    write();
    await command(["run", "n.ipynb"]);
    rmSync(join(home, ".cache"), { recursive: true });
    const ends = await Promise.all(Array.from({ length: 4 }, () => command(["plan", "n.ipynb"])));
    expect(new Set(ends.map(({ code, stdout }) => `${code} ${stdout}`)).size).toBe(1);
    expect(readdirSync(join(home, ".cache", "stagebook", "cells"))).toHaveLength(1);
    const last = await command(["plan", "n.ipynb"]);
    expect(last.stdout).toBe(ends[0]?.stdout);
    expect(last.loadsTypeScript).toBe(false);
  });
});

describe("where compiled cells are kept", () => {
  test("[H11] the setting, XDG_CACHE_HOME, the home; none", async () => {
    write();
    const places = [
      [{ STAGEBOOK_COMPILE_CACHE: "kept" }, join(folder.path, "kept")],
      [{ XDG_CACHE_HOME: join(home, "xdg") }, join(home, "xdg", "stagebook", "cells")],
      [{ XDG_CACHE_HOME: "relative" }, join(home, ".cache", "stagebook", "cells")],
    ] as const;
    for (const [env, place] of part(places, 1)) {
      await command(["plan", "n.ipynb"], env);
      expect(readdirSync(place)).toHaveLength(1);
      rmSync(place, { recursive: true });
    }
    expect((await command(["plan", "n.ipynb"], { STAGEBOOK_COMPILE_CACHE: "none" })).code).toBe(0);
    expect(places.map(([, place]) => existsSync(place))).toEqual([false, false, false]);
  });
});
