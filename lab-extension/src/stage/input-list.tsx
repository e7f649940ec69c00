/** The inputs of a stage, each with its current value or status. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement, ReactNode } from "react";
import type { InputView, View } from "stagebook/protocol";
import { SourceIcon, StatusMark } from "../ui/status-mark";

export interface InputListProps {
  readonly inputs: readonly InputView[];
  readonly view: View;
  readonly onSelect: (stage: string) => void;
  readonly trans: TranslationBundle;
}

export function InputList({ inputs, view, onSelect, trans }: InputListProps): ReactElement {
  return (
    <ul className="stagebook-Inputs">
      {inputs.map((input, index) => (
        <li key={`${index} ${input.kind} ${input.name}`}>
          <span className="stagebook-Input-name">{describeInput(input, onSelect)}</span>
          {input.path !== input.name && <span className="stagebook-Hint">{trans.__("as %1", input.path)}</span>}
          {input.implicit && (
            <span className="stagebook-Hint" title={trans.__("Read in the code, but not declared as an input")}>
              {trans.__("read in the code")}
            </span>
          )}
          <span className="stagebook-Input-state">{describeState(input, view, trans)}</span>
        </li>
      ))}
    </ul>
  );
}

function describeInput(input: InputView, onSelect: (stage: string) => void): ReactNode {
  switch (input.kind) {
    case "stage":
      return (
        <button type="button" className="stagebook-Link" onClick={() => onSelect(input.name)}>
          {input.name}
        </button>
      );
    case "param":
    case "file":
    case "files":
      return (
        <>
          <SourceIcon kind={input.kind} /> {input.name}
        </>
      );
    case "value":
      return input.name;
  }
}

function describeState(input: InputView, view: View, trans: TranslationBundle): ReactNode {
  if (input.kind === "param") return view.params[input.name]?.text;
  const stage = input.kind === "stage" ? view.stages[input.name] : undefined;
  return stage && <StatusMark status={stage.status} trans={trans} />;
}
