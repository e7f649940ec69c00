/** The controls, one per kind of parameter, as FormComponent widgets. Used by ParamFields through the ui schema. */
import { useState } from "react";
import type { CSSProperties, JSX } from "react";
import type { TranslationBundle } from "@jupyterlab/translation";
import { JSONExt } from "@lumino/coreutils";
import type { ReadonlyPartialJSONValue } from "@lumino/coreutils";
import type { WidgetProps } from "@rjsf/utils";
import type { ComponentType } from "react";
import type { Json, ParamKind, ParamView } from "stagebook/protocol";
import type { CachedValues } from "../model/params/cached-values";
import { choices, numberRange } from "../model/params/param-schema";
import type { NumberRange } from "../model/params/param-schema";
import { hasTime, numberTyped } from "./form-schema";

/** The form context: FormComponent passes it through to controls and rows. */
export interface ParamFormContext {
  readonly params: { readonly [name: string]: ParamView };
  /** Why the kernel rejected the value in a control, by parameter name. */
  readonly rejected: { readonly [name: string]: string };
  /** The parameters whose control shows another value than the kernel has. */
  readonly drafted: ReadonlySet<string>;
  readonly disabled: boolean;
  readonly reset: (name: string) => void;
  /** What the value in the control would run, by parameter name; only for the one that is being changed. */
  readonly forecasts: { readonly [name: string]: string };
  /** The parameters that do not match the search. */
  readonly hidden: ReadonlySet<string>;
  /** The values under which every stage is cached, as far as they were searched. */
  readonly cached: CachedValues;
  /** To be called when the user is at a control: its cached values are searched, until `deactivate`. */
  readonly activate: (name: string) => void;
  readonly deactivate: (name: string) => void;
  /** To be called when the user starts to drag a slider: its value is applied when it is released. */
  readonly startDrag: (name: string) => void;
  /** The folded groups. */
  readonly folded: ReadonlySet<string>;
  readonly foldGroup: (group: string, isFolded: boolean) => void;
  readonly trans: TranslationBundle;
}

type ControlProps = WidgetProps<unknown, object, ParamFormContext>;

export const controls: { readonly [K in Exclude<ParamKind, "other">]: ComponentType<ControlProps> } = {
  number: NumberControl,
  integer: NumberControl,
  bigint: BigintControl,
  secret: SecretControl,
  boolean: CheckControl,
  string: TextControl,
  choice: ChoiceControl,
  date: DateControl,
  json: JsonControl,
};

function NumberControl(props: ControlProps): JSX.Element {
  const param = paramOf(props);
  const { min, max, step }: NumberRange = param ? numberRange(param) : { step: 1 };
  const value = typeof props.value === "number" || typeof props.value === "string" ? props.value : "";
  const onText = (text: string): void => props.onChange(numberTyped(text));
  return (
    <div className="stagebook-Params-number">
      {min !== undefined && max !== undefined && (
        <span
          className="stagebook-Params-slider"
          onPointerMove={(event) => {
            if (event.buttons === 0) props.formContext?.activate(props.name);
          }}
          onPointerLeave={() => props.formContext?.deactivate(props.name)}
        >
          <input
            type="range"
            tabIndex={-1}
            aria-hidden="true"
            disabled={props.disabled}
            min={min}
            max={max}
            step={step}
            value={value === "" ? min : value}
            onPointerDown={() => props.formContext?.startDrag(props.name)}
            onChange={(event) => onText(event.target.value)}
          />
          <CachedTicks values={numbersIn(props.formContext?.cached[props.name])} min={min} max={max} />
        </span>
      )}
      <input
        {...common(props)}
        type="number"
        min={min}
        max={max}
        step={step}
        value={value}
        onChange={(event) => onText(event.target.value)}
      />
    </div>
  );
}

/** A dot below each cached value of the slider. The forecast says the same as text. */
function CachedTicks({
  values,
  min,
  max,
}: {
  readonly values: readonly number[];
  readonly min: number;
  readonly max: number;
}): JSX.Element {
  return (
    <>
      {values.map((value) => (
        <i
          key={value}
          className="stagebook-Params-cached"
          data-cached={value}
          aria-hidden="true"
          style={{ "--stagebook-at": (value - min) / (max - min || 1) } as CSSProperties}
        />
      ))}
    </>
  );
}

function numbersIn(values: readonly Json[] = []): readonly number[] {
  return values.filter((value) => typeof value === "number");
}

function CheckControl(props: ControlProps): JSX.Element {
  return (
    <input
      {...common(props)}
      className="stagebook-Params-check"
      type="checkbox"
      checked={props.value === true}
      onChange={(event) => props.onChange(event.target.checked)}
    />
  );
}

function TextControl(props: ControlProps): JSX.Element {
  return (
    <input
      {...common(props)}
      type="text"
      spellCheck={false}
      value={textOf(props.value)}
      onChange={(event) => props.onChange(event.target.value)}
    />
  );
}

/**
 * What is typed stays in the field until Enter or until the user leaves it, and then goes to the kernel, once: no stage runs with half of a
 * password. The kernel never sends it back.
 */
function SecretControl(props: ControlProps): JSX.Element {
  const [typed, setTyped] = useState("");
  const param = paramOf(props);
  const { trans } = props.formContext ?? {};
  const apply = (): void => {
    if (typed === "") return;
    props.onChange(typed);
    setTyped("");
  };
  return (
    <input
      {...common(props)}
      type="password"
      autoComplete="new-password"
      spellCheck={false}
      placeholder={param?.text}
      title={trans?.__("Secret: Enter sets it. It is not shown, stored or logged.")}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") apply();
        if (event.key === "Escape") setTyped("");
      }}
      onBlur={apply}
    />
  );
}

function BigintControl(props: ControlProps): JSX.Element {
  return (
    <input
      {...common(props)}
      type="text"
      inputMode="numeric"
      spellCheck={false}
      value={textOf(props.value)}
      onChange={(event) => props.onChange(event.target.value)}
    />
  );
}

function ChoiceControl(props: ControlProps): JSX.Element {
  const param = paramOf(props);
  const options = param ? choices(param) : [];
  const isChosen = (option: Json): boolean =>
    JSONExt.deepEqual(option, (props.value ?? null) as ReadonlyPartialJSONValue);
  const { cached, activate, deactivate, trans } = props.formContext ?? {};
  const isCached = (option: Json): boolean =>
    cached?.[props.name]?.some((value) => JSON.stringify(value) === JSON.stringify(option)) ?? false;
  return (
    <select
      {...common(props)}
      onPointerMove={() => activate?.(props.name)}
      onPointerLeave={() => deactivate?.(props.name)}
      onFocus={() => activate?.(props.name)}
      value={options.findIndex(isChosen)}
      onChange={(event) => props.onChange(options[Number(event.target.value)])}
    >
      {options.map((option, index) => (
        <option
          key={index}
          value={index}
          data-cached={isCached(option) || undefined}
          title={isCached(option) ? trans?.__("cached") : undefined}
        >
          {`${typeof option === "string" ? option : JSON.stringify(option)}${isCached(option) ? " ✓" : ""}`}
        </option>
      ))}
    </select>
  );
}

function DateControl(props: ControlProps): JSX.Element {
  const param = paramOf(props);
  const type = param && hasTime(param) ? "datetime-local" : "date";
  const text = textOf(props.value);
  const trans = props.formContext?.trans;
  return (
    <span className="stagebook-Params-date">
      <input
        {...common(props)}
        type={type}
        // Milliseconds only where there are some.
        step={type === "date" ? undefined : text.includes(".") ? 0.001 : 1}
        value={text}
        onChange={(event) => props.onChange(event.target.value)}
      />
      <span
        className="stagebook-Params-zone"
        title={trans?.__("The time zone of this field: Coordinated Universal Time")}
      >
        {trans?.__("UTC")}
      </span>
    </span>
  );
}

function JsonControl(props: ControlProps): JSX.Element {
  const text = textOf(props.value);
  return (
    <textarea
      {...common(props)}
      spellCheck={false}
      rows={Math.min(8, Math.max(2, text.split("\n").length))}
      value={text}
      onChange={(event) => props.onChange(event.target.value)}
    />
  );
}

function common(props: ControlProps): object {
  return {
    id: props.id,
    className: "stagebook-Params-input",
    "data-param": props.name,
    disabled: props.disabled,
    "aria-invalid": (props.rawErrors?.length ?? 0) > 0 || props.name in (props.formContext?.rejected ?? {}),
    "aria-describedby": `${paramOf(props)?.unit === undefined ? "" : `${props.id}__unit `}${props.id}__about`,
  };
}

function paramOf(props: ControlProps): ParamView | undefined {
  return props.formContext?.params[props.name];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
