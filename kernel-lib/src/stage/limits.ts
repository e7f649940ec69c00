/** How much a kernel keeps in memory and sends at once at most. Each bound has a default and is set by an environment variable. */
import { MAX_SNAPSHOT_BYTES, StagebookError } from "../protocol";
import { readSize } from "./size";

export interface Limits {
  /** Values that are kept in memory in front of the store, as they are stored. */
  readonly cachedValues: number;
  /** Records of results that are kept at least, about 1.5 kB each. */
  readonly rememberedResults: number;
  /** Lines of the log that a page can load. */
  readonly logLines: number;
  /** Characters of these lines together. */
  readonly logCharacters: number;
  /** Tables whose rows a page can read. */
  readonly shownTables: number;
  /** Bytes of the state with which a page begins. */
  readonly pageBytes: number;
}

interface Limit {
  readonly variable: string;
  readonly least: number;
  readonly otherwise: number;
  /** `2MB` rather than a whole number. */
  readonly isSize?: true;
}

const limits: { readonly [name in keyof Limits]: Limit } = {
  cachedValues: { variable: "STAGEBOOK_CACHED_VALUES", least: 0, otherwise: 5000 },
  rememberedResults: { variable: "STAGEBOOK_REMEMBERED_RESULTS", least: 1, otherwise: 1000 },
  logLines: { variable: "STAGEBOOK_LOG_LINES", least: 100, otherwise: 100_000 },
  logCharacters: { variable: "STAGEBOOK_LOG_CHARACTERS", least: 100_000, otherwise: 50_000_000 },
  shownTables: { variable: "STAGEBOOK_SHOWN_TABLES", least: 1, otherwise: 20 },
  pageBytes: { variable: "STAGEBOOK_PAGE_BYTES", least: 100_000, otherwise: MAX_SNAPSHOT_BYTES, isSize: true },
};

/** Throws `pipeline-options` for a value that is not a number, or too small. */
export function readLimits(environment: Readonly<Record<string, string | undefined>>): Limits {
  const entries = Object.entries(limits).map(([name, limit]) => [name, readLimit(environment[limit.variable], limit)]);
  return Object.fromEntries(entries) as Limits;
}

function readLimit(text: string | undefined, { variable, least, otherwise, isSize }: Limit): number {
  if (!text) return otherwise;
  const number = isSize ? readSize(text) : /^\d+$/.test(text) ? Number(text) : undefined;
  if (number !== undefined && Number.isSafeInteger(number) && number >= least) return number;
  throw new StagebookError(
    "pipeline-options",
    `${variable} is "${text}", which is not a ${isSize ? "size" : "whole number"} of at least ${least}`,
    `Set it to one, or unset it: without it the limit is ${otherwise}.`,
  );
}

/** Without any variable set. */
export const defaultLimits: Limits = readLimits({});
