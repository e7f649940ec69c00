/** What all kinds of nodes have in common. Rendered by them. */
import { Handle, Position } from "@xyflow/react";
import type { NodeHandle } from "@xyflow/react";
import { createContext } from "react";
import type { ReactElement } from "react";

/** True while the picture is so small that nothing on a node can be read: then it is a patch of colour, and has nothing in it. */
export const TinyContext = createContext(false);

/**
 * Where edges meet a node. Nothing is seen of them. React Flow measures them when a node comes into the page, whatever it was given:
 * without them edges vanish.
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
