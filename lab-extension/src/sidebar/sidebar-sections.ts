/**
 * The sections of the sidebar's accordion: which are there, which are collapsed and how high they are. Collapsed sections are kept per
 * workspace, heights that the user chose per notebook. Created by Sidebar.
 */
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import type { AccordionPanel } from "@lumino/widgets";
import type { BrowserValues } from "../model/memory/known-notebooks";
import type { WindowState } from "./window-state";
import type { Panel } from "../ui/panel";
import type { ChosenShares, HeightRule } from "./section-heights";
import { divideHeight } from "./section-heights";

export interface Section {
  /** Identifies the section in what is stored. */
  readonly name: string;
  readonly panel: Panel;
  readonly rule: HeightRule;
  /** True for a section that is collapsed until the user expands it. */
  readonly startsCollapsed?: boolean;
}

export interface SidebarSectionsOptions {
  readonly accordion: AccordionPanel;
  /** All that there can be, in order. */
  readonly sections: readonly Section[];
  readonly state: WindowState;
  readonly values: Pick<BrowserValues, "get" | "set">;
  /** Resolves when JupyterLab has restored its layout. It restores accordions by the index of a section, which is another one here. */
  readonly restored: Promise<void>;
}

/** In CSS pixels. */
const TITLE_HEIGHT = 26;

/** Key of the window's state. */
const STATE_KEY = "jupyterlab-stagebook:sidebar";

export class SidebarSections {
  /** The names of the sections that are in the accordion. */
  private present: ReadonlySet<string>;
  private readonly names: readonly string[];
  private collapsed: CollapsedSections = {};
  private chosen: ChosenShares | null = null;
  /** The key of the notebook that the sidebar shows. */
  private notebook: string | null = null;

  constructor(private readonly options: SidebarSectionsOptions) {
    const { accordion, sections } = options;
    accordion.titleSpace = TITLE_HEIGHT;
    this.names = sections.map(({ name }) => name);
    this.present = new Set(this.names);
    this.fill(0);
    for (const { panel } of sections) panel.contentHeightChanged.connect(() => this.layOut());
    void this.restore();
  }

  /** Adds a section, or takes it out. All are there at first. */
  setPresent(name: string, isPresent: boolean): void {
    if (this.present.has(name) === isPresent) return;
    this.present = new Set(this.names.filter((each) => (each === name ? isPresent : this.present.has(each))));
    this.fill(this.names.indexOf(name));
    this.layOut();
  }

  /** Expands a section. */
  show(name: string): void {
    const index = this.presentSections().findIndex((section) => section.name === name);
    if (index >= 0) this.options.accordion.expand(index);
  }

  /** To be called when the sidebar shows another notebook. */
  async setNotebook(key: string | null): Promise<void> {
    if (key === this.notebook) return;
    this.notebook = key;
    this.chosen = null;
    this.layOut();
    const stored = key === null ? null : await this.loadShares(key);
    if (key !== this.notebook || stored === null) return;
    this.chosen = stored;
    this.layOut();
  }

  /** To be called when the accordion has another height. */
  layOut(): void {
    const { accordion } = this.options;
    const height = this.freeHeight();
    if (height <= 0) return;
    const needs = this.presentSections().map(({ name, panel, rule }) => ({
      name,
      rule,
      isOpen: !panel.isHidden,
      content: neededHeight(panel),
    }));
    accordion.setRelativeSizes([...divideHeight(needs, height, this.chosen)]);
  }

  /** Adds the sections from this one on. The accordion adds elements at its end: those that were there are added again, for the Tab key. */
  private fill(from: number): void {
    const { accordion, sections } = this.options;
    for (const { panel } of sections.slice(from)) if (panel.parent === accordion) panel.parent = null;
    for (const { name, panel, startsCollapsed = false } of sections.slice(from)) {
      if (!this.present.has(name)) continue;
      panel.setHidden(this.collapsed[name] ?? startsCollapsed);
      accordion.addWidget(panel);
    }
  }

  /** Without the titles, in CSS pixels. */
  private freeHeight(): number {
    const { accordion } = this.options;
    return accordion.node.clientHeight - accordion.widgets.length * (accordion.titleSpace + accordion.spacing);
  }

  private presentSections(): readonly Section[] {
    return this.options.sections.filter(({ name }) => this.present.has(name));
  }

  private async restore(): Promise<void> {
    const { accordion, state, restored } = this.options;
    this.collapsed = readCollapsed((await Promise.all([state.fetch(STATE_KEY), restored]))[0]);
    this.presentSections().forEach(({ name, startsCollapsed = false }, index) => {
      if (this.collapsed[name] ?? startsCollapsed) accordion.collapse(index);
      else accordion.expand(index);
    });
    this.layOut();
    accordion.expansionToggled.connect(() => {
      this.saveCollapsed();
      this.layOut();
    });
    accordion.handleMoved.connect(() => this.saveShares());
  }

  private saveCollapsed(): void {
    const own = this.presentSections().map(({ name, panel }) => [name, panel.isHidden] as const);
    this.collapsed = { ...this.collapsed, ...Object.fromEntries(own) };
    const sections = Object.entries(this.collapsed).map(([name, collapsed]) => [name, { collapsed }]);
    void this.options.state.save(STATE_KEY, { sections: Object.fromEntries(sections) as ReadonlyPartialJSONObject });
  }

  private async loadShares(notebook: string): Promise<ChosenShares | null> {
    try {
      return readShares(await this.options.values.get(nameOf(notebook)));
    } catch (cause) {
      // A private window may have no database: heights are then kept until the page is closed.
      console.warn("stagebook: cannot read the heights of the sidebar's sections", cause);
      return null;
    }
  }

  /** Sections that are closed now keep what the user chose for them before. */
  private saveShares(): void {
    const sizes = this.options.accordion.relativeSizes();
    const open = this.presentSections().flatMap(({ name, panel }, index) =>
      panel.isHidden ? [] : [[name, sizes[index] ?? 0] as const],
    );
    this.chosen = { ...this.chosen, ...Object.fromEntries(open) };
    if (this.notebook === null) return;
    this.options.values
      .set(nameOf(this.notebook), this.chosen)
      .catch((cause: unknown) => console.warn("stagebook: cannot keep the heights of the sidebar's sections", cause));
  }
}

/** The accordion makes no section lower than its style says, and takes what is missing from the others. */
function neededHeight({ node, contentHeight }: Panel): number | null {
  const least = parseFloat(getComputedStyle(node).minHeight) || 0;
  return contentHeight === null ? null : Math.max(contentHeight, least);
}

interface CollapsedSections {
  readonly [name: string]: boolean | undefined;
}

function nameOf(notebook: string): string {
  return `stagebook:section-heights:${notebook}`;
}

/** Entries with an unknown shape are dropped: such a section has its default. */
function readCollapsed(data: unknown): CollapsedSections {
  const sections: unknown = (data as { readonly sections?: unknown } | null | undefined)?.sections;
  if (typeof sections !== "object" || sections === null) return {};
  return Object.fromEntries(
    Object.entries(sections).flatMap(([name, section]) => {
      const collapsed: unknown = (section as { readonly collapsed?: unknown } | null)?.collapsed;
      return typeof collapsed === "boolean" ? [[name, collapsed]] : [];
    }),
  );
}

function readShares(data: unknown): ChosenShares | null {
  if (typeof data !== "object" || data === null) return null;
  const shares = Object.entries(data).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number" && entry[1] >= 0 && entry[1] <= 1,
  );
  return shares.length > 0 ? Object.fromEntries(shares) : null;
}
