/** The button at a text of which the kernel left some out: opens the dialog of `whole-text`. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";

export interface WholeTextButtonProps {
  /** The subject of the text: `Error of strong`. */
  readonly subject: string;
  /** Null while the kernel is unavailable. */
  readonly onShow: (() => void) | null;
  readonly trans: TranslationBundle;
}

export function WholeTextButton({ subject, onShow, trans }: WholeTextButtonProps): ReactElement {
  return (
    <button
      type="button"
      className="stagebook-Link"
      aria-label={trans.__("Show all: %1", subject)}
      aria-haspopup="dialog"
      title={onShow ? trans.__("Show the text that was left out") : trans.__("Waiting for the kernel.")}
      disabled={!onShow}
      onClick={onShow ?? undefined}
    >
      {trans.__("Show all")}
    </button>
  );
}
