/** One line of the list: a stage, or the heading of a group. Rendered by StageList. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { caretDownIcon, caretRightIcon } from "@jupyterlab/ui-components";
import type { ReactElement } from "react";
import { memo } from "react";
import { caveatsOf, formatDuration, type StageView } from "stagebook/protocol";
import { describeStage, explainStatus, progressShare, statusWord } from "../../ui/texts/stage-text";
import { StatusIcon } from "../../ui/status-mark";
import type { StatusCount } from "../model/group-status";
import { describeGroup } from "../model/group-status";
import type { RowLanes } from "../model/lanes";
import type { ListRow } from "../model/list-rows";
import type { NodeMark } from "../model/node-marks";
import { describeMarks, whatIfAttribute } from "../model/node-marks";
import { ROW_HEIGHT, RowLines } from "./row-lanes";

export interface StageRowProps {
  readonly row: ListRow;
  readonly index: number;
  readonly lanes: RowLanes;
  readonly laneCount: number;
  readonly lineage: ReadonlySet<number>;
  /** The stage of the row; undefined for a group. */
  readonly stage: StageView | undefined;
  /** The statuses of a group's stages. */
  readonly counts: readonly StatusCount[];
  readonly marks: readonly NodeMark[];
  readonly isSelected: boolean;
  /** True for the one row that Tab leads to. */
  readonly isTabStop: boolean;
  readonly onOpen: (index: number) => void;
  readonly onFocus: (index: number) => void;
  readonly trans: TranslationBundle;
}

export const StageRow = memo(function StageRow(props: StageRowProps): ReactElement {
  const { row, index, lanes, laneCount, lineage, stage, counts, marks, isSelected, isTabStop, trans } = props;
  const status = stage?.status ?? counts[0]?.status ?? "new";
  const title = stage ? describeStage(stage, trans) : describeGroup(row.name, counts, trans);
  const spoken = stage ? [stage.name, explainStatus(stage, trans)] : [title];
  return (
    <div
      role="treeitem"
      className={["stagebook-List-row", isSelected && "selected", ...marks].filter(Boolean).join(" stagebook-mod-")}
      style={{ top: index * ROW_HEIGHT }}
      tabIndex={isTabStop ? 0 : -1}
      title={title}
      aria-label={[...spoken, ...describeMarks(marks, trans)].join(", ")}
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={isSelected}
      aria-expanded={row.isExpanded}
      data-row={index}
      data-status={status}
      {...(stage ? { "data-stage": stage.name } : { "data-group": row.name })}
      {...whatIfAttribute(marks)}
      onClick={() => props.onOpen(index)}
      onFocus={() => props.onFocus(index)}
    >
      <RowLines lanes={lanes} count={laneCount} isNode={row.isNode} lineage={lineage} row={index} />
      {row.kind === "group" && (row.isExpanded ? <Caret icon={caretDownIcon} /> : <Caret icon={caretRightIcon} />)}
      {stage && (
        <span className="stagebook-Status" data-freshness={status}>
          <StatusIcon status={status} />
        </span>
      )}
      <span className="stagebook-List-name">{row.label}</span>
      {stage ? <StageFacts stage={stage} trans={trans} /> : <GroupFacts counts={counts} trans={trans} />}
    </div>
  );
});

function Caret({ icon }: { readonly icon: typeof caretDownIcon }): ReactElement {
  return <icon.react tag="span" className="stagebook-List-caret" elementSize="normal" />;
}

/** The status in words unless it is the ordinary one, and the duration of the last execution. */
function StageFacts({ stage, trans }: { readonly stage: StageView; readonly trans: TranslationBundle }): ReactElement {
  const share = progressShare(stage);
  const word = typeof share === "number" ? `${Math.round(share * 100)} %` : statusWord(stage.status, trans);
  return (
    <>
      {caveatsOf(stage).length > 0 && (
        <span className="stagebook-CaveatMark" role="img" aria-label={trans.__("may differ when computed again")}>
          ≈
        </span>
      )}
      {stage.status !== "fresh" && <span className="stagebook-List-word">{word}</span>}
      <span className="stagebook-List-time">{stage.result ? formatDuration(stage.result.durationMs) : ""}</span>
      {typeof share === "number" && <span className="stagebook-List-progress" style={{ width: `${share * 100}%` }} />}
    </>
  );
}

function GroupFacts({
  counts,
  trans,
}: {
  readonly counts: readonly StatusCount[];
  readonly trans: TranslationBundle;
}): ReactElement {
  return (
    <span className="stagebook-List-counts">
      {counts.map(({ status, count }) => (
        <span key={status} className="stagebook-Status" data-freshness={status} title={statusWord(status, trans)}>
          <StatusIcon status={status} />
          {count}
        </span>
      ))}
    </span>
  );
}
