/** A real JupyterLab with this project's extension and kernel, in a real Chromium. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { ICodeCellModel } from "@jupyterlab/cells";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { JSHandle, Locator, Page } from "playwright-core";
import type { StagebookEvent } from "stagebook/protocol";
import { afterAll, afterEach, beforeAll, inject } from "vitest";
import { readTail } from "../../../.dev/lib/command.mjs";
import { startServer } from "../../../.dev/lib/server.mjs";
import { encodeNotebook } from "../kernel/notebook-file";
import { createNotebookFolder, openFolder, repository } from "../kernel/notebook-folder";
import type { NotebookFolder } from "../kernel/notebook-folder";
import { launchBrowser, takeSharedBrowser, type BrowserPart } from "./browser";
import { untilKernelAnswers, untilKernelIdle } from "./page/kernel-answers";
import { untilRestored, untilRevealed } from "./page/restored";
import { chooseParts, labArgs, resetSharedLab, serverEnvironment, type SharedLab } from "./shared-lab";
import { WebsocketTap } from "./websocket-tap";
import { findFreePorts } from "../kernel/wire";

export interface LabOptions {
  /** Files in the notebook folder, by name. */
  readonly files?: { readonly [name: string]: string };
  /** For the server and its kernels. */
  readonly env?: { readonly [name: string]: string };
  readonly viewport?: { readonly width: number; readonly height: number };
  /** All parts of JupyterLab, as users have them. Default: in `npm test` those that the tests need; all in a server of its own. */
  readonly parts?: "all";
  /** The Python of another environment than the project's own: what is installed there is what is tried. */
  readonly python?: string;
  /** What the page is: JupyterLab, or Notebook 7, which has a page for each notebook. Default: JupyterLab. */
  readonly client?: "lab" | "notebook";
  /** A folder that is there already. Default: a new one in the repository. `stop` removes it in either case. */
  readonly folder?: NotebookFolder;
}

/** One row of the log panel. */
export interface LogRow {
  readonly level: string;
  readonly stage: string;
  readonly text: string;
}

/** A running JupyterLab, as the rig uses it. */
interface LabServer {
  url(path: string): string;
  tail(lines: number): string;
  stop(): Promise<void>;
}

/**
 * A JupyterLab and a browser for the test file: the shared ones, or a JupyterLab of its own where an option needs it. Keeps a screenshot
 * and the logs of each test that fails.
 */
export function useLab(options: LabOptions = {}): Lab {
  const needsOwn = options.env !== undefined || options.python !== undefined || options.folder !== undefined;
  const lab = new Lab(options, needsOwn ? undefined : inject("sharedLab"));
  beforeAll(() => lab.start());
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await lab.saveArtifacts(task.name);
  });
  afterAll(() => lab.stop());
  return lab;
}

/** What a person does and sees. Everything about cells concerns the notebook opened or shown last. */
export class Lab {
  readonly folder: NotebookFolder;
  private readonly console: string[] = [];
  private server: LabServer | undefined;
  private browser: BrowserPart | undefined;
  /** Browsers of other people. */
  private readonly guests: BrowserPart[] = [];
  private opened: { page: Page; tap: WebsocketTap } | undefined;
  private path = "";

  constructor(
    private readonly options: LabOptions,
    private readonly shared?: SharedLab,
  ) {
    this.folder = shared ? openFolder(shared.folder) : (options.folder ?? createNotebookFolder(options.files));
  }

  get page(): Page {
    if (!this.opened) throw new Error("the lab is not started");
    return this.opened.page;
  }

  /** All Stagebook events that kernels sent to the page. */
  get events(): readonly StagebookEvent[] {
    return this.opened?.tap.events ?? [];
  }

  /** What the page has written to its console. */
  get consoleLines(): readonly string[] {
    return this.console;
  }

  async start(): Promise<void> {
    try {
      this.server = this.shared ? await this.takeShared(this.shared) : await this.startOwn();
      await this.openPage();
    } catch (error) {
      await this.saveArtifacts("start");
      await this.stop();
      throw error;
    }
  }

  private async takeShared(shared: SharedLab): Promise<LabServer> {
    await resetSharedLab(shared);
    const isQuick = this.options.parts !== "all" && process.env.STAGEBOOK_TESTS === "all";
    chooseParts(shared, isQuick ? "needed" : "all");
    for (const [name, content] of Object.entries(this.options.files ?? {})) this.folder.write(name, content);
    return {
      url: (path) => `${shared.origin}${path}?token=${shared.token}`,
      tail: (lines) => readTail(join(shared.jupyter, "server.log"), lines),
      stop: () => resetSharedLab(shared),
    };
  }

  private async startOwn(): Promise<LabServer> {
    const [port] = (await findFreePorts(1)) as [number];
    const jupyter = join(this.folder.path, ".jupyter");
    const server = await startServer({
      port,
      folder: this.folder.path,
      jupyter,
      log: join(jupyter, "server.log"),
      args: labArgs,
      ...(this.options.python === undefined ? {} : { python: this.options.python }),
      env: { ...this.options.env, ...serverEnvironment },
    });
    return {
      url: server.url,
      tail: server.tail,
      stop: async () => {
        await server.stop();
        this.folder.remove();
      },
    };
  }

  /** Closes the page, ends the kernels and removes the notebooks; ends a server of its own too. */
  async stop(): Promise<void> {
    for (const browser of [this.browser, ...this.guests]) await browser?.close();
    await this.server?.stop();
  }

  /**
   * Opens a notebook and waits until its kernel is idle. Cells are written to a new file, with the ids `c1`, `c2` …;
   * a text is the name of a file in the folder.
   */
  async openNotebook(cells: readonly string[] | string, name = "notebook.ipynb"): Promise<void> {
    if (typeof cells !== "string") this.folder.write(name, encodeNotebook(cells));
    this.path = typeof cells === "string" ? cells : name;
    if (this.isNotebookPage) await this.openNotebookPage();
    else {
      await this.command("docmanager:open", { path: this.path, factory: "Notebook" });
      await untilRevealed(this.page);
    }
    await untilKernelAnswers(this.page, this.path);
  }

  private get isNotebookPage(): boolean {
    return this.options.client === "notebook";
  }

  private async openNotebookPage(): Promise<void> {
    await this.page.goto(this.server?.url(`/notebooks/${this.path}`) ?? "");
    await untilRestored(this.page);
    await this.inPanel((panel) => panel.context.ready, null);
  }

  /** Brings an open notebook to the front: everything about cells is about this one from now on. */
  async showNotebook(name: string): Promise<void> {
    this.path = name;
    await this.command("docmanager:open", { path: name });
    await untilRevealed(this.page);
  }

  /** Everything about cells is from now on about this notebook, which the page opens by itself. Waits until its kernel is idle. */
  async adoptNotebook(name: string): Promise<void> {
    this.path = name;
    await this.untilIdle();
  }

  /** Executes a JupyterLab command and waits for its end. */
  async command(id: string, args: { readonly [name: string]: unknown } = {}): Promise<void> {
    await this.page.evaluate(
      async ([id, args]) => {
        const { jupyterapp } = window as unknown as { jupyterapp: JupyterFrontEnd };
        await jupyterapp.commands.execute(id, args as never);
      },
      [id, args] as const,
    );
  }

  /** Brings the notebook to the front, runs all cells and waits for the last. */
  async runAll(): Promise<void> {
    await this.page.evaluate(async (path) => {
      const { jupyterapp } = window as unknown as { jupyterapp: JupyterFrontEnd };
      const { shell, commands } = jupyterapp;
      const panel = ([...shell.widgets("main")] as NotebookPanel[]).find((each) => each.context?.path === path);
      if (!panel) throw new Error(`${path} is not open`);
      while (shell.currentWidget !== panel) {
        shell.activateById(panel.id);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await commands.execute("notebook:run-all-cells");
    }, this.path);
  }

  /** Runs one cell, counted from 0, and waits for its end. */
  async runCell(index: number): Promise<void> {
    await this.selectCell(index);
    await this.command("notebook:run-cell");
  }

  async selectCell(index: number): Promise<void> {
    await this.inPanel((panel, index) => void (panel.content.activeCellIndex = index), index);
  }

  /** Replaces the source of a cell, without running it. */
  async editCell(index: number, source: string): Promise<void> {
    await this.inPanel((panel, [index, source]) => panel.content.widgets[index]?.model.sharedModel.setSource(source), [
      index,
      source,
    ] as const);
  }

  /** The number in front of each cell; null for one that has not run, or that is not a code cell. */
  executionCounts(): Promise<(number | null)[]> {
    return this.inPanel(
      (panel) =>
        panel.content.widgets.map(({ model }) =>
          model.type === "code" ? (model as ICodeCellModel).executionCount : null,
        ),
      null,
    );
  }

  /** The ids of all cells, in document order. */
  cellIds(): Promise<string[]> {
    return this.inPanel((panel) => panel.content.widgets.map(({ model }) => model.id), null);
  }

  /** The selected cell; `inView` when its first line can be seen. */
  activeCell(): Promise<{ id: string | undefined; inView: boolean }> {
    return this.inPanel(({ content }) => {
      const cell = content.activeCell;
      const top = cell?.node.getBoundingClientRect().top ?? -1;
      const view = content.node.getBoundingClientRect();
      return { id: cell?.model.id, inView: top >= view.top - 20 && top < view.bottom };
    }, null);
  }

  /** The texts of all cells, in document order. */
  sources(): Promise<string[]> {
    return this.inPanel((panel) => panel.content.widgets.map(({ model }) => model.sharedModel.getSource()), null);
  }

  /** A cell's outputs as they are in the notebook file. */
  async outputs(index: number): Promise<{ readonly [name: string]: unknown }[]> {
    const json = await this.inPanel(
      (panel, index) => JSON.stringify((panel.content.widgets[index]?.model as ICodeCellModel).outputs.toJSON()),
      index,
    );
    return JSON.parse(json) as { readonly [name: string]: unknown }[];
  }

  /** All text that a cell's outputs show. */
  async outputText(index: number): Promise<string> {
    const outputs = await this.outputs(index);
    return outputs
      .map((output) =>
        joinText(output.text ?? (output.data as { readonly [mime: string]: unknown } | undefined)?.["text/plain"]),
      )
      .join("");
  }

  /** The mark of each cell (`data-stagebook-status`); null for none. */
  cellMarks(): Promise<(string | null)[]> {
    return this.inPanel(
      (panel) => panel.content.widgets.map(({ node }) => node.getAttribute("data-stagebook-status")),
      null,
    );
  }

  /** How many code cells have no number: the kernel is idle for a moment between two cells. */
  unexecutedCells(): Promise<number> {
    return this.inPanel(
      (panel) =>
        panel.content.widgets.filter(({ model }) => model.type === "code" && !(model as ICodeCellModel).executionCount)
          .length,
      null,
    );
  }

  /** A panel of Stagebook. */
  panel(name: "dag" | "params" | "stage" | "log" | "runs"): Locator {
    return this.page.locator(`[data-stagebook="${name}"]:visible`);
  }

  /** A stage's node in the graph. */
  stage(name: string): Locator {
    return this.panel("dag").locator(`[data-stage="${name}"]`);
  }

  /** A stage's status in the graph; null when the graph does not show it. */
  async stageStatus(name: string): Promise<string | null> {
    const node = this.stage(name).first();
    return (await node.count()) === 0 ? null : node.getAttribute("data-status");
  }

  /** The status of every stage in the graph, by name. */
  stageStatuses(): Promise<{ [name: string]: string }> {
    return this.panel("dag")
      .locator("[data-stage][data-status]")
      .evaluateAll((nodes) =>
        Object.fromEntries(nodes.map((node) => [node.dataset.stage ?? "", node.dataset.status ?? ""])),
      );
  }

  /** The button in the toolbar of the notebook in front. */
  get runStaleButton(): Locator {
    return this.page.locator(`[data-jp-item-name="stagebook-run-stale"]:visible jp-button`);
  }

  /** Drags the handle of the right sidebar until it is `width` CSS pixels wide. */
  async setSidebarWidth(width: number): Promise<void> {
    const handle = this.page.locator("#jp-main-split-panel > .lm-SplitPanel-handle:visible").last();
    const [grip, stack] = [await handle.boundingBox(), await this.page.locator("#jp-right-stack").boundingBox()];
    if (!grip || !stack) throw new Error("the sidebar is not open");
    const y = grip.y + grip.height / 2;
    await this.page.mouse.move(grip.x + grip.width / 2, y);
    await this.page.mouse.down();
    await this.page.mouse.move(stack.x + stack.width - width, y, { steps: 5 });
    await this.page.mouse.up();
  }

  /** A parameter's control in the form. */
  param(name: string): Locator {
    const control = ["input", "select", "textarea"]
      .map((tag) => `${tag}[data-param="${name}"], [data-param="${name}"] ${tag}`)
      .join(", ");
    return this.panel("params").locator(control).first();
  }

  /** Types a value into the form, as a person does. The page applies it after its debounce. */
  async setParam(name: string, value: string | number | boolean): Promise<void> {
    const control = this.param(name);
    await control.waitFor();
    const kind = await control.evaluate((node) =>
      node instanceof HTMLInputElement ? node.type : node.tagName.toLowerCase(),
    );
    if (typeof value === "boolean") await control.setChecked(value);
    else if (kind === "select") await control.selectOption({ label: String(value) });
    else await control.fill(String(value));
  }

  /** The rows of the log panel that are shown now. */
  logRows(): Promise<LogRow[]> {
    return this.panel("log")
      .locator("[data-log]")
      .evaluateAll((rows) =>
        rows.map((row) => ({
          level: row.getAttribute("data-level") ?? "",
          stage: row.getAttribute("data-stage") ?? "",
          text: row.textContent ?? "",
        })),
      );
  }

  /**
   * Restarts the kernel, as the toolbar button does after its question, and waits until it answers. Its status is
   * "unknown" until the first cell runs: tslab sends no status when it starts.
   */
  async restartKernel(): Promise<void> {
    await this.inPanel(async (panel) => {
      await panel.sessionContext.session?.kernel?.restart();
      await panel.sessionContext.session?.kernel?.requestKernelInfo();
    }, null);
  }

  /** Shows the notebook, as it was saved last, in one more tab of the same browser. The caller closes it. */
  async openTab(): Promise<Page> {
    const tab = await this.page.context().newPage();
    await tab.goto(new URL(`/lab/tree/${this.path}`, this.page.url()).href);
    return tab;
  }

  /** Shows the notebook to a second person: in a browser profile of its own, with its own cookies and storage. */
  async openForGuest(): Promise<Page> {
    const { server } = this;
    if (!server) throw new Error("the lab is not started");
    const guest = await launchBrowser(this.viewport);
    this.guests.push(guest);
    const page = await guest.context.newPage();
    page.on("console", (message) => this.console.push(`guest ${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => this.console.push(`guest page error: ${error.stack ?? error.message}`));
    await page.goto(server.url(`/lab/tree/${this.path}`));
    return page;
  }

  interrupt(): Promise<void> {
    return this.command("notebook:interrupt-kernel");
  }

  /** Saves the notebook and loads the page again; the kernel goes on meanwhile. Resolves when the notebook is shown and has the focus. */
  async reload(): Promise<void> {
    await this.command("docmanager:save");
    await this.page.reload();
    await untilRestored(this.page);
    if (this.isNotebookPage) await this.inPanel((panel) => panel.context.ready, null);
    else await this.showNotebook(this.path);
  }

  /** Waits until the kernel of the notebook has nothing to do. */
  untilIdle(): Promise<void> {
    return untilKernelIdle(this.page, this.path);
  }

  /** Saves a screenshot below test/artifacts, for those who want to look at it: not in `npm test`. */
  async screenshot(name: string): Promise<void> {
    if (process.env.STAGEBOOK_TESTS === "all") return;
    await this.page.screenshot({ path: join(createArtifacts(), `${toFileName(name)}.png`) });
  }

  /** What helps to understand a failure: screenshot, console of the page, log of the server. */
  async saveArtifacts(name: string): Promise<void> {
    const base = join(createArtifacts(), toFileName(name));
    await this.opened?.page
      .screenshot({ path: `${base}.png`, timeout: 10_000 })
      .catch((error: unknown) => this.console.push(`no screenshot: ${String(error)}`));
    writeFileSync(`${base}.console.txt`, `${this.console.join("\n")}\n`);
    writeFileSync(`${base}.server.txt`, `${this.server?.tail(2_000) ?? "the server was not started"}\n`);
    console.error(`see ${base}.png, .console.txt and .server.txt`);
  }

  private get viewport(): { readonly width: number; readonly height: number } {
    return this.options.viewport ?? { width: 1600, height: 1000 };
  }

  private async openPage(): Promise<void> {
    this.browser = await (this.shared ? takeSharedBrowser(this.shared.origin) : launchBrowser(this.viewport));
    const page = await this.browser.context.newPage();
    await page.setViewportSize(this.viewport);
    this.opened = { page, tap: new WebsocketTap(page) };
    page.on("console", (message) => this.console.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => this.console.push(`page error: ${error.stack ?? error.message}`));
    page.on("dialog", (dialog) => void dialog.accept());
    await page.goto(this.server?.url(this.isNotebookPage ? "/tree" : "/lab") ?? "");
    await untilRestored(page);
  }

  /** Calls a function in the page with the notebook's panel. */
  async inPanel<A, R>(call: (panel: NotebookPanel, argument: A) => R | Promise<R>, argument: A): Promise<R> {
    const panel = (await this.page.evaluateHandle((path) => {
      const { jupyterapp } = window as unknown as { jupyterapp: JupyterFrontEnd };
      const panels = [...jupyterapp.shell.widgets("main")] as NotebookPanel[];
      return panels.find((panel) => panel.context?.path === path);
    }, this.path)) as JSHandle<NotebookPanel>;
    try {
      return await panel.evaluate(call as never, argument);
    } finally {
      await panel.dispose();
    }
  }
}

function createArtifacts(): string {
  const folder = join(repository, "test", "artifacts");
  mkdirSync(folder, { recursive: true });
  return folder;
}

const toFileName = (title: string): string =>
  title
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 80);

const joinText = (text: unknown): string =>
  Array.isArray(text) ? text.join("") : typeof text === "string" ? text : "";
