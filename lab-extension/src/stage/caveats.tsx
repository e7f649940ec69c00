/** Why a stage's result may differ from a new one: what is not tracked, and what is not repeatable, with the code that answers it. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { textOfVolatile, type StageView, type VolatileKind, type VolatileRead } from "stagebook/protocol";

interface CaveatsProps {
  readonly stage: StageView;
  readonly onCopy: (text: string) => void;
  readonly trans: TranslationBundle;
}

export function Caveats({ stage, onCopy, trans }: CaveatsProps): ReactElement | null {
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
          <Answers kinds={new Set(marking.map(({ kind }) => kind))} onCopy={onCopy} trans={trans} />
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
  /** What to write in the stage's options, or instead of the read. */
  readonly code: string;
  readonly meaning: string;
}

/** A click copies the code. */
function Answers({
  kinds,
  onCopy,
  trans,
}: {
  readonly kinds: ReadonlySet<VolatileKind>;
  readonly onCopy: (text: string) => void;
  readonly trans: TranslationBundle;
}): ReactElement {
  return (
    <ul className="stagebook-Answers">
      {answersTo(kinds, trans).map(({ code, meaning }) => (
        <li key={code}>
          <button
            type="button"
            className="stagebook-Button"
            title={trans.__("Copy %1", code)}
            onClick={() => onCopy(code)}
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
  const answers: Answer[] = [];
  if (kinds.has("random"))
    answers.push({ code: "seed: 1", meaning: trans.__("Option: the same random numbers each time") });
  if (kinds.has("clock"))
    answers.push({
      code: "computed(() => new Date().toDateString())",
      meaning: trans.__("Input: stale when the day changes"),
    });
  if (kinds.has("network") || kinds.has("clock") || kinds.has("process"))
    answers.push({ code: 'maxAge: "1 h"', meaning: trans.__("Option: stale when the result is older") });
  answers.push({
    code: 'volatile: "accept"',
    meaning: trans.__("Option: keep the result as it is, without this mark"),
  });
  return answers;
}
