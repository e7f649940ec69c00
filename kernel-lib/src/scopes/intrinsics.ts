/** Built-ins that cannot be reached by a global name: what generators, iterators and async functions inherit. By the names of the language's specification. */

const prototypeOf = (value: object): object => Object.getPrototypeOf(value) as object;
const memberOf = (owner: object, name: string): object => Reflect.get(owner, name) as object;

const generatorFunction = prototypeOf(function* () {});
const asyncGeneratorFunction = prototypeOf(async function* () {});
const generator = memberOf(generatorFunction, "prototype");
const asyncGenerator = memberOf(asyncGeneratorFunction, "prototype");

/** By name: `%GeneratorPrototype%`. */
export const intrinsics: ReadonlyMap<string, object> = new Map([
  ["%GeneratorFunction.prototype%", generatorFunction],
  ["%GeneratorPrototype%", generator],
  ["%AsyncGeneratorFunction.prototype%", asyncGeneratorFunction],
  ["%AsyncGeneratorPrototype%", asyncGenerator],
  ["%AsyncFunction.prototype%", prototypeOf(async () => undefined)],
  ["%IteratorPrototype%", prototypeOf(generator)],
  ["%AsyncIteratorPrototype%", prototypeOf(asyncGenerator)],
  ["%ArrayIteratorPrototype%", prototypeOf([][Symbol.iterator]())],
  ["%MapIteratorPrototype%", prototypeOf(new Map().keys())],
  ["%SetIteratorPrototype%", prototypeOf(new Set().keys())],
  ["%StringIteratorPrototype%", prototypeOf(""[Symbol.iterator]())],
  ["%RegExpStringIteratorPrototype%", prototypeOf("".matchAll(/x/g))],
  ["%TypedArray%", prototypeOf(Uint8Array)],
]);
