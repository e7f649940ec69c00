/** The parts of a stage's key: the reply to `explain`. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { KeyPartView, Result } from "stagebook/protocol";
import { shortKey } from "stagebook/protocol";
import { kindLabel } from "./reason-list";

export function KeyParts({
  explained,
  trans,
}: {
  readonly explained: Result<"explain">;
  readonly trans: TranslationBundle;
}): ReactElement {
  return (
    <>
      {explained.text && <p className="stagebook-Hint">{explained.text}</p>}
      {explained.key === null && (
        <p className="stagebook-Problem">{trans.__("This stage has no key: its result cannot be stored.")}</p>
      )}
      <ul className="stagebook-KeyParts">
        {explained.parts.map((part, index) => (
          <KeyPart key={`${index} ${part.kind} ${part.name}`} part={part} trans={trans} />
        ))}
      </ul>
    </>
  );
}

function KeyPart({ part, trans }: { readonly part: KeyPartView; readonly trans: TranslationBundle }): ReactElement {
  const label = (
    <>
      <span className="stagebook-KeyPart-kind">{kindLabel(part.kind, trans)}</span> <b>{part.name}</b>
      <code title={part.digest}>{shortKey(part.digest)}</code>
    </>
  );
  const isShort = part.text.length <= 48 && !part.text.includes("\n");
  if (isShort)
    return (
      <li className="stagebook-KeyPart">
        <div className="stagebook-KeyPart-head">{label}</div>
        {part.text && <div className="stagebook-KeyPart-value">{part.text}</div>}
      </li>
    );
  return (
    <li className="stagebook-KeyPart">
      <details>
        <summary>{label}</summary>
        <pre tabIndex={0}>{part.text}</pre>
      </details>
    </li>
  );
}
