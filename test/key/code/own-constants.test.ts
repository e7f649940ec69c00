/** Variables of the user's own functions: those that can change are read each time, the others once. */
import { runInThisContext } from "node:vm";
import { expect, test, vi } from "vitest";
import { findClosure } from "../../../kernel-lib/src/key/code/closure";
import type { AnyFunction } from "../../../kernel-lib/src/key/scopes";
import { sharedSession } from "../../../kernel-lib/src/scopes/inspector-session";
import { createLiveScopes } from "../../../kernel-lib/src/scopes/live-scopes";

const scopes = createLiveScopes(() => undefined);
let cells = 0;

/** Executes code as a cell does: in a function of a script with a name. It returns the function that is read, and what changes it. */
function execute(code: string): readonly [fn: AnyFunction, change: () => void] {
  const filename = `cell [${++cells}] of own constants`;
  const run = runInThisContext(`(function () { ${code}\n})`, { filename }) as () => [AnyFunction, () => void];
  return run();
}

function digestOf(fn: AnyFunction): string {
  scopes.forget();
  return JSON.stringify(findClosure(fn, "a", scopes).parts.map((part) => ("digest" in part ? part.digest : part.name)));
}

/** How often the inspector is asked for variables while a function is read. */
function countReads(read: () => void): number {
  const spy = vi.spyOn(sharedSession(), "scopeValues");
  try {
    read();
    return spy.mock.calls.length;
  } finally {
    spy.mockRestore();
  }
}

test.each([
  ["assigned by another function", "let x = 1; return [() => x, () => { x = 2; }];"],
  ["assigned with a comment in between", "let x = 1; return [() => x, () => { x /* y */ = 2; }];"],
  ["counted", "let x = 1; return [() => x, () => { x++; }];"],
  ["assigned by a pattern", "let x = 1, y = 1; return [() => x + y, () => { ({ x, y: [y] } = { x: 2, y: [3] }); }];"],
  ["the variable of a loop", "let x = 1; return [() => x, () => { for (x of [7]); }];"],
  ["assigned by code that is created", "let x = 1; return [() => x, () => { eval('x = 2'); }];"],
  ["assigned through the arguments", "return (function (x) { return [() => x, () => { arguments[0] = 2; }]; })(1);"],
  ["assigned as a member", "let x = 1; const it = { get x() { return x; }, set x(v) { x = v; } }; return [() => x, () => { with (it) { x = 2; } }];"], // prettier-ignore
  ["a constant that gets its value later", "const steps = (function* () { yield () => x; const x = 5; yield; })(); return [steps.next().value, () => steps.next()];"], // prettier-ignore
  ["a function that is replaced", "function x() { return 1; } return [() => x(), () => { x = () => 2; }];"],
  ["a class that is replaced", "class X { a() { return 1; } } return [() => new X(), () => { X = class { a() { return 2; } }; }];"], // prettier-ignore
  ["behind a helper", "let x = 1; const helper = () => x; return [() => helper(), () => { x = 2; }];"],
])("[S4] a change counts, however often it was read before: %s", (_what, code) => {
  const [fn, change] = execute(code);
  const before = digestOf(fn);
  for (let n = 0; n < 4; n++) expect(digestOf(fn)).toBe(before);
  change();
  expect(digestOf(fn)).not.toBe(before);
});

test.each([
  ["constants", "const x = { a: 1 }; const y = [2]; return [() => [x, y], () => undefined];"],
  ["a helper", "function helper() { return 1; } return [() => helper(), () => undefined];"],
  ["a variable that nothing assigns", "let x = 1; return [() => x, () => undefined];"],
  ["a parameter", "const make = (x) => [() => x, () => undefined]; return make(3);"],
  ["one that is named as an assigned one elsewhere", "const x = 1; const other = () => { let x = 1; x = 2; return x; }; return [() => x, other];"], // prettier-ignore
])("[S4] what cannot change is read twice at most: %s", (_what, code) => {
  const [fn] = execute(code);
  const before = digestOf(fn);
  digestOf(fn);
  expect(countReads(() => expect(digestOf(fn)).toBe(before))).toBe(0);
});

test("[S4] what changes within a constant counts", () => {
  const [fn, change] = execute("const x = { a: 1 }; return [() => x, () => { x.a = 2; }];");
  const before = digestOf(fn);
  for (let n = 0; n < 3; n++) digestOf(fn);
  change();
  expect(digestOf(fn)).not.toBe(before);
});
