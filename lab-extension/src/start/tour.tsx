/** The tour: a small window beside what it explains. The page stays usable; Escape ends the tour. Shown by the command `stagebook:tour`. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { useLayoutEffect, useRef, useState } from "react";
import type { CSSProperties, ReactElement } from "react";
import type { TourStep } from "./tour-steps";

export interface TourOptions {
  readonly steps: readonly TourStep[];
  readonly trans: TranslationBundle;
  /** Called once, however the tour ends. */
  readonly ended: () => void;
}

export class Tour extends ReactWidget {
  private readonly focusedBefore = document.activeElement;

  constructor(private readonly options: TourOptions) {
    super();
    this.addClass("stagebook-Tour");
  }

  /** Shows it on the page, until it ends. */
  start(): void {
    Widget.attach(this, document.body);
  }

  /** The key is for the tour alone: a cell that is being edited stays so. A dialog or menu above the tour closes first. */
  handleEvent(event: Event): void {
    if (!(event instanceof KeyboardEvent) || event.key !== "Escape" || isInDialog(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.dispose();
  }

  /** The focus returns where it was before, unless the user has moved it out of the tour. */
  override dispose(): void {
    if (this.isDisposed) return;
    const isElsewhere = hasFocusOutside(this.node);
    super.dispose();
    if (!isElsewhere) focusAgain(this.focusedBefore);
    this.options.ended();
  }

  // Before the listeners of JupyterLab, which has its own on the document.
  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    window.addEventListener("keydown", this, true);
  }

  protected override onBeforeDetach(message: Message): void {
    window.removeEventListener("keydown", this, true);
    super.onBeforeDetach(message);
  }

  protected override render(): ReactElement {
    return <TourWindow steps={this.options.steps} trans={this.options.trans} close={() => this.dispose()} />;
  }
}

function isInDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(".jp-Dialog, .jp-ModalCommandPalette, .lm-Menu") !== null;
}

function hasFocusOutside(node: Element): boolean {
  const { activeElement: active, body } = document;
  return active !== null && active !== body && !node.contains(active);
}

/** An element that was drawn again meanwhile has the id of before. */
function focusAgain(element: Element | null): void {
  const present = element?.isConnected === false ? document.getElementById(element.id) : element;
  if (present instanceof HTMLElement) present.focus({ preventScroll: true });
}

interface TourWindowProps {
  readonly steps: readonly TourStep[];
  readonly trans: TranslationBundle;
  readonly close: () => void;
}

function TourWindow({ steps, trans, close }: TourWindowProps): ReactElement | null {
  const [index, setIndex] = useState(0);
  const next = useRef<HTMLButtonElement>(null);
  const step = steps[index];
  const box = useBox(step?.target ?? "");
  // In one step with its drawing: what is seen has the focus.
  useLayoutEffect(() => next.current?.focus({ preventScroll: true }), [index]);
  if (!step) return null;
  const isLast = index === steps.length - 1;
  return (
    <>
      {box && <div className="stagebook-Tour-frame" style={frameStyle(box)} />}
      <div
        className="stagebook-Tour-window"
        role="dialog"
        aria-labelledby="stagebook-tour-title"
        style={placeBeside(box)}
      >
        <div id="stagebook-tour-title" className="stagebook-Tour-title">
          {step.title}
        </div>
        <p>{step.text}</p>
        <div className="stagebook-Tour-buttons">
          <span className="stagebook-Tour-count">{trans.__("%1 of %2", index + 1, steps.length)}</span>
          {!isLast && (
            <button type="button" className="stagebook-Button" onClick={close}>
              {trans.__("Close")}
            </button>
          )}
          <button
            ref={next}
            type="button"
            className="stagebook-Button"
            data-primary
            onClick={() => (isLast ? close() : setIndex(index + 1))}
          >
            {isLast ? trans.__("Done") : trans.__("Next")}
          </button>
        </div>
      </div>
    </>
  );
}

/** Where the target is, while it moves; null while it is missing. */
function useBox(selector: string): DOMRect | null {
  const [box, setBox] = useState<DOMRect | null>(null);
  useLayoutEffect(() => {
    const measure = (): void => {
      const found = [...document.querySelectorAll(selector)].find((node) => node.getBoundingClientRect().width > 0);
      const now = found?.getBoundingClientRect() ?? null;
      setBox((before) => (isSame(before, now) ? before : now));
    };
    measure();
    const timer = setInterval(measure, 250);
    return () => clearInterval(timer);
  }, [selector]);
  return box;
}

function isSame(one: DOMRect | null, other: DOMRect | null): boolean {
  return one?.x === other?.x && one?.y === other?.y && one?.width === other?.width && one?.height === other?.height;
}

const WINDOW_WIDTH = 280;
const WINDOW_HEIGHT = 150;
const GAP = 10;

function frameStyle({ left, top, width, height }: DOMRect): CSSProperties {
  return { left, top, width, height };
}

/** At the left of the target where there is room, else below it: never over it. In the middle of the page without one. */
function placeBeside(box: DOMRect | null): CSSProperties {
  const width = WINDOW_WIDTH;
  if (!box) return { width, left: (innerWidth - width) / 2, top: innerHeight / 3 };
  const isRoomAtLeft = box.left >= width + 2 * GAP && box.height > 60;
  const left = isRoomAtLeft ? box.left - width - GAP : Math.min(Math.max(GAP, box.left), innerWidth - width - GAP);
  const top = isRoomAtLeft ? box.top : box.bottom + GAP;
  return { width, left, top: Math.max(GAP, Math.min(top, innerHeight - WINDOW_HEIGHT - GAP)) };
}
