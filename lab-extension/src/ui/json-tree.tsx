/** A collapsible JSON value. Everything is rendered as text; collapsed branches are not in the page. */
import type { ReactElement } from "react";
import { useState } from "react";
import type { Json } from "stagebook/protocol";

export interface JsonTreeProps {
  readonly value: Json;
  /** Number of levels that are expanded at first. */
  readonly open?: number;
}

export function JsonTree({ value, open = 1 }: JsonTreeProps): ReactElement {
  return (
    <div className="stagebook-Tree">
      <Branch name={null} value={value} open={open} />
    </div>
  );
}

interface BranchProps {
  readonly name: string | null;
  readonly value: Json;
  readonly open: number;
}

function Branch({ name, value, open }: BranchProps): ReactElement {
  const [isOpen, setOpen] = useState(open > 0);
  const label = name !== null && <span className="stagebook-Tree-name">{name}: </span>;
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0)
    return (
      <div className="stagebook-Tree-leaf">
        {label}
        <span data-type={value === null ? "null" : typeof value}>{JSON.stringify(value)}</span>
      </div>
    );
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {label}
        <span className="stagebook-Tree-summary">{summaryOf(value)}</span>
      </summary>
      {isOpen &&
        Object.entries(value).map(([key, child]) => <Branch key={key} name={key} value={child} open={open - 1} />)}
    </details>
  );
}

/** `[ 3 ]`, `{ a, b, … }` */
function summaryOf(value: Json & object): string {
  if (Array.isArray(value)) return `[ ${value.length} ]`;
  const keys = Object.keys(value);
  return `{ ${keys.slice(0, 4).join(", ")}${keys.length > 4 ? ", …" : ""} }`;
}
