/** The share of cache hits that are audited: `1%`, `0.01`, `off`. */
import { StagebookError } from "../../protocol";

/** From 0 to 1. Undefined for a text that is not a share. */
export function readShare(value: unknown): number | undefined {
  if (value === undefined || value === "" || value === "off") return 0;
  const [, amount, percent] =
    /^(\d+(?:\.\d+)?)(%?)$/.exec(typeof value === "number" || typeof value === "string" ? String(value).trim() : "") ??
    [];
  const share = amount === undefined ? NaN : Number(amount) / (percent === "%" ? 100 : 1);
  return share >= 0 && share <= 1 ? share : undefined;
}

/** Throws `pipeline-options`. `where`: the option or variable that has the value. */
export function checkShare(value: unknown, where: string): number {
  const share = readShare(value);
  if (share !== undefined) return share;
  throw new StagebookError(
    "pipeline-options",
    `${where} is ${JSON.stringify(value)}, which is not a share`,
    'Write "1%", a number from 0 to 1, or "off".',
  );
}
