/** A part of the stage panel that asks the kernel only when it is opened, and again when `version` changes. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement, ReactNode } from "react";
import { useEffect, useRef, useState } from "react";

export interface LazySectionProps<T> {
  readonly title: string;
  /** Open at first, until it is folded by hand. */
  readonly startsOpen?: boolean;
  /** A name for the page's tests and scripts. */
  readonly name: string;
  /** The stage: an answer for one is never shown for another. */
  readonly subject: string;
  /** Of what `load` gives: another version is another answer. */
  readonly version: string;
  /** Null while no kernel can answer. Rejects with an Error whose message is fit for the user. */
  readonly load: (() => Promise<T>) | null;
  readonly children: (value: T) => ReactNode;
  readonly trans: TranslationBundle;
}

/** Stays open when another stage is selected. */
export function LazySection<T>(props: LazySectionProps<T>): ReactElement {
  const { title, name, subject, startsOpen = false } = props;
  const [isOpen, setOpen] = useState(startsOpen);
  return (
    <details
      className="stagebook-Section"
      data-section={name}
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>{title}</summary>
      {isOpen && <LazySectionBody key={subject} {...props} />}
    </details>
  );
}

function LazySectionBody<T>({ load, version, children, trans }: LazySectionProps<T>): ReactElement {
  const answer = useLoaded(load, version);
  return (
    <div className="stagebook-Section-body" aria-busy={answer.status === "waiting"}>
      {answer.status === "waiting" && (
        <p className="stagebook-Hint">{load ? trans.__("Asking the kernel …") : trans.__("Waits for the kernel.")}</p>
      )}
      {answer.status === "failed" && <p className="stagebook-Problem">{answer.message}</p>}
      {answer.status === "here" && children(answer.value)}
    </div>
  );
}

export type Loaded<T> =
  | { readonly status: "waiting" }
  | { readonly status: "here"; readonly value: T }
  | { readonly status: "failed"; readonly message: string };

/** An answer stays on screen until the next one is there; one that comes too late is dropped. */
export function useLoaded<T>(load: (() => Promise<T>) | null, version: string): Loaded<T> {
  const [answer, setAnswer] = useState<Loaded<T>>({ status: "waiting" });
  // The function is a new one at each render: only the version and whether there is one count.
  const latest = useRef(load);
  latest.current = load;
  const canLoad = load !== null;
  useEffect(() => {
    let isCurrent = true;
    if (canLoad)
      latest.current?.().then(
        (value) => isCurrent && setAnswer({ status: "here", value }),
        (error: unknown) =>
          isCurrent && setAnswer({ status: "failed", message: error instanceof Error ? error.message : String(error) }),
      );
    return () => {
      isCurrent = false;
    };
  }, [canLoad, version]);
  return answer;
}
