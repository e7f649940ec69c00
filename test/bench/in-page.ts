/** Measurements inside a page. Each is sent there as it is, so it uses nothing from outside. Called by page*.bench.ts. */

/**
 * Moves a slider and lets it go: milliseconds until its number is painted, until the graph shows what the value would run, and then, from
 * the release, what it made stale.
 */
export async function moveSlider({
  param,
  value,
  stage,
}: {
  readonly param: string;
  readonly value: number;
  /** A stage that reads the parameter. */
  readonly stage: string;
}): Promise<{ readonly answerMs: number; readonly highlightMs: number; readonly staleMs: number }> {
  const number = document.querySelector<HTMLInputElement>(`[data-stagebook="params"] input[data-param="${param}"]`);
  const slider = number?.parentElement?.querySelector<HTMLInputElement>('input[type="range"]');
  const node = document.querySelector<HTMLElement>(`[data-stagebook="dag"] [data-stage="${stage}"]`);
  const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
  if (!number || !slider || !node || !setValue) throw new Error("no slider or no node");
  const until = (isReached: () => boolean): Promise<number> => {
    const start = performance.now();
    return new Promise((resolve) => {
      const check = (): void => {
        if (!isReached()) return;
        observer.disconnect();
        resolve(performance.now() - start);
      };
      const observer = new MutationObserver(check);
      observer.observe(node, { attributes: true });
      check();
    });
  };
  const untilPainted = (): Promise<number> => {
    const start = performance.now();
    return new Promise((resolve) => {
      const check = (): void => {
        if (number.value !== String(value)) return void requestAnimationFrame(check);
        // A message sent in a frame is handled after its painting.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now() - start);
        port2.postMessage(null);
      };
      requestAnimationFrame(check);
    });
  };
  const look = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));
  // A person looks before moving and before letting go: what the last change has begun is over by then.
  await look();
  slider.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, buttons: 1 }));
  setValue.call(slider, String(value));
  const lit = until(() => node.dataset.whatIf !== undefined);
  const painted = untilPainted();
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  const [answerMs, highlightMs] = await Promise.all([painted, lit]);
  await look();
  const stale = until(() => node.dataset.status === "stale");
  slider.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
  return { answerMs, highlightMs, staleMs: await stale };
}

/** Notes the length of every frame from now on, in milliseconds, in `window.frames`. */
export function recordFrames(): void {
  const frames: number[] = [];
  const target = window as unknown as { recorded: number[]; recording: number };
  target.recorded = frames;
  cancelAnimationFrame(target.recording);
  let last = performance.now();
  const next = (now: number): void => {
    frames.push(now - last);
    last = now;
    target.recording = requestAnimationFrame(next);
  };
  target.recording = requestAnimationFrame((now) => {
    last = now;
    target.recording = requestAnimationFrame(next);
  });
}

/** Stops recording. Returns the frames. */
export function takeFrames(): number[] {
  const target = window as unknown as { recorded: number[]; recording: number };
  cancelAnimationFrame(target.recording);
  return target.recorded;
}

/** Until JupyterLab has laid out its tabs as they were. */
export async function untilRestored(): Promise<void> {
  interface Document {
    readonly context?: { readonly ready: Promise<void> };
    readonly sessionContext?: { readonly ready: Promise<void> };
  }
  const { jupyterapp } = window as unknown as {
    jupyterapp: { restored: Promise<void>; shell: { widgets(area: string): Iterable<Document> } };
  };
  await jupyterapp.restored;
  // The last one to be ready may still come to the front.
  for (const { context, sessionContext } of jupyterapp.shell.widgets("main")) {
    await context?.ready;
    await sessionContext?.ready;
  }
}

/** Brings a notebook to the front: milliseconds until its graph is painted. Measured again where JupyterLab puts another one in front meanwhile. */
export async function showGraph({
  path,
  selector,
}: {
  readonly path: string;
  /** Of an element that the page has once the graph of this notebook is shown. */
  readonly selector: string;
}): Promise<number> {
  const { jupyterapp } = window as unknown as {
    jupyterapp: {
      commands: { execute(id: string, args: object): Promise<unknown> };
      shell: { currentWidget: { context?: { path: string } } | null };
    };
  };
  return new Promise((resolve) => {
    let start = 0;
    let wasInFront = false;
    const show = (): void => {
      start = performance.now();
      wasInFront = false;
      void jupyterapp.commands.execute("docmanager:open", { path });
      look();
    };
    const look = (): void => {
      const isInFront = jupyterapp.shell.currentWidget?.context?.path === path;
      if (wasInFront && !isInFront) return show();
      wasInFront = isInFront;
      const isDrawn = document.querySelector(selector) !== null;
      // The frame after the one in which it came into the page has painted it.
      if (isInFront && isDrawn) requestAnimationFrame(() => resolve(performance.now() - start));
      else requestAnimationFrame(look);
    };
    show();
  });
}

/** How many lines the log panel says it has. */
export function countLogLines(): number {
  const text = document.querySelector('[data-stagebook="log"] .stagebook-LogFilters-count')?.textContent ?? "";
  return Number(/of ([\d,. \u202f\u00a0]+)/.exec(text)?.[1]?.replace(/\D/g, "") ?? 0);
}

/** Does something and waits for an attribute: milliseconds until what it tells is painted. */
export async function untilAttribute({
  click,
  selector,
  attribute,
  value,
}: {
  /** Of the element that is clicked. */
  readonly click: string;
  readonly selector: string;
  readonly attribute: string;
  readonly value: string;
}): Promise<number> {
  const isReached = (): boolean => document.querySelector(selector)?.getAttribute(attribute) === value;
  const target = document.querySelector<HTMLElement>(click);
  if (!target || isReached()) throw new Error(target ? `it is ${value} already` : `no ${click}`);
  const start = performance.now();
  target.click();
  while (!isReached()) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - start;
}
