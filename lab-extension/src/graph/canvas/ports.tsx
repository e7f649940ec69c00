/** What all kinds of nodes have in common. */
import { Handle, Position } from "@xyflow/react";
import type { NodeHandle } from "@xyflow/react";
import type { ReactElement } from "react";

/**
 * The invisible points where edges meet a node. React Flow measures them when a node is mounted, even if it was passed their
 * positions: without them, edges disappear.
 */
export function Ports({ ports }: { readonly ports: readonly NodeHandle[] }): ReactElement {
  return (
    <>
      {ports.map(({ id, type, position, x, y }) => (
        <Handle
          key={`${type} ${id ?? ""}`}
          className="stagebook-Graph-port"
          id={id}
          type={type}
          position={position}
          isConnectable={false}
          style={position === Position.Top || position === Position.Bottom ? { left: x } : { top: y }}
        />
      ))}
    </>
  );
}
