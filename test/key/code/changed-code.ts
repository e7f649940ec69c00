/** Functions written once, once more equally, and once with one thing changed: what must run, and what it must give. */
import { expect, test } from "vitest";
import { createRequire } from "node:module";
import { createScript } from "../../run/script";

const require = createRequire(import.meta.url);

type Body = () => unknown;

export interface Case {
  readonly title: string;
  /** Ends with `return` of the stage's function; VALUE stands for what is changed. */
  readonly code: string;
  readonly before: string;
  readonly after: string;
  /** What the stage returns; once where the change must not run it. */
  readonly gives: readonly [unknown] | readonly [unknown, unknown];
}

/** A function of code that no other has: what vitest does to test files does not reach it. */
export function make(code: string): Body {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- as a cell is compiled
  return (new Function("require", code) as (require: NodeJS.Require) => Body)(require);
}

export function testChangedCode(cases: readonly Case[]): void {
  test.each(cases.map((each) => [each.title, each] as const))(
    "[S4] %s",
    async (_title, { code, before, after, gives }) => {
      const { p, log } = createScript();
      const define = (value: string): (() => Promise<unknown>) =>
        p.stage("a", make(code.replace("VALUE", () => value)));
      expect(await define(before)()).toEqual(gives[0]);
      expect(log()).toEqual(["a running", "a succeeded"]);
      // Written once more: other functions, the same code on the same values.
      expect(await define(before)()).toEqual(gives[0]);
      expect(log()).toEqual(["a cached"]);
      const changed = define(after);
      const { rows } = await p.plan();
      expect(rows).toMatchObject([{ action: gives.length === 2 ? "run" : "fresh" }]);
      expect(await changed()).toEqual(gives.at(-1));
      expect(log()).toEqual(gives.length === 2 ? ["a running", "a succeeded"] : ["a cached"]);
      expect(await define(before)()).toEqual(gives[0]);
      expect(log()).toEqual(["a cached"]);
    },
  );
}
