/** The parts of the stage panel that are behind a fold, and asked for when they are opened. Used by StageCard. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { Result, RunId, StageView } from "stagebook/protocol";
import { CodeChanges } from "./code-diff";
import { hasLongChange } from "./code-changes";
import { LazySection } from "../ui/lazy-section";
import { HistoryList } from "./history-list";
import { KeyParts } from "./key-parts";
import { OutputPreview } from "./output/output-preview";

/** What can be asked of the kernel about a stage. */
export interface StageQueries {
  readonly explain: (stage: string) => Promise<Result<"explain">>;
  /** Of the result under `key`; of the present or latest one without it. */
  readonly preview: (stage: string, key?: string) => Promise<Result<"preview">>;
  readonly history: (stage: string) => Promise<Result<"history">>;
}

/** What can be done with a stored result. */
export interface ResultActions {
  readonly restore: (stage: string, key: string) => void;
  readonly pin: (stage: string, key: string, isPinned: boolean) => void;
  readonly showRunLog: (run: RunId) => void;
  /** Counts the pins that were set: the history is another one then. */
  readonly pinChanges: number;
}

export interface LazySectionsProps {
  readonly stage: StageView;
  readonly now: number;
  /** Null while no kernel can answer. */
  readonly ask: StageQueries | null;
  /** A run that is over is looked at: results of then are shown, and nothing is changed. */
  readonly isPast: boolean;
  readonly results: ResultActions;
  readonly trans: TranslationBundle;
}

/** What the code was before, at once where code is a reason. Shown right below the reasons. */
export function ChangedCode({
  stage,
  ask,
  isPast,
  trans,
}: Omit<LazySectionsProps, "now" | "results">): ReactElement | null {
  // The code of then is not kept.
  if (isPast || !stage.result || !hasLongChange(stage.reasons)) return null;
  const { name } = stage;
  return (
    <LazySection
      subject={name}
      name="changes"
      title={trans.__("Changed code")}
      startsOpen
      load={ask && (() => ask.explain(name))}
      version={planVersion(stage)}
      trans={trans}
    >
      {(explained) => <CodeChanges explained={explained} trans={trans} />}
    </LazySection>
  );
}

/** Keys and stored results change with the plan; the output only with the result. */
export function LazySections({ stage, now, ask, isPast, results, trans }: LazySectionsProps): ReactElement {
  const { name, result } = stage;
  return (
    <>
      {(!isPast || result) && (
        <LazySection
          subject={name}
          name="output"
          title={isPast ? trans.__("Output of then") : trans.__("Output")}
          load={ask && (() => (isPast ? ask.preview(name, result?.key) : ask.preview(name)))}
          version={resultVersion(stage)}
          trans={trans}
        >
          {(preview) => <OutputPreview preview={preview} trans={trans} />}
        </LazySection>
      )}
      {!isPast && (
        <LazySection
          subject={name}
          name="key"
          title={trans.__("Key")}
          load={ask && (() => ask.explain(name))}
          version={planVersion(stage)}
          trans={trans}
        >
          {(explained) => <KeyParts explained={explained} trans={trans} />}
        </LazySection>
      )}
      <LazySection
        subject={name}
        name="history"
        title={trans.__("History")}
        load={ask && (() => ask.history(name))}
        version={`${resultVersion(stage)} ${results.pinChanges}`}
        trans={trans}
      >
        {({ rows }) => (
          <HistoryList
            rows={rows}
            currentKey={result?.key}
            currentMark={isPast ? trans.__("of then") : trans.__("latest")}
            now={now}
            actions={
              ask && !isPast
                ? {
                    restore: (key) => results.restore(name, key),
                    pin: (key, isPinned) => results.pin(name, key, isPinned),
                    showRunLog: results.showRunLog,
                  }
                : null
            }
            trans={trans}
          />
        )}
      </LazySection>
    </>
  );
}

function resultVersion({ result }: StageView): string {
  return `${result?.key ?? ""} ${result?.at ?? ""}`;
}

function planVersion(stage: StageView): string {
  return `${resultVersion(stage)} ${stage.status} ${stage.reasons.map((reason) => reason.text).join("\n")}`;
}
