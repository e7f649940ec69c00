/** Functions written once, written again identically, and with one change: which stages must be executed, and what they must return. */
import { expect, test } from "vitest";
import { createRequire } from "node:module";
import { createScript } from "../../run/script";

const require = createRequire(import.meta.url);

type Body = () => unknown;

export interface Case {
  readonly title: string;
  /** Ends with `return` of the stage's function; VALUE is the placeholder of the change. */
  readonly code: string;
  readonly before: string;
  readonly after: string;
  /** What the stage returns before and after the change; one value if the change must not execute it. */
  readonly gives: readonly [unknown] | readonly [unknown, unknown];
}

/** A function from source text: vitest's transformation of test files does not affect it. */
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
      // Written again: other functions, the same code with the same values.
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
