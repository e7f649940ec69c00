/** The edit matrix, part one: the stage's own code. */
import { describe } from "vitest";
import { testEdits } from "./edit-matrix";

describe("edits of a stage's own cell", () => {
  testEdits([
    {
      title: "[S1] a body edit runs the stage and what reads it",
      cells: {
        a: `const a = stage("a", () => 1);`,
        b: `const b = stage("b", { a }, ({ a }) => a + 1);`,
        c: `const c = stage("c", () => 3);`,
      },
      edit: { a: `const a = stage("a", () => 10);` },
      runs: ["a", "b"],
      show: "[await a(), await b(), await c()]",
      value: ["[1,2,3]", "[10,11,3]"],
    },
    {
      title: "[D3] an identical re-execution runs nothing",
      cells: { a: `const a = stage("a", () => [1, 2]);`, b: `const b = stage("b", { a }, ({ a }) => a.length);` },
      edit: {
        a: `const a = stage("a", () => [1, 2]);`,
        b: `const b = stage("b", { a }, ({ a }) => a.length);`,
      },
      runs: [],
      show: "await b()",
      value: ["2", "2"],
    },
    {
      title: "[S7] a comment in the body runs nothing",
      cells: { a: `const a = stage("a", () => { return 2; });` },
      edit: { a: `const a = stage("a", () => { // two\n  return /* really */ 2; });` },
      runs: [],
      value: ["2", "2"],
    },
    {
      title: "[S7] white space and formatting run nothing",
      cells: { a: `const a = stage("a", () => { const x = [1, 2, 3]; return x.map((n) => n * 2); });` },
      edit: {
        a: `const a = stage(\n  "a",\n  () => {\n    const x = [\n      1, 2,\n      3,\n    ];\n    return x\n      .map(n => n*2)\n  },\n);`,
      },
      runs: [],
      value: ["[2,4,6]", "[2,4,6]"],
    },
    {
      title: "[S7] an edit of types alone runs nothing",
      cells: { a: `const a = stage("a", () => { const x = 3; return { x }; });` },
      edit: {
        a: `interface Point { readonly x: number }\nconst a = stage("a", (): Point => { const x: number = 3 as number; return { x } satisfies Point as Point; });`,
      },
      runs: [],
      value: [`{"x":3}`, `{"x":3}`],
    },
    {
      title: "[S7] other quotes run nothing",
      cells: { a: `const a = stage("a", () => "it" + 'is');` },
      edit: { a: `const a = stage('a', () => 'it' + "is");` },
      runs: [],
      value: [`"itis"`, `"itis"`],
    },
    {
      title: "[S1] white space inside a text runs the stage",
      cells: { a: "const a = stage('a', () => `one two`);" },
      edit: { a: "const a = stage('a', () => `one  two`);" },
      runs: ["a"],
      value: [`"one two"`, `"one  two"`],
    },
    {
      title: "[S1] an operator runs the stage",
      cells: { a: `const a = stage("a", () => 7 - 2);` },
      edit: { a: `const a = stage("a", () => 7 + 2);` },
      runs: ["a"],
      value: ["5", "9"],
    },
    {
      title: "[C20] a rename keeps the result",
      cells: { a: `const a = stage("a", () => "kept");` },
      edit: { a: `const a = stage("renamed", () => "kept");` },
      runs: [],
      value: [`"kept"`, `"kept"`],
    },
    {
      title: "[S3] a constant input changed runs the stage",
      cells: { a: `const a = stage("a", { n: 2 }, ({ n }) => n * 100);` },
      edit: { a: `const a = stage("a", { n: 3 }, ({ n }) => n * 100);` },
      runs: ["a"],
      value: ["200", "300"],
    },
    {
      title: "[P6] inputs in another order run nothing",
      cells: { a: `const a = stage("a", { m: 1, n: 2 }, ({ m, n }) => [m, n]);` },
      edit: { a: `const a = stage("a", { n: 2, m: 1 }, ({ m, n }) => [m, n]);` },
      runs: [],
      value: ["[1,2]", "[1,2]"],
    },
    {
      title: "[D6] a nested constant changed runs the stage",
      cells: { a: `const a = stage("a", { deep: { list: [1, { x: 2 }] } }, ({ deep }) => deep);` },
      edit: { a: `const a = stage("a", { deep: { list: [1, { x: 3 }] } }, ({ deep }) => deep);` },
      runs: ["a"],
      value: [`{"list":[1,{"x":2}]}`, `{"list":[1,{"x":3}]}`],
    },
    {
      title: "[D6] a stage nested in the inputs counts",
      cells: {
        a: `const a = stage("a", () => 5);`,
        b: `const b = stage("b", { parts: [a, { again: a }] }, ({ parts }) => parts);`,
      },
      edit: { a: `const a = stage("a", () => 6);` },
      runs: ["a", "b"],
      show: "await b()",
      value: [`[5,{"again":5}]`, `[6,{"again":6}]`],
    },
    {
      title: "[S8] an upstream that runs to an equal value runs nothing below it",
      cells: {
        a: `const a = stage("a", () => [1, 2, 3]);`,
        b: `const b = stage("b", { a }, ({ a }) => a.length);`,
        c: `const c = stage("c", { b }, ({ b }) => b * 2);`,
      },
      edit: { a: `const a = stage("a", () => [1, 2].concat(3));` },
      runs: ["a"],
      show: "await c()",
      value: ["6", "6"],
    },
    {
      title: "[S8] the stage in between stops the wave",
      cells: {
        a: `const a = stage("a", () => [1, 2, 3]);`,
        b: `const b = stage("b", { a }, ({ a }) => a.length);`,
        c: `const c = stage("c", { b }, ({ b }) => b * 20);`,
      },
      edit: { a: `const a = stage("a", () => [4, 5, 6]);` },
      runs: ["a", "b"],
      show: "await c()",
      value: ["60", "60"],
    },
    {
      title: "[S5] a chain of four propagates",
      cells: {
        a: `const a = stage("a", () => 1);`,
        b: `const b = stage("b", { a }, ({ a }) => a * 10);`,
        c: `const c = stage("c", { b }, ({ b }) => b + 1);`,
        d: `const d = stage("d", { c }, ({ c }) => "#" + c);`,
      },
      edit: { a: `const a = stage("a", () => 2);` },
      runs: ["a", "b", "c", "d"],
      show: "await d()",
      value: [`"#11"`, `"#21"`],
    },
    {
      title: "[S1] an option that shapes the result runs the stage; a description does not",
      cells: { a: `const a = stage("a", () => "v", { version: "1" });`, b: `const b = stage("b", () => "w");` },
      edit: {
        a: `const a = stage("a", () => "v", { version: "2" });`,
        b: `const b = stage("b", () => "w", { description: "the second letter" });`,
      },
      runs: ["a"],
      value: [`"v"`, `"v"`],
    },
    {
      title: "[D5] an input taken out of the inputs is no longer an edge",
      cells: {
        a: `const a = stage("a", () => 1);`,
        b: `const b = stage("b", { a }, ({ a }) => a + 0.5);`,
      },
      edit: { b: `const b = stage("b", () => 1.5);`, a: `const a = stage("a", () => 100);` },
      runs: ["a", "b"],
      show: "await b()",
      value: ["1.5", "1.5"],
    },
    {
      title: "[S18] a local name shadows an outer one",
      cells: {
        outer: `const scale = 2; const other = stage("other", () => "o");`,
        a: `const a = stage("a", () => { const scale = 5; const f = (other: number) => other * scale; return f(3); });`,
      },
      edit: { outer: `const scale = 3; const other = stage("other", () => "oo");` },
      runs: ["other"],
      value: ["15", "15"],
    },
  ]);
});
