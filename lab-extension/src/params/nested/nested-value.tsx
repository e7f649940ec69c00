/** One part of a nested value, and with it its parts. Rendered by NestedField. */
import { JSONExt } from "@lumino/coreutils";
import type { JSX } from "react";
import type { Json, JsonObject } from "stagebook/protocol";
import { initialValue, memberOf, tagOf, textOf } from "../../model/params/value-shape";
import type { LeafShape, ObjectShape, Property, Shape, UnionOption } from "../../model/params/value-shape";
import { numberTyped } from "../form-schema";
import { ListValue } from "./list-value";
import type { NestedProps } from "./nested-props";

export function NestedValue(props: NestedProps): JSX.Element {
  const { shape } = props;
  switch (shape.kind) {
    case "choice":
      return <ChoiceValue {...props} options={shape.options} />;
    case "choices":
      return <ChoicesValue {...props} options={shape.options} />;
    case "list":
      return <ListValue {...props} shape={shape} renderItem={(item) => <NestedValue {...item} />} />;
    case "object":
      return <ObjectValue {...props} shape={shape} />;
    case "union":
      return <UnionValue {...props} options={shape.options} />;
    default:
      return <LeafValue {...props} shape={shape} />;
  }
}

function LeafValue({ shape, value, label, disabled, trans, onChange }: NestedProps<LeafShape>): JSX.Element {
  const { minimum, maximum, multipleOf } = shape.schema;
  const common = { "aria-label": label, "data-part": label, disabled };
  if (shape.kind === "null") return <span className="stagebook-Nested-none">{trans.__("none")}</span>;
  if (shape.kind === "boolean")
    return (
      <input
        {...common}
        className="stagebook-Params-check"
        type="checkbox"
        checked={value === true}
        onChange={(event) => onChange(event.target.checked)}
      />
    );
  if (shape.kind === "string")
    return (
      <input
        {...common}
        className="stagebook-Params-input"
        type="text"
        spellCheck={false}
        value={typeof value === "string" ? value : ""}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  const limit = (limited: Json | undefined): number | undefined => (typeof limited === "number" ? limited : undefined);
  return (
    <input
      {...common}
      className="stagebook-Params-input"
      type="number"
      min={limit(minimum)}
      max={limit(maximum)}
      step={limit(multipleOf) ?? (shape.kind === "integer" ? 1 : "any")}
      value={typeof value === "number" || typeof value === "string" ? value : ""}
      onChange={({ target }) => onChange(numberTyped(target.value))}
    />
  );
}

type WithOptions<O> = NestedProps & { readonly options: readonly O[] };

function ChoiceValue({ options, value, label, disabled, onChange }: WithOptions<Json>): JSX.Element {
  return (
    <select
      className="stagebook-Params-input"
      aria-label={label}
      data-part={label}
      disabled={disabled}
      value={options.findIndex((option) => isSame(option, value))}
      onChange={(event) => onChange(options[Number(event.target.value)])}
    >
      {options.map((option, index) => (
        <option key={index} value={index}>
          {textOf(option)}
        </option>
      ))}
    </select>
  );
}

function ChoicesValue({ options, value, label, disabled, onChange }: WithOptions<Json>): JSX.Element {
  const chosen = Array.isArray(value) ? (value as readonly Json[]) : [];
  const isChosen = (option: Json): boolean => chosen.some((each) => isSame(each, option));
  const toggle = (option: Json): void =>
    onChange(isChosen(option) ? chosen.filter((each) => !isSame(each, option)) : [...chosen, option]);
  return (
    <div className="stagebook-Nested-choices" role="group" aria-label={label} data-part={label}>
      {options.map((option) => (
        <label key={JSON.stringify(option)}>
          <input
            className="stagebook-Params-check"
            type="checkbox"
            disabled={disabled}
            checked={isChosen(option)}
            onChange={() => toggle(option)}
          />
          {textOf(option)}
        </label>
      ))}
    </div>
  );
}

/** Switching to another member keeps the properties that both have. */
function UnionValue({ options, ...props }: WithOptions<UnionOption>): JSX.Element {
  const { value, label, disabled, onChange } = props;
  const at = memberOf(options, value ?? null);
  const member = options[at];
  const choose = (shape: Shape | undefined): void => {
    if (shape) onChange(keepShared(shape, value, initialValue(shape)));
  };
  return (
    <div className="stagebook-Nested-union">
      <select
        className="stagebook-Params-input"
        aria-label={label}
        data-part={`${label}?`}
        disabled={disabled}
        value={at}
        onChange={(event) => choose(options[Number(event.target.value)]?.shape)}
      >
        {options.map((option, index) => (
          <option key={index} value={index}>
            {option.label}
          </option>
        ))}
      </select>
      {member && member.shape.kind !== "null" && <NestedValue {...props} shape={member.shape} />}
    </div>
  );
}

function keepShared(shape: Shape, before: Json | undefined, initial: Json): Json {
  if (shape.kind !== "object" || !isObject(before)) return initial;
  const shared = shape.properties.filter((property) => property.name in before && tagOf(property) === null);
  return { ...(initial as JsonObject), ...Object.fromEntries(shared.map(({ name }) => [name, before[name] as Json])) };
}

function ObjectValue({ shape, ...props }: NestedProps<ObjectShape>): JSX.Element {
  const value = isObject(props.value) ? props.value : {};
  const set = (name: string, part: Json | undefined): void => {
    const { [name]: _, ...rest } = value;
    if (part === undefined) return props.onChange(rest);
    // In the order of the schema.
    const all: JsonObject = { ...value, [name]: part };
    const names = new Set([...shape.properties.map((property) => property.name), ...Object.keys(all)]);
    props.onChange(Object.fromEntries([...names].flatMap((each) => (each in all ? [[each, all[each] as Json]] : []))));
  };
  return (
    <div className="stagebook-Nested-object" role="group" aria-label={props.label}>
      {shape.properties
        .filter((property) => tagOf(property) === null)
        .map((property) => (
          <PropertyRow
            key={property.name}
            {...props}
            property={property}
            value={value[property.name]}
            onChange={(part) => set(property.name, part)}
          />
        ))}
    </div>
  );
}

function PropertyRow({
  property,
  ...props
}: Omit<NestedProps, "shape"> & { readonly property: Property }): JSX.Element {
  const { name, shape, isRequired, description } = property;
  const { value, disabled, trans, onChange } = props;
  const label = `${props.label}.${name}`;
  const isAbsent = value === undefined && !isRequired;
  return (
    <div className="stagebook-Nested-property">
      <span className="stagebook-Nested-name" title={description ?? name}>
        {name}
      </span>
      {isAbsent ? (
        <button
          type="button"
          className="stagebook-Button"
          aria-label={trans.__("Set %1", label)}
          disabled={disabled}
          onClick={() => onChange(initialValue(shape))}
        >
          {trans.__("Set")}
        </button>
      ) : (
        <NestedValue {...props} shape={shape} label={label} />
      )}
      {!isRequired && !isAbsent && (
        <button
          type="button"
          className="stagebook-Nested-button"
          title={trans.__("Leave %1 out", name)}
          aria-label={trans.__("Leave %1 out", label)}
          disabled={disabled}
          onClick={() => onChange(undefined)}
        >
          ×
        </button>
      )}
    </div>
  );
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  return a !== undefined && b !== undefined && JSONExt.deepEqual(a, b);
}
