/** The React Flow node of a stage. Its data comes from `flow-nodes`. */
import type { Node, NodeHandle, NodeProps } from "@xyflow/react";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { memo } from "react";
import { caveatsOf, type StageView } from "stagebook/protocol";
import { resultText } from "stagebook/drawing";
import { Ports } from "./ports";
import { progressShare } from "../../ui/texts/stage-text";
import { StatusMark } from "../../ui/status-mark";

export interface StageNodeData extends Record<string, unknown> {
  readonly kind: "stage";
  readonly stage: StageView;
  readonly ports: readonly NodeHandle[];
  readonly trans: TranslationBundle;
}

export type StageNodeType = Node<StageNodeData, "stage">;

export const StageNode = memo(function StageNode({ data }: NodeProps<StageNodeType>): ReactElement {
  const { stage, trans } = data;
  const share = progressShare(stage);
  return (
    <>
      <Ports ports={data.ports} />
      <div className="stagebook-Graph-name">{stage.name}</div>
      <StatusMark status={stage.status} hasCaveats={caveatsOf(stage).length > 0} trans={trans} />
      <div className="stagebook-Graph-result">{resultText(stage) ?? trans.__("no result yet")}</div>
      {stage.status === "running" && <ProgressBar stage={stage} share={share} trans={trans} />}
    </>
  );
});

interface ProgressBarProps {
  readonly stage: StageView;
  readonly share: number | null | undefined;
  readonly trans: TranslationBundle;
}

/** Indeterminate while the total is unknown. */
function ProgressBar({ stage, share, trans }: ProgressBarProps): ReactElement {
  const isKnown = typeof share === "number";
  return (
    <div
      className="stagebook-Progress"
      role="progressbar"
      aria-label={trans.__("Progress of %1", stage.name)}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={isKnown ? Math.round(share * 100) : undefined}
    >
      <div
        className={isKnown ? "stagebook-Progress-bar" : "stagebook-Progress-bar stagebook-mod-unknown"}
        style={isKnown ? { width: `${share * 100}%` } : undefined}
      />
    </div>
  );
}
