/** The row of one parameter in the form: name, control and reset on one line, problems below. FormComponent's field template. */
import type { JSX } from "react";
import { undoIcon } from "@jupyterlab/ui-components";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { FieldTemplateProps } from "@rjsf/utils";
import type { ReactNode } from "react";
import type { ParamView } from "stagebook/protocol";
import { groupOf } from "../model/params/param-group";
import type { ParamFormContext } from "./param-controls";

/** The row of a parameter with a control. `label` is the parameter's name; the root of the form has none. */
export function ParamField(props: FieldTemplateProps<unknown, object, ParamFormContext>): JSX.Element {
  const param = props.formContext?.params[props.label];
  if (!param || !props.formContext) return props.children;
  const { rejected, drafted, disabled, reset, trans } = props.formContext;
  const rejection = rejected[param.name];
  const problems = props.rawErrors?.length ? [...new Set(props.rawErrors)] : rejection !== undefined ? [rejection] : [];
  return (
    <ParamRow
      param={param}
      controlId={props.id}
      problems={problems}
      changed={param.overridden || drafted.has(param.name)}
      onReset={disabled ? null : () => reset(param.name)}
      forecast={props.formContext.forecasts[param.name]}
      hidden={props.formContext.hidden.has(param.name)}
      trans={trans}
    >
      {props.children}
    </ParamRow>
  );
}

/** The row of a parameter whose value cannot be written as JSON: shown, not edited. */
export function ReadOnlyParam({
  param,
  trans,
}: {
  readonly param: ParamView;
  readonly trans: TranslationBundle;
}): JSX.Element {
  return (
    <ParamRow param={param} problems={[]} changed={param.overridden} onReset={null} trans={trans}>
      <output
        className="stagebook-Params-readOnly"
        data-param={param.name}
        title={trans.__("Set in code. This type of value cannot be edited here.")}
      >
        {param.text}
      </output>
    </ParamRow>
  );
}

interface ParamRowProps {
  readonly param: ParamView;
  readonly controlId?: string;
  readonly problems: readonly string[];
  readonly changed: boolean;
  /** Null when it cannot be reset. */
  readonly onReset: (() => void) | null;
  /** What the value being typed would run. */
  readonly forecast?: string | undefined;
  readonly hidden?: boolean;
  readonly trans: TranslationBundle;
  readonly children: ReactNode;
}

function ParamRow(props: ParamRowProps): JSX.Element {
  const { param, controlId, problems, changed, onReset, forecast, hidden, trans, children } = props;
  const resetLabel = trans.__("Reset to default (%1)", param.defaultText);
  return (
    <div
      className="stagebook-Params-row"
      hidden={hidden}
      data-kind={param.kind}
      data-changed={changed || undefined}
      data-invalid={problems.length > 0 || undefined}
    >
      <div className="stagebook-Params-head" title={describe(param, trans)}>
        <label className="stagebook-Params-label" htmlFor={controlId}>
          {groupOf(param).label}
        </label>
        {param.unit !== undefined && (
          <span id={idOf(controlId, "unit")} className="stagebook-Params-unit">
            {param.unit}
          </span>
        )}
        {!param.tracked && (
          <span
            className="stagebook-Params-note"
            title={trans.__("Not tracked: changing it does not make stages stale")}
          >
            {trans.__("untracked")}
          </span>
        )}
      </div>
      <div className="stagebook-Params-control">{children}</div>
      <div className="stagebook-Params-actions">
        {changed && onReset && (
          <button
            type="button"
            className="stagebook-Params-reset"
            title={resetLabel}
            aria-label={`${param.name}: ${resetLabel}`}
            onClick={onReset}
          >
            <undoIcon.react tag="span" elementSize="normal" />
          </button>
        )}
      </div>
      <div id={idOf(controlId, "about")} className="stagebook-Params-about">
        {problems.map((problem) => (
          <div key={problem} className="stagebook-Params-problem" role="alert">
            <span aria-hidden="true">⚠ </span>
            {problem}
          </div>
        ))}
        {param.description !== undefined && <div className="stagebook-Params-description">{param.description}</div>}
      </div>
      {forecast !== undefined && (
        <span className="stagebook-Params-forecast" data-forecast={param.name} title={forecast}>
          {forecast}
        </span>
      )}
    </div>
  );
}

/** The tooltip of the name: the row has no room for the description. */
function describe(param: ParamView, trans: TranslationBundle): string {
  const lines = [
    param.unit === undefined ? param.name : `${param.name} (${param.unit})`,
    param.description,
    param.overridden ? trans.__("Changed. The default is %1.", param.defaultText) : undefined,
  ];
  return lines.filter(Boolean).join("\n");
}

/** The id of an element that describes a control. */
function idOf(controlId: string | undefined, part: "unit" | "about"): string | undefined {
  return controlId === undefined ? undefined : `${controlId}__${part}`;
}
