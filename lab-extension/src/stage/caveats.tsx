/** Why a stage's result may differ from a new one: what is not tracked, and what is not repeatable, with the code that answers it. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { textOfVolatile, type StageView, type VolatileKind, type VolatileRead } from "stagebook/protocol";

interface CaveatsProps {
  readonly stage: StageView;
  readonly onCopy: (text: string) => void;
  /** Writes an option into the stage's definition; undefined while it cannot be changed. */
  readonly onOption: ((code: string) => void) | undefined;
  readonly trans: TranslationBundle;
}

export function Caveats({ stage, onCopy, onOption, trans }: CaveatsProps): ReactElement | null {
  const volatile = stage.result?.volatile ?? [];
  const marking = volatile.filter(({ marks }) => marks);
  const notes = volatile.filter(({ marks }) => !marks);
  if (stage.untracked.length === 0 && volatile.length === 0) return null;
  return (
    <section className="stagebook-Section" data-section="caveats">
      {stage.untracked.length > 0 && (
        <p className="stagebook-Warning">
          {trans.__("Not tracked: changing %1 does not make this stage stale.", stage.untracked.join(", "))}
        </p>
      )}
      {marking.length > 0 && (
        <>
          <p className="stagebook-Warning">
            {trans.__("Not repeatable: computed again, the result may be different. It depends on:")}
          </p>
          <Reads reads={marking} />
          <Answers kinds={new Set(marking.map(({ kind }) => kind))} onCopy={onCopy} onOption={onOption} trans={trans} />
        </>
      )}
      {notes.length > 0 && (
        <details className="stagebook-Notes">
          <summary>{trans._n("%1 note", "%1 notes", notes.length)}</summary>
          <p className="stagebook-Hint">{trans.__("Read for timing, for the log, or inside a package:")}</p>
          <Reads reads={notes} />
        </details>
      )}
    </section>
  );
}

function Reads({ reads }: { readonly reads: readonly VolatileRead[] }): ReactElement {
  return (
    <ul className="stagebook-Reads">
      {reads.map((read) => (
        <li key={`${read.kind} ${read.name} ${read.where}`}>{textOfVolatile(read)}</li>
      ))}
    </ul>
  );
}

interface Answer {
  /** An option of the stage, or what to write instead of the read. */
  readonly code: string;
  readonly isOption: boolean;
  readonly meaning: string;
}

/** A click writes an option into the cell, and copies other code. */
function Answers({
  kinds,
  onCopy,
  onOption,
  trans,
}: Pick<CaveatsProps, "onCopy" | "onOption" | "trans"> & { readonly kinds: ReadonlySet<VolatileKind> }): ReactElement {
  return (
    <ul className="stagebook-Answers">
      {answersTo(kinds, trans).map(({ code, isOption, meaning }) => (
        <li key={code}>
          <button
            type="button"
            className="stagebook-Button"
            data-answer={isOption ? "option" : "copy"}
            title={isOption ? trans.__("Write %1 into the stage's options", code) : trans.__("Copy %1", code)}
            disabled={isOption && !onOption}
            onClick={() => (isOption ? onOption?.(code) : onCopy(code))}
          >
            <code>{code}</code>
          </button>{" "}
          <span className="stagebook-Hint">{meaning}</span>
        </li>
      ))}
    </ul>
  );
}

function answersTo(kinds: ReadonlySet<VolatileKind>, trans: TranslationBundle): readonly Answer[] {
  const option = (code: string, meaning: string): Answer => ({ code, isOption: true, meaning });
  const answers: Answer[] = [];
  if (kinds.has("random")) answers.push(option("seed: 1", trans.__("The same random numbers each time")));
  if (kinds.has("clock"))
    answers.push({
      code: "computed(() => new Date().toDateString())",
      isOption: false,
      meaning: trans.__("An input instead of the clock: stale when the day changes (copies the code)"),
    });
  if (kinds.has("network") || kinds.has("clock") || kinds.has("process"))
    answers.push(option('maxAge: "1 h"', trans.__("Stale when the result is older")));
  answers.push(option('volatile: "accept"', trans.__("Keep the result as it is, without this mark")));
  return answers;
}
