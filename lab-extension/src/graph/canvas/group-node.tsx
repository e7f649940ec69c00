/** The React Flow node of a collapsed group. Its data comes from `flow-nodes`. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Node, NodeHandle, NodeProps } from "@xyflow/react";
import type { ReactElement } from "react";
import { memo } from "react";
import type { StatusCount } from "../model/group-status";
import { Ports } from "./ports";
import { statusWord } from "../../ui/texts/stage-text";
import { StatusIcon } from "../../ui/status-mark";

export interface GroupNodeData extends Record<string, unknown> {
  readonly kind: "group";
  readonly name: string;
  readonly counts: readonly StatusCount[];
  readonly ports: readonly NodeHandle[];
  readonly trans: TranslationBundle;
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
