/** The rows of the form, in groups that fold. FormComponent's template for the form as a whole. */
import { caretDownIcon, caretRightIcon } from "@jupyterlab/ui-components";
import type { ObjectFieldTemplateProps } from "@rjsf/utils";
import type { JSX } from "react";
import type { ParamView } from "stagebook/protocol";
import { groupOf } from "../model/params/param-group";
import type { ParamFormContext } from "./param-controls";
import { ReadOnlyParam } from "./param-row";

/** Groups stand where their first parameter was defined. */
export function ParamGroups(props: ObjectFieldTemplateProps<unknown, object, ParamFormContext>): JSX.Element {
  const { properties, formContext } = props;
  if (!formContext) return <>{properties.map(({ content }) => content)}</>;
  const rows = new Map(properties.map(({ name, content }) => [name, content]));
  const groups = new Map<string, ParamView[]>();
  for (const param of Object.values(formContext.params)) {
    // Alone, a parameter is a group of its own.
    const { group } = groupOf(param);
    const key = group === null ? `\n${param.name}` : group;
    groups.set(key, [...(groups.get(key) ?? []), param]);
  }
  const rowOf = (param: ParamView): JSX.Element | undefined =>
    rows.get(param.name) ??
    (formContext.hidden.has(param.name) ? undefined : (
      <ReadOnlyParam key={param.name} param={param} trans={formContext.trans} />
    ));
  return (
    <>
      {[...groups].map(([group, params]) =>
        group.startsWith("\n") ? (
          params.map(rowOf)
        ) : (
          <Group key={group} name={group} params={params} context={formContext} rowOf={rowOf} />
        ),
      )}
    </>
  );
}

interface GroupProps {
  readonly name: string;
  readonly params: readonly ParamView[];
  readonly context: ParamFormContext;
  readonly rowOf: (param: ParamView) => JSX.Element | undefined;
}

/** What a search has found is shown, folded or not. */
function Group({ name, params, context, rowOf }: GroupProps): JSX.Element {
  const { hidden, folded, drafted, foldGroup, trans } = context;
  const isSearched = params.some((param) => hidden.has(param.name));
  const isFolded = folded.has(name) && !isSearched;
  const changed = params.filter((param) => param.overridden || drafted.has(param.name)).length;
  const Caret = isFolded ? caretRightIcon : caretDownIcon;
  return (
    <section className="stagebook-Params-group" hidden={params.every((param) => hidden.has(param.name))}>
      <button
        type="button"
        className="stagebook-Params-groupName"
        data-group={name}
        aria-expanded={!isFolded}
        onClick={() => foldGroup(name, !isFolded)}
      >
        <Caret.react tag="span" elementSize="normal" />
        {name}
        {isFolded && (
          <span className="stagebook-Params-note">
            {trans._n("%1 parameter", "%1 parameters", params.length)}
            {changed > 0 && `, ${trans.__("%1 changed", changed)}`}
          </span>
        )}
      </button>
      {!isFolded && params.map(rowOf)}
    </section>
  );
}
