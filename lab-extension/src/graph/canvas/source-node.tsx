/** The React Flow node of a parameter, a file, or several files. Its data comes from `flow-nodes`. */
import type { Node, NodeHandle, NodeProps } from "@xyflow/react";
import type { ReactElement } from "react";
import { memo } from "react";
import { fileName } from "stagebook/drawing";
import type { ParamView } from "stagebook/protocol";
import { Ports } from "./ports";
import { SourceIcon, type SourceKind } from "../../ui/status-mark";

export interface SourceNodeData extends Record<string, unknown> {
  readonly kind: SourceKind;
  readonly name: string;
  readonly ports: readonly NodeHandle[];
  /** Absent for files, and for a parameter that is not in the view. */
  readonly param?: ParamView;
}

export type SourceNodeType = Node<SourceNodeData, "source">;

export const SourceNode = memo(function SourceNode({ data }: NodeProps<SourceNodeType>): ReactElement {
  const value = data.param?.text;
  return (
    <>
      <Ports ports={data.ports} />
      <SourceIcon kind={data.kind} />
      <span className="stagebook-Graph-sourceName">{data.kind === "file" ? fileName(data.name) : data.name}</span>
      {value !== undefined && <span className="stagebook-Graph-sourceValue">{value}</span>}
    </>
  );
});
