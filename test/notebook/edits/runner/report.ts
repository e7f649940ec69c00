/** The edit matrix as a table: what must run for the documents, and what ran for the report of the tests. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../../rig/kernel/notebook-folder";
import { APART } from "./edit";
import type { Edit, Outcome } from "./edit";
import { edits } from "../index";

const artifacts = join(repository, "test", "artifacts");

/** Where each test file leaves the outcomes of its rows: test files run in separate processes. */
export const partsFolder = join(artifacts, "edit-matrix");

/** Removes what an earlier test run left. */
export function clearReport(): void {
  rmSync(partsFolder, { recursive: true, force: true });
}

/** Joins the parts into `test/artifacts/edit-matrix.md`. Does nothing when no row was executed. */
export function writeReport(): void {
  if (!existsSync(partsFolder)) return;
  const outcomes = readdirSync(partsFolder)
    .sort()
    .flatMap((part) => JSON.parse(readFileSync(join(partsFolder, part), "utf8")) as Outcome[]);
  if (outcomes.length === 0) return;
  mkdirSync(artifacts, { recursive: true });
  writeFileSync(join(artifacts, "edit-matrix.md"), renderReport(outcomes));
}

/** The rows that were executed, in the order of the matrix, with what ran; the last line counts them. */
export function renderReport(outcomes: readonly Outcome[]): string {
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const rows = edits.flatMap((edit) => {
    const outcome = byId.get(edit.id);
    return outcome ? [[...cellsOf(edit), ...judged(outcome)]] : [];
  });
  const count = (of: "wrongFresh" | "needless"): number => outcomes.reduce((sum, outcome) => sum + outcome[of], 0);
  const failed = outcomes.filter(({ failure }) => failure !== undefined).length;
  const total = `${outcomes.length} kinds of edit, wrong-fresh ${count("wrongFresh")}, needless ${count("needless")}`;
  return [
    "# Every kind of edit, in a real tslab kernel",
    "",
    "Each row is a first run, the edit, and its undo; wrong-fresh and needless count both.",
    "",
    ...table(["kind of edit", "must run", "must not run", "ran", "wrong-fresh", "needless"], rows),
    "",
    failed === 0 ? total : `${total}, not judged ${failed}`,
    "",
  ].join("\n");
}

/** The table of the documents: all rows, and what must run. */
export function renderMatrix(): string {
  return table(["kind of edit", "must run", "must not run"], edits.map(cellsOf)).join("\n");
}

const cellsOf = (edit: Edit): string[] => [edit.kind, names(edit.mustRun), names([...edit.mustNotRun, APART])];

const names = (stages: readonly string[]): string => stages.map((name) => `\`${name}\``).join(", ") || "nothing";

function judged({ ran, wrongFresh, needless, failure }: Outcome): string[] {
  const what = failure === undefined ? names(ran) : `not judged: ${failure}`;
  return [what, String(wrongFresh), String(needless)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
