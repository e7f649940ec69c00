/** The edit matrix as data: kernel-lib/docs/reference/edit-matrix.md shows all of it. `npm run matrix` writes it there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { expect, test } from "vitest";
import { edits, groups } from "../notebook/edits";
import { judge } from "../notebook/edits/runner/judge";
import { renderMatrix, renderReport } from "../notebook/edits/runner/report";
import { readDocument, sectionOf } from "../rig/documents";
import { repository } from "../rig/kernel/notebook-folder";

const reference = join(repository, "kernel-lib", "docs", "reference", "edit-matrix.md");

test("[repo] the reference holds the edit matrix as it is tested", async () => {
  const text = readFileSync(reference, "utf8");
  const markers = /(<!-- edit matrix: .* -->\n)[^]*(<!-- end of the edit matrix -->)/;
  expect(text).toMatch(markers);
  const withTable = text.replace(markers, (_, begin: string, end: string) => `${begin}\n${renderMatrix()}\n\n${end}`);
  const config = await resolveConfig(reference);
  await expect(await format(withTable, { ...config, filepath: reference })).toMatchFileSnapshot(reference);
});

test("[repo] README and guide state the number of kinds of edit, and the guide those of each group", () => {
  const guide = sectionOf(readDocument("kernel-lib/docs/guide/3-staleness.md"), "Every kind of edit");
  const counts = [...guide.matchAll(/^\|[^|]+\| +(\d+) \|/gm)].map(([, count]) => Number(count));
  expect(counts).toEqual(Object.values(groups).map((group) => group.edits.length));
  for (const text of [guide, readDocument("README.md")]) expect(text).toContain(`${edits.length} kinds of edit`);
});

test("[repo] the edit matrix has at least 60 kinds of edit, each once, none without a value", () => {
  expect(edits.length).toBeGreaterThanOrEqual(60);
  expect(edits.map(({ id }) => id)).toEqual([...new Set(edits.map(({ id }) => id))]);
  expect(edits.map(({ kind }) => kind)).toEqual([...new Set(edits.map(({ kind }) => kind))]);
  for (const { rows, mustRun, mustNotRun } of edits) {
    expect(rows.join(" ")).toMatch(/^[A-Z]\d+( [A-Z]\d+)*$/);
    expect(mustRun.filter((stage) => mustNotRun.includes(stage))).toEqual([]);
  }
});

test("[repo] the report of the edit matrix counts what is wrong, in its last line", () => {
  const [edit] = edits;
  if (!edit) throw new Error("no edits");
  const first = { ran: ["a", "b", "c", "apart"], value: edit.value[0] };
  const back = { ran: [], value: edit.value[0] };
  const lastLine = (ran: readonly string[], value: string, failure?: string): string | undefined =>
    renderReport([judge(edit, [first, { ran, value }, back], failure)])
      .trimEnd()
      .split("\n")
      .at(-1);
  expect(lastLine(edit.mustRun, edit.value[1])).toBe("1 kinds of edit, wrong-fresh 0, needless 0");
  expect(lastLine(edit.mustRun, edit.value[0])).toBe("1 kinds of edit, wrong-fresh 1, needless 0");
  expect(lastLine([], edit.value[0])).toBe("1 kinds of edit, wrong-fresh 2, needless 0");
  expect(lastLine([...edit.mustRun, "c"], edit.value[1])).toBe("1 kinds of edit, wrong-fresh 0, needless 1");
  expect(lastLine(edit.mustRun, edit.value[1], "the kernel ended")).toBe(
    "1 kinds of edit, wrong-fresh 0, needless 0, not judged 1",
  );
});
