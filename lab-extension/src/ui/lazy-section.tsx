/** A collapsible section that requests its content from the kernel when it is opened, and again when `version` changes. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement, ReactNode } from "react";
import { useEffect, useRef, useState } from "react";
import { messageOf } from "stagebook/protocol";

export interface LazySectionProps<T> {
  readonly title: string;
  /** Open until the user closes it. */
  readonly startsOpen?: boolean;
  /** The value of `data-section`, for tests and scripts. */
  readonly name: string;
  /** The stage. The content of one stage is never shown for another. */
  readonly subject: string;
  /** Identifies what `load` resolves with: a new version is loaded again. */
  readonly version: string;
  /** Null while the kernel is unavailable. Rejects with an Error whose message can be shown to the user. */
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
  const content = useLoaded(load, version);
  return (
    <div className="stagebook-Section-body" aria-busy={content.status === "loading"}>
      {content.status === "loading" && (
        <p className="stagebook-Hint">{load ? trans.__("Loading …") : trans.__("Waiting for the kernel.")}</p>
      )}
      {content.status === "failed" && <p className="stagebook-Problem">{content.message}</p>}
      {content.status === "loaded" && children(content.value)}
    </div>
  );
}

export type Loaded<T> =
  | { readonly status: "loading" }
  | { readonly status: "loaded"; readonly value: T }
  | { readonly status: "failed"; readonly message: string };

/** The last value stays until the next one has arrived. A reply that was superseded meanwhile is dropped. */
export function useLoaded<T>(load: (() => Promise<T>) | null, version: string): Loaded<T> {
  const [content, setContent] = useState<Loaded<T>>({ status: "loading" });
  // The function is a new one in each render: only the version, and whether there is a function, trigger a load.
  const latest = useRef(load);
  latest.current = load;
  const canLoad = load !== null;
  useEffect(() => {
    let isCurrent = true;
    if (canLoad)
      latest.current?.().then(
        (value) => isCurrent && setContent({ status: "loaded", value }),
        (error: unknown) => isCurrent && setContent({ status: "failed", message: messageOf(error) }),
      );
    return () => {
      isCurrent = false;
    };
  }, [canLoad, version]);
  return content;
}
