/** The packages that people use with data, in cells of a kernel: imported with types, captured in a stage, returned by a stage. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { format } from "prettier";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startKernel, type Kernel } from "../rig/kernel/kernel-rig";
import { createNotebookFolder, repository, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { companions, dataPackages, type DataPackage } from "./data-packages-list";

let folder: NotebookFolder;
let kernel: Kernel;
const results = new Map<string, string>();

beforeAll(async () => {
  folder = createNotebookFolder({ "package.json": '{ "private": true }' });
  const packages = dataPackages.map(({ name, version }) => `${name}@${version}`);
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", ...packages, ...companions], { cwd: folder.path }); // prettier-ignore
  await restart();
}, 900_000);
afterAll(async () => {
  await kernel.stop();
  folder.remove();
});

/** The types of many large packages fill a kernel's memory: ten packages share one. */
async function restart(): Promise<void> {
  await kernel?.stop();
  kernel = await startKernel({ cwd: folder.path });
  await kernel.run(`import { pipeline, stage } from "stagebook";
const calls: Record<string, number> = {};
pipeline.events$.subscribe((event) => { if (event.type === "stage:running") calls[event.stage] = (calls[event.stage] ?? 0) + 1; });`);
}

/** How often the stage's function was called so far. */
async function callsOf(stage: string): Promise<number> {
  return Number((await kernel.run(`console.log(calls[${JSON.stringify(stage)}] ?? 0);`)).stdout);
}

describe("[H8] packages in cells", () => {
  test.each(dataPackages.map((each, at) => [each.name, each, at] as const))("%s", async (_, each, at) => {
    if (at % 10 === 0 && at > 0) await restart();
    await check(each, at);
  });

  test("the page of the packages has these results", async () => {
    const page = await format(pageOf(), { parser: "markdown" });
    await expect(page).toMatchFileSnapshot(join(repository, "kernel-lib", "docs", "reference", "packages.md"));
  });
});

async function check({ name, imports, captured }: DataPackage, at: number): Promise<void> {
  const variable = `captured${at}`;
  const define = (value: string): Promise<unknown> =>
    run(`const ${variable} = ${captured.replaceAll("VALUE", value)};`);
  const run = async (cell: string): Promise<string> => {
    const { ok, text } = await kernel.run(cell, { timeoutMs: 240_000 });
    expect(ok, `${name}: ${cell}\n${text}`).toBe(true);
    return text;
  };
  await run(imports);
  // Its types are known: a package without them would be any.
  expect((await kernel.run(`const types${at}: { no: "such type" } = ${typedName(imports)};`)).text).toMatch(/is missing in type|is not assignable to type/); // prettier-ignore
  await define("2");
  await run(
    `const used${at} = stage("used${at}", () => ${JSON.stringify(name)} + typeof ${variable}); await used${at}();`,
  );
  expect(await callsOf(`used${at}`)).toBe(1);
  await define("2");
  await run(`await used${at}();`);
  expect(await callsOf(`used${at}`), `${name}: executed again, nothing changed`).toBe(1);
  await define("3");
  await run(`await used${at}();`);
  expect(await callsOf(`used${at}`), `${name}: another value`).toBe(2);
  await define("2");
  await run(`await used${at}();`);
  expect(await callsOf(`used${at}`), `${name}: the first value again`).toBe(2);
  const { ok, text } = await kernel.run(`const out${at} = stage("out${at}", () => ${variable}); await out${at}();`);
  if (!ok) expect(text, `${name} as a result`).toMatch(/StagebookError[^]*\bnot-storable\b|holds|cannot be stored/);
  results.set(name, ok ? "stored" : (/^.*?(?=\n)/.exec(adviceIn(text))?.[0] ?? adviceIn(text)));
}

/** The first name that the import declares. */
function typedName(imports: string): string {
  return /(?:import|const) (?:\* as )?(?:\{ (?:\w+(?: as |: ))?)?(\w+)/.exec(imports)?.[1] ?? "";
}

const adviceIn = (text: string): string => `refused: ${text.split("\n").find((line) => /Return|codec|Convert|plain/.test(line))?.trim() ?? text.split("\n")[0]}`; // prettier-ignore

function pageOf(): string {
  const rows = dataPackages.map(({ name, version, captured }) => `| ${name} | ${version} | ${code(captured)} | ${escaped(results.get(name) ?? "")} |`); // prettier-ignore
  return `# Packages

The packages that people use with data, as tried by \`npm run test:heavy -- packages\` on Node.js ${process.versions.node.split(".")[0]}: each is imported in a cell of the [tslab kernel](../guide/tslab.md) with value and types; the value in the third column is captured by a stage, which runs again exactly when \`VALUE\` changes; the last column says what happens when a stage returns it.

| Package | Version | Captured | As a result |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

const code = (text: string): string => `\`${text.replaceAll("|", "\\|").replaceAll("`", "'")}\``;
const escaped = (text: string): string => text.replaceAll("|", "\\|");
