/** The documents: their links lead somewhere, their commands exist, they stay short, and they name every folder of the code. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import * as declared from "../../kernel-lib/src/cli/options";
import { exitCode } from "../../kernel-lib/src/cli/terminal/exit-code";
import { anchorsOf, blocksOf, commandsOf, documents, readDocument, sectionOf } from "../rig/documents";
import { repository } from "../rig/kernel/notebook-folder";

const textOf = (...path: string[]): string => readFileSync(join(repository, ...path), "utf8");
const withoutCode = (text: string): string => text.replaceAll(/^ *```.*?^ *```$/gms, "").replaceAll(/`[^`\n]*`/g, "");

describe("links", () => {
  test.each(documents)("[repo] those of %s lead to files and headings", (path) => {
    const links = [...withoutCode(readDocument(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const local = links.filter((link) => !/^\w+:/.test(link));
    expect(local.filter((link) => !leadsSomewhere(path, link))).toEqual([]);
  });

  test("[repo] every document of both packages can be reached from the README", () => {
    const reached = new Set(["README.md"]);
    for (const path of reached)
      for (const [, link = ""] of readDocument(path).matchAll(/\]\(([^)\s#]+\.md)[^)]*\)/g)) {
        const target = posix.join(posix.dirname(path), link);
        if (!/^\w+:/.test(link) && existsSync(join(repository, target))) reached.add(target);
      }
    expect(documents.filter((path) => !reached.has(path) && !path.endsWith("template.md"))).toEqual([]);
  });

  function leadsSomewhere(path: string, link: string): boolean {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : posix.join(posix.dirname(path), file);
    if (!existsSync(join(repository, target))) return false;
    return anchor === undefined || anchorsOf(readDocument(target)).includes(anchor);
  }
});

describe("size and form", () => {
  test("[repo] the README has at most 100 lines and 8 KB", () => {
    const readme = readDocument("README.md");
    expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(100);
    expect(Buffer.byteLength(readme)).toBeLessThanOrEqual(8192);
  });

  test("[repo] the glossary has at most 40 terms, one paragraph each", () => {
    const glossary = readDocument("kernel-lib/docs/glossary.md");
    const paragraphs = glossary.split("\n\n").filter((paragraph) => !paragraph.startsWith("#"));
    const terms = paragraphs.filter((paragraph) => /^\*\*[^*]+\.\*\* \S/.test(paragraph));
    expect(paragraphs.slice(1)).toEqual(terms);
    expect(terms.length).toBeGreaterThan(30);
    expect(terms.length).toBeLessThanOrEqual(40);
  });

  test("[repo] no page of the guide is longer than 160 lines, and the architecture not longer than 200", () => {
    const limitOf = (path: string): number => (path.includes("/guide/") ? 160 : path.endsWith("architecture.md") ? 200 : Infinity); // prettier-ignore
    const tooLong = documents.filter((path) => readDocument(path).trimEnd().split("\n").length > limitOf(path));
    expect(tooLong).toEqual([]);
  });

  test.each(["kernel-lib", "lab-extension"])("[repo] the changelog of %s lists its version", (folder) => {
    const { version } = JSON.parse(textOf(folder, "package.json")) as { version: string };
    expect(readDocument(`${folder}/CHANGELOG.md`)).toContain(`## [${version}] - `);
  });
});

describe("the map of the code", () => {
  const architecture = sectionOf(readDocument("kernel-lib/docs/architecture.md"), "The folders");
  const onMap = [...architecture.matchAll(/^\| `([^`]+)\/` *\|/gm)].map(([, path = ""]) => path);

  test("[repo] every folder on the map exists", () => {
    expect(onMap.length).toBeGreaterThan(30);
    expect(onMap.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  });

  test("[repo] every folder of kernel-lib/src, at any depth, is on the map", () => {
    expect(foldersIn("kernel-lib/src", true).filter((path) => !onMap.includes(path))).toEqual([]);
  });

  test("[repo] every folder of lab-extension/src is on the map", () => {
    const table = sectionOf(readDocument("lab-extension/docs/architecture.md"), "Folders");
    const first = [...table.matchAll(/^\| ([^|]+)\|/gm)].map(([, cell = ""]) => cell).join();
    const named = [...first.matchAll(/`([a-z]+)\/`/g)].map(([, name = ""]) => `lab-extension/src/${name}`);
    expect([...foldersIn("lab-extension/src", false)].sort()).toEqual([...named].sort());
  });

  test("[repo] the table of the tests names every folder of them", () => {
    const table = sectionOf(readDocument("test/README.md"), "Folders");
    const named = [...table.matchAll(/^\| `([^`]+)\/`/gm)].map(([, name = ""]) => `test/${name}`);
    expect(foldersIn("test", false).filter((path) => !named.includes(path))).toEqual([]);
    expect(named.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  });

  test("[repo] every source file that a document names exists", () => {
    const roots = [
      "",
      "kernel-lib/src/",
      "kernel-lib/",
      "kernel-lib/src/store/",
      "lab-extension/src/",
      "lab-extension/",
    ];
    const missing = documents.flatMap((path) =>
      [...readDocument(path).matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.(?:ts|tsx|mjs|json))`/g)]
        .map(([, file = ""]) => file)
        .filter((file) => !/^(?:stagebook|src)\//.test(file))
        .filter((file) => !roots.some((root) => existsSync(join(repository, root, file))))
        .map((file) => `${path}: ${file}`),
    );
    expect(missing).toEqual([]);
  });

  test("[repo] every label that the page on the sidebar names exists in the page", () => {
    const page = readDocument("kernel-lib/docs/guide/sidebar.md");
    const labels = [...page.matchAll(/\*\*([^*]+)\*\*/g)].map(([, label = ""]) => label);
    const folder = join(repository, "lab-extension", "src");
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("\n");
    expect(labels.length).toBeGreaterThan(5);
    expect(labels.filter((label) => !sources.includes(`"${label}"`))).toEqual([]);
  });

  test("[repo] no source folder has more than 16 files at one level", () => {
    const folders = ["kernel-lib/src", "lab-extension/src"].flatMap((root) => [root, ...foldersIn(root, true)]);
    const filesIn = (folder: string): number =>
      readdirSync(join(repository, folder), { withFileTypes: true }).filter((entry) => entry.isFile()).length;
    expect(folders.length).toBeGreaterThan(60);
    expect(folders.filter((folder) => filesIn(folder) > 16)).toEqual([]);
  });

  function foldersIn(folder: string, isDeep: boolean): string[] {
    return readdirSync(join(repository, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "artifacts")
      .map(({ name }) => `${folder}/${name}`)
      .filter((path) => readdirSync(join(repository, path)).length > 0)
      .flatMap((path) => [path, ...(isDeep ? foldersIn(path, true) : [])]);
  }
});

describe("commands", () => {
  const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Readonly<Record<string, string>> };
  /** Read and executed by test/heavy/install.test.ts, test/heavy/browser/install.test.ts and test/heavy/airflow-files.test.ts. */
  const installation = [
    "kernel-lib/README.md",
    "kernel-lib/docs/guide/installation.md",
    "lab-extension/README.md",
    "notebooks/airflow/README.md",
  ];
  const withCommands = documents
    .map((path) => ({ path, commands: blocksOf(readDocument(path), "sh").flatMap(commandsOf) }))
    .filter(({ commands }) => commands.length > 0);

  test.each(withCommands)("[repo] those of $path are ones that can be run", ({ path, commands }) => {
    expect(commands.filter((command) => !isKnown(path, command))).toEqual([]);
  });

  test("[repo] every npm script that a document names exists", () => {
    const named = documents.flatMap((path) =>
      [...readDocument(path).matchAll(/\bnpm (?:run ([\w:]+)|(start|test)\b)/g)].map(
        ([, script, short]) => `${path}: ${script ?? short ?? ""}`,
      ),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !((name.split(": ")[1] ?? "") in scripts))).toEqual([]);
  });

  test("[repo] every option of npm start that a document names exists", () => {
    const usage = textOf(".dev", "start.mjs");
    const options = documents.flatMap((path) =>
      [...readDocument(path).matchAll(/npm start -- ([^`\n]*)/g)].flatMap(
        ([, args = ""]) => args.match(/--[\w-]+/g) ?? [],
      ),
    );
    expect(options.length).toBeGreaterThan(2);
    expect(options.filter((option) => !usage.includes(`[${option}`))).toEqual([]);
  });

  test("[repo] every environment variable that a document names is read by the code", () => {
    const sources = ["kernel-lib/src", ".dev", "test"].flatMap((folder) =>
      readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
        .map((name) => join(repository, folder, name))
        .filter((file) => /\.(ts|mjs)$/.test(file) && statSync(file).isFile())
        .map((file) => readFileSync(file, "utf8")),
    );
    const known = new Set(sources.flatMap((source) => source.match(/\bSTAGEBOOK_[A-Z_]+/g) ?? []));
    const named = new Set(documents.flatMap((path) => readDocument(path).match(/\bSTAGEBOOK_[A-Z_]+/g) ?? []));
    expect(named.size).toBeGreaterThan(6);
    expect([...named].filter((name) => !known.has(name))).toEqual([]);
  });

  /** `npx stagebook` is executed by test/cli/documents.test.ts. */
  function isKnown(path: string, command: string): boolean {
    const words = command.replace(/^(?:[A-Z_]+=("[^"]*"|\S*) )+/, "");
    if (/^(?:npx stagebook|node -e|export [A-Z_]+=|npm (?:start|test))\b/.test(words)) return true;
    // The reference of the command line shows the usage of each command.
    if (path.endsWith("/reference/cli.md")) return /^stagebook [a-z]+\b/.test(words);
    const [, script] = /^npm run ([\w:]+)/.exec(words) ?? [];
    if (script !== undefined && script in scripts) return true;
    const [, files] = /^npx vitest run --config test\/vitest\.config\.ts --project \w+ (.+)$/.exec(words) ?? [];
    if (files !== undefined) return files.split(" ").every((file) => existsSync(join(repository, file)));
    return installation.includes(path) && /^(?:npm|npx tslab|pip|python3 -m pip|jupyter|docker|kubectl|helm|cp|mv) /.test(words); // prettier-ignore
  }
});

describe("the page of the guide on the command line", () => {
  const page = readDocument("kernel-lib/docs/guide/8-command-line.md");
  const flagsOf = (options: Readonly<Record<string, { readonly flags: string }>>): readonly string[] =>
    Object.values(options).flatMap(({ flags }) => flags.match(/--[\w-]+/g) ?? []);
  const firstCells = (heading: string): readonly string[] =>
    [...sectionOf(page, heading).matchAll(/^\| ([^|]+)\|/gm)].map(([, cell = ""]) => cell.trim()).slice(2);

  test("[repo] its table has every option of run, and no other", () => {
    const listed = firstCells("Options of run").flatMap((cell) => cell.match(/--[\w-]+/g) ?? []);
    expect([...listed].sort()).toEqual([...flagsOf(declared.runOptions)].sort());
  });

  test("[repo] it names every command that takes the options of a session", () => {
    const [, names = ""] = /are options of (.+?) too; `--store`/.exec(page) ?? [];
    const taking = Object.entries(declared).flatMap(([name, options]) =>
      name.endsWith("Options") && typeof options === "object" && "set" in options ? [name.replace(/Options$/, "")] : [],
    );
    const exported = ["export", "airflow", "slurm", "kubernetes"];
    const commands = taking.filter((name) => !["session", "run", ...exported].includes(name));
    expect([...(names.match(/\w+/g) ?? [])].filter((word) => word !== "and").sort()).toEqual(
      [...commands, "export"].sort(),
    );
  });

  test("[repo] its table has every exit code", () => {
    const listed = firstCells("Exit codes").flatMap((cell) => cell.split(", ").map(Number));
    expect(listed).toEqual(Object.values(exitCode));
  });
});

describe("row ids", () => {
  const table = sectionOf(readDocument("test/README.md"), "Row ids");
  const listed = [...table.matchAll(/^\| ([A-Z]\d+(?:, [A-Z]\d+)*|`\[\w+\]`) *\|/gm)].flatMap(([, ids = ""]) =>
    ids.replaceAll(/[`[\]]/g, "").split(", "),
  );

  test("[repo] each is listed once", () => {
    expect(listed.length).toBeGreaterThan(80);
    expect(listed).toEqual([...new Set(listed)]);
  });

  const used = new Set(
    readdirSync(join(repository, "test"), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name) && !name.startsWith("artifacts"))
      .flatMap((name) => {
        const source = textOf("test", name);
        const titles = [...source.matchAll(/["'`](?:\[(?:[A-Z]\d+|[a-z]+)\] )+/g)].flatMap(
          ([ids]) => ids.match(/\w+/g) ?? [],
        );
        const rows = [...source.matchAll(/\brows: \[([^\]]*)\]/g)].flatMap(
          ([, ids = ""]) => ids.match(/[A-Z]\d+/g) ?? [],
        );
        return [...titles, ...rows];
      }),
  );

  test("[repo] every id that a test title uses is listed", () => {
    expect([...used].filter((id) => !listed.includes(id))).toEqual([]);
  });

  test("[repo] every id that is listed has a test", () => {
    expect(listed.filter((id) => !used.has(id))).toEqual([]);
  });
});

/** A how-to that creates a file of the page shows all of it: ``Create `src/x/x-panel.tsx` `` and a `tsx` block. */
const created = documents.flatMap((path) => {
  const [, file] = /Create `(src\/[^`]+\.tsx)`/.exec(readDocument(path)) ?? [];
  const [code] = blocksOf(readDocument(path), "tsx");
  return file === undefined || code === undefined ? [] : [[path, file, code] as const];
});

test.each(created)("[repo] the file that %s creates, %s, compiles in the page", (_, file, code) => {
  const folder = join(repository, "lab-extension");
  const name = join(folder, file);
  const config = ts.readConfigFile(join(folder, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, folder);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (path) => (path === name ? code : readFile(path));
  host.fileExists = (path) => path === name || fileExists(path);
  const program = ts.createProgram([name], { ...options, noEmit: true, composite: false, incremental: false }, host);
  const source = program.getSourceFile(name);
  const problems = ts.getPreEmitDiagnostics(program, source).map((each) => ts.flattenDiagnosticMessageText(each.messageText, " ")); // prettier-ignore
  expect(problems).toEqual([]);
});
