/** Changed code as a unified diff. Lines are marked by sign, element and color. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { useMemo } from "react";
import type { Result } from "stagebook/protocol";
import type { PartChange } from "./code-changes";
import { findPartChanges } from "./code-changes";
import type { DiffRow } from "./line-diff";
import { countChanges, diffLines } from "./line-diff";
import { kindLabel } from "./reason-list";

export interface CodeChangesProps {
  readonly explained: Result<"explain">;
  readonly trans: TranslationBundle;
}

export function CodeChanges({ explained, trans }: CodeChangesProps): ReactElement {
  // A kernel with an older version does not send the previous parts.
  const changes = findPartChanges(explained.before ?? [], explained.parts);
  if (changes.length === 0)
    return <p className="stagebook-Hint">{trans.__("No code changed since the last result.")}</p>;
  return (
    <>
      {changes.map((change) => (
        <CodeDiff key={`${change.kind} ${change.name}`} change={change} trans={trans} />
      ))}
    </>
  );
}

function CodeDiff({ change, trans }: { readonly change: PartChange; readonly trans: TranslationBundle }): ReactElement {
  const { kind, name, before, after } = change;
  const rows = useMemo(() => diffLines(before, after), [before, after]);
  const { removed, added } = countChanges(rows);
  const title = kind === "function" ? trans.__("the stage's function") : name;
  return (
    <figure className="stagebook-Diff" data-diff={kind === "function" ? "function" : name}>
      <figcaption>
        <span className="stagebook-KeyPart-kind">{kindLabel(kind, trans)}</span> <b>{title}</b>
        <span className="stagebook-Diff-counts">
          <span title={trans._n("%1 line removed", "%1 lines removed", removed)}>−{removed}</span>{" "}
          <span title={trans._n("%1 line added", "%1 lines added", added)}>+{added}</span>
        </span>
      </figcaption>
      <div
        className="stagebook-Diff-lines"
        role="group"
        aria-label={trans.__("Changed lines of %1", title)}
        tabIndex={0}
      >
        {rows.map((row, index) => (
          <DiffLineView key={index} row={row} trans={trans} />
        ))}
      </div>
    </figure>
  );
}

function DiffLineView({ row, trans }: { readonly row: DiffRow; readonly trans: TranslationBundle }): ReactElement {
  if (row.kind === "skipped")
    return (
      <div className="stagebook-Diff-skipped">{trans._n("… %1 unchanged line", "… %1 unchanged lines", row.count)}</div>
    );
  if (row.kind === "same") return <div data-line="same">{row.text || " "}</div>;
  return row.kind === "removed" ? (
    <del data-line="removed">{row.text || " "}</del>
  ) : (
    <ins data-line="added">{row.text || " "}</ins>
  );
}
