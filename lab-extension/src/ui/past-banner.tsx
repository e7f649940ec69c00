/** Says that a run that is over is looked at, leads through its moments, and back to now. Shown by header and log. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { historyIcon } from "@jupyterlab/ui-components";
import type { ReactElement } from "react";
import { formatClock, formatMoment } from "stagebook/protocol";
import { useNotebookState } from "../model/use-store";
import type { NotebookModel, PastView } from "../tokens";
import { runOutcome, runTitle } from "./run-text";

export interface PastBannerProps {
  readonly model: NotebookModel;
  readonly trans: TranslationBundle;
}

/** One line: what is looked at, and the way back. Null in the present. */
export function PastBanner({ model, trans }: PastBannerProps): ReactElement | null {
  const { past } = useNotebookState(model);
  if (!past) return null;
  return (
    <div className="stagebook-Past" data-past={past.run.id}>
      <PastText text={trans.__("You look at the past: the run of %1", formatMoment(past.run.startedAt))} />
      <BackButton model={model} trans={trans} />
    </div>
  );
}

/** The same with the run's outcome, and the slider through its moments. Null in the present. */
export function PastHeader({ model, trans }: PastBannerProps): ReactElement | null {
  const { past } = useNotebookState(model);
  if (!past) return null;
  return (
    <section
      className="stagebook-Past stagebook-mod-header"
      aria-label={trans.__("A run that is over")}
      data-past={past.run.id}
    >
      <PastText text={trans.__("You look at the past")} />
      <p className="stagebook-Past-run">
        <b>{runTitle(past.run, trans)}</b> {formatMoment(past.run.startedAt)} · {runOutcome(past.run, trans)}
      </p>
      {past.run.error && <p className="stagebook-Past-error">{past.run.error.message}</p>}
      {past.steps > 1 && <Moments model={model} past={past} trans={trans} />}
      {!past.isWhole && (
        <p className="stagebook-Hint">{trans.__("So much happened that only its beginning is shown.")}</p>
      )}
      <BackButton model={model} trans={trans} />
    </section>
  );
}

interface MomentsProps extends PastBannerProps {
  readonly past: PastView;
}

function PastText({ text }: { readonly text: string }): ReactElement {
  return (
    <p className="stagebook-Past-text" role="status">
      <historyIcon.react tag="span" className="stagebook-Past-icon" elementSize="normal" />
      <span>{text}</span>
    </p>
  );
}

function Moments({ model, past, trans }: MomentsProps): ReactElement {
  const { step, steps, at } = past;
  const said = step === steps - 1 ? trans.__("%1, when it ended", formatClock(at)) : formatClock(at);
  return (
    <div className="stagebook-Past-moments">
      <input
        type="range"
        min={0}
        max={steps - 1}
        value={step}
        aria-label={trans.__("Moment of the run")}
        aria-valuetext={said}
        onChange={(event) => model.lookAtStep(Number(event.target.value))}
      />
      <span className="stagebook-Past-time">{step === 0 ? trans.__("%1, when it began", formatClock(at)) : said}</span>
    </div>
  );
}

function BackButton({ model, trans }: PastBannerProps): ReactElement {
  return (
    <button type="button" className="stagebook-Button" data-action="back-to-now" onClick={() => model.backToNow()}>
      {trans.__("Back to now")}
    </button>
  );
}
