/** The documents for contributors name code: names that exist, diffs that apply, and every repair of tslab. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repairs } from "../../kernel-lib/src/notebook/tslab/repairs/install";
import { allBlocks, blocksOf, documents, readDocument, sectionOf } from "../rig/documents";
import { repository } from "../rig/kernel/notebook-folder";
import { repairCases } from "../notebook/tslab/repair-cases";

const forContributors = documents.filter(
  (path) =>
    /\/(?:architecture|CONTRIBUTING|design-notes)\.md$|\/how-to\/add-/.test(path) ||
    path === "kernel-lib/docs/README.md" ||
    path === "test/README.md",
);

/** The files below a folder, relative to the repository; without this one, which lists words that exist nowhere. */
const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((file) => !file.endsWith("/code-in-documents.test.ts"));

describe("names in backticks", () => {
  /** Types of commits, and the form of the names of events. */
  const others: readonly string[] = ["feat", "refactor", "perf", "noun:verb"];

  const files = ["kernel-lib/src", "kernel-lib/schema", "lab-extension/src", "lab-extension/style", "test", ".dev"].flatMap(filesIn); // prettier-ignore
  const settings = ["package.json", "kernel-lib/package.json", ".dependency-cruiser.cjs"];
  const sources = [...files.filter((file) => /\.(?:tsx?|mjs|cjs|css|json)$/.test(file)), ...settings];
  const text = [...files, ...sources.map((file) => readFileSync(join(repository, file), "utf8"))].join("\n");
  const words = new Set(text.match(/[\w$]+/g));

  test.each(forContributors)("[repo] those of %s are in the code", (path) => {
    const document = readDocument(path);
    const example = allBlocks(document).map(({ code }) => code).join("\n"); // prettier-ignore
    const inExample = new Set(example.match(/[\w$]+/g));
    const prose = document.replaceAll(/^( *)```.*?^\1```$/gms, "");
    const named = [...prose.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = ""]) => namesIn(code));
    const isKnown = (name: string): boolean =>
      /^[\w$]+$/.test(name) ? words.has(name) || inExample.has(name) : text.includes(name) || example.includes(name);
    expect([...new Set(named)].filter((name) => !others.includes(name) && !isKnown(name))).toEqual([]);
  });

  /** A name alone, also of several parts; of anything else the words that are written `asOneWord`. */
  function namesIn(code: string): readonly string[] {
    const [whole, call] = /^([A-Za-z][\w$.:-]*)(?:\(.*\))?$/.exec(code) ?? [];
    if (whole !== undefined && call !== undefined) return /^[\w$.]+$/.test(call) && !/\.(?:tsx?|mjs|json|md|css|cjs)$/.test(call) ? call.split(".") : [call]; // prettier-ignore
    return code.match(/\b[a-z]+[A-Z]\w*\b|\b[A-Z][a-z]+[A-Z]\w*\b/g) ?? [];
  }
});

describe("diffs", () => {
  const changed = forContributors.flatMap((path) =>
    blocksOf(readDocument(path), "diff").flatMap((block) =>
      block
        .split(/^--- /m)
        .slice(1)
        .map((part) => [path, ...readPart(part)] as const),
    ),
  );

  test("[repo] every how-to that changes a file of the packages shows how", () => {
    const how = new Set(changed.map(([path]) => path));
    expect([...how].length).toBeGreaterThan(5);
  });

  test.each(changed)("[repo] that of %s applies to %s", (_, file, isNew, lines) => {
    if (isNew) return expect([existsSync(join(repository, file)), lines.every((line) => line.startsWith("+"))]).toEqual([false, true]); // prettier-ignore
    const now = `\n${readFileSync(join(repository, file), "utf8")}`;
    // Between two `…`, and without what is added, the lines stand in the file as they are.
    const kept = lines.join("\n").split(/^…$/m).map(keptLines);
    expect(kept.some((part) => part !== "")).toBe(true);
    expect(kept.filter((part) => !now.includes(`\n${part}`))).toEqual([]);
  });

  function readPart(part: string): readonly [file: string, isNew: boolean, lines: readonly string[]] {
    const [from = "", to = "", ...lines] = part.trimEnd().split("\n");
    return [to.replace(/^\+\+\+ b\//, ""), from === "/dev/null", lines];
  }

  function keptLines(hunk: string): string {
    const lines = hunk.split("\n").filter((line) => line !== "" && !line.startsWith("+"));
    return lines.map((line) => `${line.slice(1)}\n`).join("");
  }
});

describe("the repairs of tslab", () => {
  const names = repairs.map(({ name }) => name);

  test("[H4] each has a row in the guide, and every row is one", () => {
    const table = sectionOf(readDocument("kernel-lib/docs/guide/tslab.md"), "What is repaired");
    const rows = [...table.matchAll(/^\| `([^`]+)` *\|/gm)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(10);
    expect([...rows].sort()).toEqual([...names].sort());
  });

  test("[H1] each has a case, or tests whose title names it", () => {
    const named = filesIn("test/notebook/tslab")
      .filter((file) => file.endsWith(".test.ts"))
      .flatMap((file) => [...readFileSync(join(repository, file), "utf8").matchAll(/"\[H\d+\] ([a-z-]+)/g)])
      .map(([, name = ""]) => name);
    const withCases = new Set(repairCases.map(({ repair }) => repair));
    expect([...withCases].filter((name) => !names.includes(name))).toEqual([]);
    expect(names.filter((name) => !withCases.has(name) && !named.includes(name))).toEqual([]);
  });
});
