/** The collapsible sections of the stage panel, loaded when they are opened. Used by StageCard. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { Result, RunId, StageView } from "stagebook/protocol";
import { CodeChanges } from "./code-diff";
import { hasLongChange } from "./code-changes";
import { LazySection } from "../ui/lazy-section";
import { HistoryList } from "./history-list";
import { KeyParts } from "./key-parts";
import type { TableSource } from "../table/table-source";
import { OutputPreview } from "./output/output-preview";

/** Requests to the kernel about a stage. */
export interface StageQueries {
  readonly explain: (stage: string) => Promise<Result<"explain">>;
  /** Of the result with `key`; by default, of the current or latest one. */
  readonly preview: (stage: string, key?: string) => Promise<Result<"preview">>;
  readonly history: (stage: string) => Promise<Result<"history">>;
  /** The rows of the same result as `preview`. */
  readonly table: (stage: string, key?: string) => TableSource;
}

/** Actions on a stored result. */
export interface ResultActions {
  readonly restore: (stage: string, key: string) => void;
  readonly pin: (stage: string, key: string, isPinned: boolean) => void;
  readonly showRunLog: (run: RunId) => void;
  /** Counts the changes of pins: each one makes the loaded history outdated. */
  readonly pinChanges: number;
}

export interface LazySectionsProps {
  readonly stage: StageView;
  readonly now: number;
  /** Null while the kernel is unavailable. */
  readonly queries: StageQueries | null;
  /** True while a past run is viewed: its results are shown, and nothing can be changed. */
  readonly isPast: boolean;
  readonly results: ResultActions;
  readonly trans: TranslationBundle;
}

/** The changed code, open from the start if code is a reason. Shown right below the reasons. */
export function ChangedCode({
  stage,
  queries,
  isPast,
  trans,
}: Omit<LazySectionsProps, "now" | "results">): ReactElement | null {
  // The code of past runs is not stored.
  if (isPast || !stage.result || !hasLongChange(stage.reasons)) return null;
  const { name } = stage;
  return (
    <LazySection
      subject={name}
      name="changes"
      title={trans.__("Changed code")}
      startsOpen
      load={queries && (() => queries.explain(name))}
      version={planVersion(stage)}
      trans={trans}
    >
      {(explained) => <CodeChanges explained={explained} trans={trans} />}
    </LazySection>
  );
}

/** The key and the history change with the plan, the output only with the result. */
export function LazySections({ stage, now, queries, isPast, results, trans }: LazySectionsProps): ReactElement {
  const { name, result } = stage;
  return (
    <>
      {(!isPast || result) && (
        <LazySection
          subject={name}
          name="output"
          title={isPast ? trans.__("Output of this run") : trans.__("Output")}
          load={queries && (() => (isPast ? queries.preview(name, result?.key) : queries.preview(name)))}
          version={resultVersion(stage)}
          trans={trans}
        >
          {(preview) => (
            <OutputPreview
              preview={preview}
              table={
                queries && {
                  source: queries.table(name, isPast ? result?.key : undefined),
                  version: resultVersion(stage),
                  name,
                }
              }
              trans={trans}
            />
          )}
        </LazySection>
      )}
      {!isPast && (
        <LazySection
          subject={name}
          name="key"
          title={trans.__("Key")}
          load={queries && (() => queries.explain(name))}
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
        load={queries && (() => queries.history(name))}
        version={`${resultVersion(stage)} ${results.pinChanges}`}
        trans={trans}
      >
        {({ rows }) => (
          <HistoryList
            rows={rows}
            currentKey={result?.key}
            currentMark={isPast ? trans.__("this run") : trans.__("latest")}
            now={now}
            actions={
              queries && !isPast
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
