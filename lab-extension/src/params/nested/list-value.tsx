/** A list in a nested value: its items can be added, removed and moved. Rendered by NestedValue. */
import type { JSX } from "react";
import type { Json } from "stagebook/protocol";
import { initialValue } from "../../model/params/value-shape";
import type { ListShape } from "../../model/params/value-shape";
import type { NestedProps } from "./nested-props";

interface ListProps extends NestedProps<ListShape> {
  readonly renderItem: (props: NestedProps) => JSX.Element;
}

export function ListValue({ shape, renderItem, ...props }: ListProps): JSX.Element {
  const { label, disabled, trans, onChange } = props;
  // An item that was emptied is null until it has a value: the schema says what is missing.
  const items = Array.isArray(props.value) ? (props.value as readonly Json[]) : [];
  const replace = (at: number, ...by: readonly Json[]): void => onChange([...items.slice(0, at), ...by, ...items.slice(at + 1)]); // prettier-ignore
  const swap = (at: number): void => {
    const [first, second] = items.slice(at, at + 2);
    if (first !== undefined && second !== undefined)
      onChange([...items.slice(0, at), second, first, ...items.slice(at + 2)]);
  };
  const button = (text: string, name: string, isPossible: boolean, act: () => void): JSX.Element => (
    <button
      type="button"
      className="stagebook-Nested-button"
      title={name}
      aria-label={`${label}: ${name}`}
      disabled={disabled || !isPossible}
      onClick={act}
    >
      {text}
    </button>
  );
  return (
    <div className="stagebook-Nested-list" role="group" aria-label={label} data-part={label}>
      {items.map((item, at) => (
        <div key={at} className="stagebook-Nested-item">
          {renderItem({
            ...props,
            shape: shape.item,
            value: item,
            label: `${label} ${at + 1}`,
            onChange: (value) => replace(at, value ?? null),
          })}
          {button("↑", trans.__("Move item %1 up", at + 1), at > 0, () => swap(at - 1))}
          {button("↓", trans.__("Move item %1 down", at + 1), at < items.length - 1, () => swap(at))}
          {button("×", trans.__("Remove item %1", at + 1), items.length > shape.min, () => replace(at))}
        </div>
      ))}
      <button
        type="button"
        className="stagebook-Button"
        aria-label={`${label}: ${trans.__("Add item")}`}
        disabled={disabled || items.length >= shape.max}
        onClick={() => onChange([...items, initialValue(shape.item)])}
      >
        {trans.__("Add item")}
      </button>
    </div>
  );
}
