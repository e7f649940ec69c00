/** The React Flow node of a collapsed group. Its data comes from `flow-nodes`. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Node, NodeHandle, NodeProps } from "@xyflow/react";
import type { ReactElement } from "react";
import { memo } from "react";
import type { Freshness, StageView } from "stagebook/protocol";
import { Ports } from "./ports";
import { statusWord } from "../../ui/stage-text";
import { StatusIcon } from "../../ui/status-mark";

export interface GroupNodeData extends Record<string, unknown> {
  readonly kind: "group";
  readonly name: string;
  readonly counts: readonly StatusCount[];
  readonly ports: readonly NodeHandle[];
  readonly trans: TranslationBundle;
}

export interface StatusCount {
  readonly status: Freshness;
  readonly count: number;
}

export type GroupNodeType = Node<GroupNodeData, "collapsed">;

export const GroupNode = memo(function GroupNode({ data }: NodeProps<GroupNodeType>): ReactElement {
  const { name, counts, ports, trans } = data;
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  return (
    <>
      <Ports ports={ports} />
      <div className="stagebook-Graph-name">{`${name}/`}</div>
      <div className="stagebook-Graph-counts">
        {counts.map(({ status, count }) => (
          <span key={status} className="stagebook-Status" data-freshness={status} title={statusWord(status, trans)}>
            <StatusIcon status={status} />
            {count}
          </span>
        ))}
      </div>
      <div className="stagebook-Graph-result">{trans._n("%1 stage", "%1 stages", total)}</div>
    </>
  );
});

/** By urgency. */
const byUrgency: readonly Freshness[] = [
  "failed",
  "running",
  "blocked",
  "cancelled",
  "stale",
  "new",
  "pending",
  "fresh",
];

/** Number of stages per status, most urgent first. */
export function countStatuses(stages: readonly StageView[]): readonly StatusCount[] {
  return byUrgency
    .map((status) => ({ status, count: stages.filter((stage) => stage.status === status).length }))
    .filter(({ count }) => count > 0);
}

/** `etl/: 2 stale, 3 fresh` */
export function describeGroup(name: string, counts: readonly StatusCount[], trans: TranslationBundle): string {
  return `${name}/: ${counts.map(({ status, count }) => `${count} ${statusWord(status, trans)}`).join(", ")}`;
}
