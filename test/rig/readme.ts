/** What the READMEs tell people to type. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./kernel/notebook-folder";

/** A README of the repository, by its folder. */
export function readReadme(folder = "."): string {
  return readFileSync(join(repository, folder, "README.md"), "utf8");
}

/** The text under a heading of the second level; "" when there is none. */
export function sectionOf(text: string, title: string): string {
  return text.split(/^## /m).find((section) => section.startsWith(`${title}\n`)) ?? "";
}

/** The code blocks of one language. */
export function blocksOf(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, code]) =>
    (code ?? "").trim(),
  );
}

/** The lines of the first block for a shell, without what is remarked at their ends. */
export function linesOf(text: string): string[] {
  const [block = ""] = blocksOf(text, "sh");
  return block.split("\n").map((line) => line.replace(/\s*#.*/, ""));
}
