/** The dialog behind `Show all`: all of a text that the kernel sent shortened, requested when it is opened. */
import { Clipboard, Dialog } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { ReactElement } from "react";
import { AnsiText } from "./ansi-text";
import { useLoaded } from "./lazy-section";
import { notifyFailure } from "./notify";

export interface TextPart {
  /** Shown above the text. */
  readonly name: string;
  readonly text: string;
}

export interface WholeTextProps {
  /** The subject of the text, `Error of strong`: the name of the dialog. */
  readonly subject: string;
  /** Resolves with no parts when the text no longer exists. */
  readonly load: () => Promise<readonly TextPart[]>;
  readonly trans: TranslationBundle;
}

/** Escape and Close end it; JupyterLab then returns the focus to the button. */
export function showWholeText(props: WholeTextProps): void {
  const dialog = new Dialog({
    title: props.subject,
    body: ReactWidget.create(<WholeText {...props} />),
    buttons: [Dialog.okButton({ label: props.trans.__("Close") })],
    focusNodeSelector: ".stagebook-WholeText",
  });
  dialog.addClass("stagebook-WholeTextDialog");
  dialog.node.ariaLabel = props.subject;
  dialog.launch().catch(notifyFailure);
}

function WholeText({ subject, load, trans }: WholeTextProps): ReactElement {
  const content = useLoaded(load, "");
  const parts = content.status === "loaded" ? content.value : [];
  const copy = (): void => Clipboard.copyToSystem(parts.map(({ text }) => text).join("\n\n"));
  return (
    <>
      <div className="stagebook-WholeText" role="region" aria-label={subject} tabIndex={0}>
        {parts.length === 0 && <p role="status">{stateText(content, trans)}</p>}
        {parts.map(({ name, text }, index) => (
          <section key={index}>
            <h3>{name}</h3>
            <pre>
              <AnsiText text={text} />
            </pre>
          </section>
        ))}
      </div>
      {parts.length > 0 && (
        <footer>
          <button type="button" className="stagebook-Link" onClick={copy}>
            {trans.__("Copy")}
          </button>
        </footer>
      )}
    </>
  );
}

function stateText(content: ReturnType<typeof useLoaded>, trans: TranslationBundle): string {
  if (content.status === "loading") return trans.__("Loading …");
  if (content.status === "failed") return content.message;
  return trans.__("The text that was left out is no longer available: the record of its run was removed, or is not kept by this store."); // prettier-ignore
}
