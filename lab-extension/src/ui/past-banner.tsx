/** The banner of a past run: names the run, moves through its steps, and returns to the current state. Shown by header and log. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { historyIcon } from "@jupyterlab/ui-components";
import type { ReactElement } from "react";
import { formatClock, formatMoment } from "stagebook/protocol";
import { useNotebookState } from "../model/use-store";
import type { NotebookModel, PastView } from "../tokens";
import { runOutcome, runTitle } from "./texts/run-text";

export interface PastBannerProps {
  readonly model: NotebookModel;
  readonly trans: TranslationBundle;
}

/** One line with the run and the way back. Null while the current state is shown. */
export function PastBanner({ model, trans }: PastBannerProps): ReactElement | null {
  const { past } = useNotebookState(model);
  if (!past) return null;
  return (
    <div className="stagebook-Past" data-past={past.run.id}>
      <PastText text={trans.__("You are viewing a past run: %1", formatMoment(past.run.startedAt))} />
      <BackButton model={model} trans={trans} />
    </div>
  );
}

/** The same, with the run's outcome and a slider through its steps. Null while the current state is shown. */
export function PastHeader({ model, trans }: PastBannerProps): ReactElement | null {
  const { past } = useNotebookState(model);
  if (!past) return null;
  return (
    <section className="stagebook-Past stagebook-mod-header" aria-label={trans.__("Past run")} data-past={past.run.id}>
      <PastText text={trans.__("You are viewing a past run")} />
      <p className="stagebook-Past-run">
        <b>{runTitle(past.run, trans)}</b> {formatMoment(past.run.startedAt)} · {runOutcome(past.run, trans)}
      </p>
      {past.run.error && <p className="stagebook-Past-error">{past.run.error.message}</p>}
      {past.steps > 1 && <Steps model={model} past={past} trans={trans} />}
      {!past.isWhole && (
        <p className="stagebook-Hint">{trans.__("This run has too many events: only the first ones are shown.")}</p>
      )}
      <BackButton model={model} trans={trans} />
    </section>
  );
}

interface StepsProps extends PastBannerProps {
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

function Steps({ model, past, trans }: StepsProps): ReactElement {
  const { step, steps, at } = past;
  const label = step === steps - 1 ? trans.__("%1, end of run", formatClock(at)) : formatClock(at);
  return (
    <div className="stagebook-Past-moments">
      <input
        type="range"
        min={0}
        max={steps - 1}
        value={step}
        aria-label={trans.__("Step of the run")}
        aria-valuetext={label}
        onChange={(event) => model.showStep(Number(event.target.value))}
      />
      <span className="stagebook-Past-time">{step === 0 ? trans.__("%1, start of run", formatClock(at)) : label}</span>
    </div>
  );
}

function BackButton({ model, trans }: PastBannerProps): ReactElement {
  return (
    <button type="button" className="stagebook-Button" data-action="back-to-now" onClick={() => model.showCurrent()}>
      {trans.__("Return to current state")}
    </button>
  );
}
