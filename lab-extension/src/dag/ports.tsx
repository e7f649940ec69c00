/** Where edges meet a node. Nothing is seen of them: React Flow measures them in the page. */
import { Handle, Position } from "@xyflow/react";
import type { NodeHandle } from "@xyflow/react";
import type { ReactElement } from "react";

export function Ports({ ports }: { readonly ports: readonly NodeHandle[] }): ReactElement {
  return (
    <>
      {ports.map(({ id, type, position, x, y }) => (
        <Handle
          key={`${type} ${id ?? ""}`}
          className="stagebook-Dag-port"
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
