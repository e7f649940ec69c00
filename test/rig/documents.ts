/** The repository's Markdown documents: their sections, code blocks and commands. Used by the tests that execute them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./kernel/notebook-folder";

/** One fenced code block. */
export interface Block {
  readonly language: string;
  readonly code: string;
}

/** Folders whose Markdown files, at any depth, are documents; and single files. */
const roots = ["kernel-lib/docs", "lab-extension/docs", ".github"];
const files = [
  "README.md",
  "kernel-lib/README.md",
  "kernel-lib/CHANGELOG.md",
  "lab-extension/README.md",
  "lab-extension/CHANGELOG.md",
  "notebooks/README.md",
  "notebooks/airflow/README.md",
  "test/README.md",
];

/** Paths of all documents, relative to the repository's root, with `/`. */
export const documents: readonly string[] = [
  ...files.filter((path) => existsSync(join(repository, path))),
  ...roots.flatMap((root) => {
    const folder = join(repository, root);
    if (!existsSync(folder)) return [];
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return names.filter((name) => name.endsWith(".md")).map((name) => `${root}/${name.replaceAll("\\", "/")}`);
  }),
].sort();

/** The text of a document. */
export function readDocument(path: string): string {
  return readFileSync(join(repository, path), "utf8");
}

/** The text under a heading of the second level; "" when there is none. */
export function sectionOf(text: string, title: string): string {
  return text.split(/^## /m).find((section) => section.startsWith(`${title}\n`)) ?? "";
}

/** All fenced code blocks in their order. Blocks inside a list are indented: their indentation is removed. */
export function allBlocks(text: string): Block[] {
  return [...text.matchAll(/^( *)```([\w-]*)\n(.*?)^\1```$/gms)].map(([, indent = "", language = "", code = ""]) => ({
    language,
    code: code.replaceAll(new RegExp(`^${indent}`, "gm"), "").trim(),
  }));
}

/** The code blocks of one language. `typescript` is not `ts`: the one shows code, the other is a notebook cell. */
export function blocksOf(text: string, language: string): string[] {
  return allBlocks(text).flatMap((block) => (block.language === language ? [block.code] : []));
}

/** The commands of one shell block, without comments. */
export function commandsOf(block: string): string[] {
  return block
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((line) => line.replace(/(^|\s+)# .*/, "").trim())
    .filter((line) => line !== "");
}

/** The commands of the first shell block of a text. */
export function linesOf(text: string): string[] {
  const [block = ""] = blocksOf(text, "sh");
  return commandsOf(block);
}

/** The headings of a text in their order, or those of one level. */
export function headingsOf(text: string, level?: number): string[] {
  const withoutCode = text.replaceAll(/^ *```.*?^ *```$/gms, "");
  const headings = [...withoutCode.matchAll(/^(#{1,6}) (.+)$/gm)];
  return headings
    .filter(([, marks]) => level === undefined || marks?.length === level)
    .map(([, , heading = ""]) => heading);
}

/** The anchors that GitHub gives to the headings of a text. */
export function anchorsOf(text: string): string[] {
  const headings = headingsOf(text).map((heading) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(/\s/g, "-"),
  );
  const seen = new Map<string, number>();
  return headings.map((anchor) => {
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

/** Durations differ from run to run: each becomes `N ms`. */
export function withoutDurations(text: string): string {
  return text.replaceAll(/(<1|\b\d+(\.\d+)?) (ms|s|min|h)\b( \d+ (s|min)\b)?/g, "N ms").trim();
}

/** The cells of the README's smallest example. Commands in documents run on them, as `earthquakes.ipynb`. */
export function smallestExample(): string[] {
  return blocksOf(sectionOf(readDocument("README.md"), "The smallest example"), "ts");
}
