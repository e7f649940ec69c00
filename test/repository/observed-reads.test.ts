/** The kinds of read as data: kernel-lib/docs/reference/observed-reads.md shows all of them. `npm run matrix` writes them there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { expect, test } from "vitest";
import { readKinds, type ReadKindRow } from "../observe/read-kinds";
import { repository } from "../rig/kernel/notebook-folder";

const reference = join(repository, "kernel-lib", "docs", "reference", "observed-reads.md");

function outcome({ counts = [], names = [], notes = [] }: ReadKindRow): string {
  const list = (verb: string, items: readonly string[]): string =>
    items.length === 0 ? "" : `${verb} ${[...new Set(items)].map((item) => `\`${item}\``).join(", ")}`;
  return (
    [list("counts:", counts), list("is named:", names), list("is a note:", notes)].filter(Boolean).join("; ") ||
    "nothing"
  );
}

const escaped = (text: string): string => text.replaceAll("|", "\\|");

function tables(): string {
  const groups = [...new Set(readKinds.map(({ group }) => group))];
  return groups
    .map((group) => {
      const rows = readKinds.filter((row) => row.group === group);
      const lines = rows.map((row) => `| ${escaped(row.title)} | ${escaped(outcome(row))} |`);
      return [`### ${group}`, "", "| Read | Outcome |", "| --- | --- |", ...lines].join("\n");
    })
    .join("\n\n");
}

test("[repo] the reference holds the kinds of read as they are tested", async () => {
  const text = readFileSync(reference, "utf8");
  const markers = /(<!-- kinds of read: .* -->\n)[^]*(<!-- end of the kinds of read -->)/;
  expect(text).toMatch(markers);
  const withTables = text.replace(markers, (_, begin: string, end: string) => `${begin}\n${tables()}\n\n${end}`);
  const config = await resolveConfig(reference);
  await expect(await format(withTables, { ...config, filepath: reference })).toMatchFileSnapshot(reference);
});

test("[repo] there are at least 80 kinds of read, each once in its group", () => {
  const titles = readKinds.map(({ group, title }) => `${group}: ${title}`);
  expect(titles.length).toBeGreaterThanOrEqual(80);
  expect(titles).toEqual([...new Set(titles)]);
});
