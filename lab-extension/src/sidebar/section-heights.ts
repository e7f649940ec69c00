/** How the sidebar's height is divided between its sections. Pure; called by SidebarSections. */

/** `content`: as high as its content, up to `limit`. `rest`: shares what the others leave with other such sections. */
export type HeightRule =
  | { readonly kind: "content"; readonly limit: number }
  | { readonly kind: "rest"; readonly weight: number; readonly limitsToContent?: boolean };

export interface SectionNeed {
  readonly name: string;
  readonly isOpen: boolean;
  readonly rule: HeightRule;
  /** What the whole content needs, in CSS pixels; null if it is not known, or fits any height. */
  readonly content: number | null;
}

/** The shares that the user gave to sections by moving a handle, from 0 to 1, by name. */
export interface ChosenShares {
  readonly [section: string]: number;
}

/** Of a section whose content is not known, in CSS pixels. */
const UNKNOWN_CONTENT = 80;

/**
 * The height of each section in CSS pixels, 0 for a closed one; together `height`, if any is open. What the user chose counts for the
 * sections that were open then.
 */
export function divideHeight(
  sections: readonly SectionNeed[],
  height: number,
  chosen: ChosenShares | null,
): readonly number[] {
  const open = sections.filter(({ isOpen }) => isOpen);
  const defaults = divideByRules(open, height);
  const wanted = open.map(({ name }, index) => {
    const share = chosen?.[name];
    return share === undefined ? (defaults[index] ?? 0) : share * height;
  });
  const sum = wanted.reduce((total, size) => total + size, 0);
  const sizes = new Map(open.map(({ name }, index) => [name, ((wanted[index] ?? 0) * height) / (sum || 1)]));
  return sections.map(({ name }) => sizes.get(name) ?? 0);
}

function divideByRules(open: readonly SectionNeed[], height: number): readonly number[] {
  const fixed = open.map(({ rule, content }) =>
    rule.kind === "content" ? Math.min(content ?? UNKNOWN_CONTENT, rule.limit * height) : null,
  );
  const left = height - fixed.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  const weights = open.reduce((sum, { rule }) => sum + (rule.kind === "rest" ? rule.weight : 0), 0);
  const sizes = open.map(({ rule, content }, index) => {
    if (rule.kind === "content") return fixed[index] ?? 0;
    const share = (left * rule.weight) / weights;
    return rule.limitsToContent && content !== null ? Math.min(content, share) : share;
  });
  return giveRest(open, sizes, height);
}

/** What is not needed goes to the last section that can use it. */
function giveRest(open: readonly SectionNeed[], sizes: readonly number[], height: number): readonly number[] {
  const rest = height - sizes.reduce((sum, size) => sum + size, 0);
  const last = open.map(({ rule }) => rule.kind).lastIndexOf("rest");
  return sizes.map((size, index) => (index === last ? size + rest : size));
}
