/** The facts of a stage's latest result: summary, duration, size, time and key. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { StageView } from "stagebook/protocol";
import { formatDuration, formatMoment, formatSize, shortKey } from "stagebook/protocol";
import { formatAgo } from "../ui/texts/ago";

export interface ResultFactsProps {
  readonly stage: StageView;
  readonly now: number;
  readonly onCopy: (text: string) => void;
  readonly trans: TranslationBundle;
}

export function ResultFacts({ stage, now, onCopy, trans }: ResultFactsProps): ReactElement {
  const { result } = stage;
  if (!result) return <p className="stagebook-Hint">{trans.__("No result yet.")}</p>;
  return (
    <dl className="stagebook-Facts">
      <dt>{stage.status === "fresh" ? trans.__("Result") : trans.__("Last result")}</dt>
      <dd data-fact="summary">{result.summary}</dd>
      <dt>{trans.__("Duration")}</dt>
      <dd data-fact="duration">{formatDuration(result.durationMs)}</dd>
      <dt>{trans.__("Size")}</dt>
      <dd data-fact="size">{formatSize(result.sizeBytes)}</dd>
      <dt>{trans.__("Computed")}</dt>
      <dd data-fact="at">
        <time dateTime={new Date(result.at).toISOString()} title={formatMoment(result.at)}>
          {formatAgo(result.at, now, trans)}
        </time>
      </dd>
      <dt>{trans.__("Key")}</dt>
      <dd data-fact="key">
        <code title={result.key}>{shortKey(result.key)}</code>
        <button
          type="button"
          className="stagebook-Link"
          title={trans.__("Copy the full key")}
          onClick={() => onCopy(result.key)}
        >
          {trans.__("Copy")}
        </button>
      </dd>
    </dl>
  );
}
