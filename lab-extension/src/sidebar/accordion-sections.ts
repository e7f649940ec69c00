/** The sections of the sidebar's accordion: their sizes and which are collapsed, by name, kept per workspace. Created by Sidebar. */
import type { IStateDB } from "@jupyterlab/statedb";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import type { AccordionPanel, Widget } from "@lumino/widgets";

export interface Section {
  /** Identifies the section in the stored layout. */
  readonly name: string;
  readonly panel: Widget;
  /** The default height, relative to the other sections. */
  readonly size: number;
  /** True for a section that is collapsed until the user expands it. */
  readonly startsCollapsed?: boolean;
}

/** Key in JupyterLab's state database. */
const STATE_KEY = "jupyterlab-stagebook:sidebar";

/** A section that is shown on request gets `SHOWN_SIZE` of the height, unless it has `MIN_SIZE` already. */
const MIN_SIZE = 0.15;
const SHOWN_SIZE = 0.3;

export class AccordionSections {
  /** `accordion` must contain exactly the panels of `sections`, in this order. */
  constructor(
    private readonly accordion: AccordionPanel,
    private readonly sections: readonly Section[],
    private readonly state: IStateDB,
  ) {
    this.apply({});
    void this.restore();
  }

  /** Expands a section, and makes it large enough to be useful. */
  show(name: string): void {
    const index = this.sections.findIndex((section) => section.name === name);
    if (index < 0) return;
    this.accordion.expand(index);
    const sizes = this.accordion.relativeSizes();
    const size = sizes[index] ?? 0;
    if (size >= MIN_SIZE) return;
    const scale = (1 - SHOWN_SIZE) / (1 - size);
    this.accordion.setRelativeSizes(sizes.map((other, at) => (at === index ? SHOWN_SIZE : other * scale)));
  }

  private async restore(): Promise<void> {
    const { accordion, state } = this;
    const stored = readLayout(await state.fetch(STATE_KEY));
    if (stored) this.apply(stored);
    const save = (): void => void state.save(STATE_KEY, this.currentLayout());
    accordion.expansionToggled.connect(save);
    accordion.handleMoved.connect(save);
  }

  private apply(layout: SectionLayouts): void {
    this.sections.forEach(({ name, startsCollapsed = false }, index) => {
      if (layout[name]?.collapsed ?? startsCollapsed) this.accordion.collapse(index);
      else this.accordion.expand(index);
    });
    this.accordion.setRelativeSizes(this.sections.map(({ name, size }) => layout[name]?.size ?? size));
  }

  private currentLayout(): ReadonlyPartialJSONObject {
    const sizes = this.accordion.relativeSizes();
    const layouts = this.sections.map(({ name, panel, size }, index) => [
      name,
      { collapsed: panel.isHidden, size: sizes[index] ?? size },
    ]);
    return { sections: Object.fromEntries(layouts) as ReadonlyPartialJSONObject };
  }
}

interface SectionLayouts {
  readonly [name: string]: { readonly collapsed: boolean; readonly size: number } | undefined;
}

/** Null if nothing is stored. Entries with an unknown shape are dropped: such a section has its defaults. */
function readLayout(data: unknown): SectionLayouts | null {
  const sections: unknown = (data as { readonly sections?: unknown } | null | undefined)?.sections;
  if (typeof sections !== "object" || sections === null) return null;
  return Object.fromEntries(
    Object.entries(sections as SectionLayouts).filter(
      ([, layout]) => typeof layout?.collapsed === "boolean" && typeof layout.size === "number",
    ),
  );
}
