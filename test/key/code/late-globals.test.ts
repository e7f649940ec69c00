/** The classes of `fetch` are built-ins whether they were read or not; Node loads them when they are read. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { buildModule } from "../../rig/built";

const built = await buildModule("scopes/known-globals");

/** Runs the body of an async function in a process of its own, where nothing has read a global; what it returns. */
function evaluate(body: string, ...flags: readonly string[]): unknown {
  const code = `
    const { addedToGlobal, builtinName, globalKind } = require(${JSON.stringify(built)});
    const isLoaded = () => process.moduleLoadList.includes("NativeModule internal/deps/undici/undici");
    (async () => { ${body} })().then((value) => console.log(JSON.stringify(value)));`;
  return JSON.parse(execFileSync(process.execPath, [...flags, "-e", code], { encoding: "utf8" }));
}

test("[S4] they are not loaded until code reads them", () => {
  expect(evaluate(`return [globalKind("Response"), isLoaded(), typeof Response, isLoaded()];`)).toEqual([
    "builtin",
    false,
    "function",
    true,
  ]);
});

test("[S4] a class, its prototype and its methods are known by their names", () => {
  const body = `
    const { json } = Response.prototype;
    return [Headers, Response, Response.prototype, json, Response.error].map(builtinName);`;
  const names = ["Headers", "Response", "Response.prototype", "Response.prototype.json", "Response.error"];
  expect(evaluate(body)).toEqual(names);
});

test("[S4] what fetch returns is known although no code has read its class", () => {
  const body = `
    const response = await fetch("data:text/plain,hello");
    return [Object.getPrototypeOf(response), response.headers.constructor].map(builtinName);`;
  expect(evaluate(body)).toEqual(["Response.prototype", "Headers"]);
});

test("[S4] what is added to a class is the user's", () => {
  const body = `
    Response.double = () => 2;
    return [addedToGlobal("Response", "double") === Response.double, builtinName(Response.double) ?? null, addedToGlobal("Response", "error") ?? null];`;
  expect(evaluate(body)).toEqual([true, null, null]);
});

test("[S4] a class that the user puts in its place is the user's, and stays", () => {
  const body = `
    class Other {}
    globalThis.Response = Other;
    const response = await fetch("data:text/plain,hello");
    return [builtinName(Other) ?? null, builtinName(Object.getPrototypeOf(response)), Response === Other];`;
  expect(evaluate(body)).toEqual([null, "Response.prototype", true]);
});

test("[S4] one that the user has removed stays removed", () => {
  const body = `
    delete globalThis.Response;
    const response = await fetch("data:text/plain,hello");
    return [builtinName(Object.getPrototypeOf(response)), "Response" in globalThis];`;
  expect(evaluate(body)).toEqual(["Response.prototype", false]);
});
