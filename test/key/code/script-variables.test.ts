/** Which captured variables can change, by their scope and not by their name alone, and which have their value already. */
import { expect, test } from "vitest";
import { ScriptVariables } from "../../../kernel-lib/src/key/code/script-variables";

/** `HERE` stands where the function begins. */
test.each([
  ["never assigned", "const a = 1; HERE(() => a);", false],
  ["a parameter", "function make(a) { return HERE() => a; }", false],
  ["a parameter beside another variable of that name that is assigned", "let a; a = 2; function make(a) { return HERE() => a; }", false], // prettier-ignore
  ["assigned further out", "let a; a = 2; function make(b) { return HERE() => a + b; }", true],
  ["assigned in another function", "let a = 1; function set() { a = 2; } const f = HERE() => a;", true],
  ["assigned by the function itself", "let a = 1; const f = HERE() => { a = 2; return a; };", true],
  ["counted", "let a = 0; const f = HERE() => a++;", true],
  ["assigned by a pattern", "let a, b; const f = HERE() => a + b; [a, { b }] = [1, { b: 2 }];", true],
  ["the variable of a loop that is assigned", "let a; for (a of [1]) f = HERE() => a;", true],
  ["the variable that a loop declares", "for (const a of [1]) { const f = HERE() => a; }", false],
  [
    "of a block, beside one of the function",
    "function make() { let a = 1; { const a = 3; f = HERE() => a; } a = 2; }",
    false,
  ],
  [
    "of the function, beside one of a block",
    "function make() { let a = 1; { const a = 3; } f = HERE() => a; a = 2; }",
    true,
  ],
  ["nowhere declared", "a = 1; const f = HERE() => a;", true],
  ["a class that is assigned", "class a {} const f = HERE() => new a(); a = wrap(a);", true],
  ["caught", "try { x(); } catch (a) { f = HERE() => a; }", false],
  ["assigned before the function is created", "function make(a) { a ??= {}; return HERE() => a; }", false],
  ["counted before that", "function make(a) { a++; return [HERE() => a]; }", false],
  ["assigned by a pattern before that", "function make(a) { [a] = a; return HERE() => a; }", false],
  ["assigned in a loop before that", "function make(a) { while (a.up) a = a.up; return HERE() => a; }", false],
  ["assigned before that, of each round of a loop", "for (const x of all) { let a; a = x; use(HERE() => a); }", false],
  ["assigned in a loop that creates the function", "function make(a) { for (;;) { a = next(); use(HERE() => a); } }", true], // prettier-ignore
  ["counted by the loop that creates the function", "for (let a = 0; a < 2; a++) use(HERE() => a);", true],
  ["assigned the function itself", "function make(a) { a = HERE() => a; return a; }", true],
  ["assigned by a pattern with the function in its value", "function make(a) { [a] = [HERE() => a]; }", true],
  ["assigned after the function is created", "function make(a) { use(HERE() => a); a = 1; }", true],
  ["assigned before a declaration, which exists before it", "function make(a) { a = 1; function f HERE() { return a; } }", true], // prettier-ignore
  ["assigned before that in a function", "function make(a) { set = () => { a = 1; }; return HERE() => a; }", true],
  ["assigned before that by a class", "function make(a) { class A { static { a = 1; } } return HERE() => a; }", true],
  ["on a later line", "let b;\n\nfunction make(a) {\n  b = 1;\n  return HERE() => a;\n}\nlet a; a = 1;", false],
])("[S4] a variable that is %s", (_what, source, isAssigned) => {
  expect(read(source)?.isAssigned("a", positionIn(source))).toBe(isAssigned);
});

test.each([
  ["a constant in front of the function", "{ const a = x(); f = HERE() => a; }", true],
  ["a constant behind the function", "{ f = HERE() => a; const a = x(); }", false],
  ["a constant in front of a function declaration, which exists before it", "{ const a = x(); function f HERE() { return a; } }", false], // prettier-ignore
  ["a constant in front of a function that is created by a function declaration", "{ const a = x(); function f() { return HERE() => a; } }", false], // prettier-ignore
  ["a constant in front of a function in another function", "{ const a = x(); g = () => { f = HERE() => a; }; }", true],
  ["a parameter", "function make(a) { return HERE() => a; }", true],
  ["a parameter behind a default that reads it", "function make(b = HERE() => a, a) { return b; }", false],
  ["a variable of `var`", "{ var a = x(); f = HERE() => a; }", false],
  ["nowhere declared", "f = HERE() => a;", false],
])("[S4] initialized or not: %s", (_what, source, isInitialized) => {
  expect(read(source)?.isInitialized("a", positionIn(source))).toBe(isInitialized);
});

test("[S4] a script that is not JavaScript is not read", () => {
  expect(ScriptVariables.of("const = 1", false)).toBeUndefined();
});

const read = (source: string): ScriptVariables | undefined => ScriptVariables.of(source.replace("HERE", ""), false);

/** `line:column`, as V8 says it. */
function positionIn(source: string): string {
  const lines = source.slice(0, source.indexOf("HERE")).split("\n");
  return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}
