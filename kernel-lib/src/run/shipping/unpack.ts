/**
 * Unpacking of a shipment in a thread, in three passes over its nodes: all objects are created, then their properties and the variables
 * of their code are set, then those that were frozen, sealed or not extensible become so again.
 */
import { createRequire } from "node:module";
import path from "node:path";
import vm from "node:vm";
import { StagebookError } from "../../protocol";
import { v8Codec } from "../../store/codecs/v8-codec";
import { handleOf } from "../external/file-handle";
import { builtinNamed } from "./builtin-named";
import { createWithInternals } from "./internals";
import {
  PROVIDED,
  type Shipment,
  type ShipCode,
  type ShipNode,
  type ShipOwn,
  type ShipProperty,
  type ShipRef,
} from "./shipment";

export interface UnpackPorts {
  /** The output of a stage that the code reads by name. */
  readStage(at: number): Promise<unknown>;
}

/** Throws StagebookError `not-shippable` for code that cannot be evaluated again. */
export function unpack(bytes: SharedArrayBuffer | Uint8Array, ports: UnpackPorts): unknown {
  const own = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes).slice();
  const shipment = v8Codec.decode(own) as Shipment;
  return new Unpacking(shipment.nodes, ports).all(shipment.root);
}

/** What shipped code gets as `$stagebook`. */
interface Provided {
  readonly base?: unknown;
  readonly keys?: readonly unknown[];
  expose?(set: (values: Readonly<Record<string, unknown>>) => void): void;
}

class Unpacking {
  private readonly created: { readonly value: unknown }[] = [];
  /** By node: sets the variables of its code. */
  private readonly bind = new Map<number, (values: readonly unknown[]) => void>();
  private readonly privateStatics = new Map<number, (values: Readonly<Record<string, unknown>>) => void>();

  constructor(
    private readonly nodes: readonly ShipNode[],
    private readonly ports: UnpackPorts,
  ) {}

  all(root: ShipRef): unknown {
    this.nodes.forEach((_node, at) => this.valueOf(at));
    this.nodes.forEach((node, at) => this.complete(node, at));
    this.nodes.forEach((node, at) => this.close(node, at));
    return this.valueOf(root);
  }

  private readonly valueOf = (ref: ShipRef): unknown => {
    if (typeof ref !== "number") return ref[0];
    const created = this.created[ref];
    if (created) return created.value;
    const node = this.nodes[ref];
    if (!node) throw new RangeError(`node ${ref} does not exist`);
    const value = this.create(node, ref);
    this.created[ref] = { value };
    return value;
  };

  private create(node: ShipNode, at: number): unknown {
    switch (node.kind) {
      case "plain":
        return node.value;
      case "builtin":
        return node.name === "StagebookError" ? StagebookError : builtinNamed(node.name);
      case "symbol":
        return createSymbol(node);
      case "module":
        return node.keys.reduce<unknown>((owner, key) => (owner as Record<string, unknown>)[key], load(node.file));
      case "require":
        return createRequireOf(node);
      case "namespace":
        return {};
      case "function":
        return this.createFunction(node, at);
      case "class":
        return this.createClass(node, at);
      case "member":
        return this.memberOf(node);
      case "prototype":
        return (this.valueOf(node.of) as { prototype: unknown }).prototype;
      case "bound":
        return this.createBound(node);
      case "object":
        return createWithInternals(node.internals, this.valueOf);
      case "stage":
        return this.createStage(node);
      case "file":
        return handleOf(node);
      case "param":
        return createParam(node.name, () => this.valueOf(node.value));
    }
  }

  private createFunction({ code, form }: Extract<ShipNode, { kind: "function" }>, at: number): unknown {
    const { make, bind } = compile(code, form === "method" ? `({ ${code.source}\n})` : `(${code.source}\n)`);
    this.bind.set(at, bind);
    const value = make({});
    if (form === "expression") return value;
    const [key] = Reflect.ownKeys(value as object);
    const property = Object.getOwnPropertyDescriptor(value, key ?? "") ?? {};
    return Reflect.get(property, "value") ?? Reflect.get(property, "get") ?? Reflect.get(property, "set");
  }

  private createClass(node: Extract<ShipNode, { kind: "class" }>, at: number): unknown {
    const { make, bind } = compile(node.code, `(${node.code.source}\n)`);
    this.bind.set(at, bind);
    return make({
      base: node.base === undefined ? undefined : this.valueOf(node.base),
      keys: node.keys.map(this.valueOf),
      expose: (set) => this.privateStatics.set(at, set),
    });
  }

  private memberOf({ owner, isStatic, key, part }: Extract<ShipNode, { kind: "member" }>): unknown {
    const maker = this.valueOf(owner) as { prototype: object };
    const property = Object.getOwnPropertyDescriptor(isStatic ? maker : maker.prototype, this.valueOf(key) as string);
    return property && (Reflect.get(property, part) as unknown);
  }

  private createBound({ target, thisValue, args }: Extract<ShipNode, { kind: "bound" }>): unknown {
    const fn = this.valueOf(target) as (...args: unknown[]) => unknown;
    return Function.prototype.bind.call(fn, this.valueOf(thisValue), ...args.map(this.valueOf)) as unknown;
  }

  private createStage({ name, at }: Extract<ShipNode, { kind: "stage" }>): unknown {
    const read = (): Promise<unknown> => this.ports.readStage(at);
    const toArray = async (): Promise<unknown> => {
      const value = (await read()) as { toArray?: () => Promise<unknown> };
      return Array.isArray(value) ? value : value.toArray?.();
    };
    Object.defineProperty(read, "name", { value: name, configurable: true });
    return Object.assign(read, { toArray });
  }

  private complete(node: ShipNode, at: number): void {
    const value = this.valueOf(at) as object;
    switch (node.kind) {
      case "namespace":
        for (const [key, ref] of node.members) Reflect.set(value, key, this.valueOf(ref));
        return;
      case "function":
      case "class":
        if (node.name !== undefined && !hasName(value, node.name))
          Object.defineProperty(value, "name", { value: node.name, configurable: true });
        this.bind.get(at)?.(node.code.values.map(this.valueOf));
        if (node.kind === "class")
          this.privateStatics.get(at)?.(Object.fromEntries(node.privateStatics.map(([key, ref]) => [key, this.valueOf(ref)]))); // prettier-ignore
        return this.define(value, node.own);
      case "prototype":
        if (node.own) this.define(value, node.own);
        return;
      case "bound":
        return this.define(value, node.own);
      case "object":
        if (node.internals.kind === "map")
          for (const [key, item] of node.internals.entries) Map.prototype.set.call(value, this.valueOf(key), this.valueOf(item)); // prettier-ignore
        if (node.internals.kind === "set")
          for (const item of node.internals.items) Set.prototype.add.call(value, this.valueOf(item));
        return this.define(value, node.own);
      default:
        return;
    }
  }

  private define(value: object, own: ShipOwn): void {
    if (own.prototype !== undefined) {
      const prototype = this.valueOf(own.prototype) as object | null;
      if (Object.getPrototypeOf(value) !== prototype) Object.setPrototypeOf(value, prototype);
    }
    for (const property of own.properties) Object.defineProperty(value, this.valueOf(property.key) as string, this.descriptorOf(property)); // prettier-ignore
  }

  private descriptorOf(property: ShipProperty): PropertyDescriptor {
    const common = { enumerable: property.isHidden !== true, configurable: property.isFixed !== true };
    if ("value" in property) return { ...common, value: this.valueOf(property.value), writable: property.isReadOnly !== true }; // prettier-ignore
    const { get, set } = property;
    return {
      ...common,
      get: get === undefined ? undefined : (this.valueOf(get) as () => unknown),
      set: set === undefined ? undefined : (this.valueOf(set) as (value: unknown) => void),
    };
  }

  /** After everything else: nothing can be added afterwards. */
  private close(node: ShipNode, at: number): void {
    const state = "own" in node ? node.own?.state : undefined;
    const value = this.valueOf(at);
    if (state === "frozen") Object.freeze(value);
    if (state === "sealed") Object.seal(value);
    if (state === "closed") Object.preventExtensions(value);
  }
}

interface Compiled {
  readonly make: (provided: Provided) => unknown;
  readonly bind: (values: readonly unknown[]) => void;
}

/** Evaluates code with its free names as variables around it. They are set when all values exist. */
function compile({ names, isStrict, script, line }: ShipCode, expression: string): Compiled {
  const variables = names.filter((name) => name !== PROVIDED);
  const head = `${isStrict ? '"use strict"; ' : ""}${variables.length > 0 ? `let ${variables.join(", ")}; ` : ""}`;
  const bind = `(values) => { [${variables.join(", ")}] = values; }`;
  const text = `(() => { ${head}return { bind: ${bind}, make: (${PROVIDED}) => ${expression} }; })()`;
  try {
    return new vm.Script(text, {
      filename: script === "" ? "stage in a worker" : script,
      lineOffset: line - 1,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }).runInThisContext() as Compiled;
  } catch (cause) {
    throw new StagebookError(
      "not-shippable",
      `a function cannot be evaluated in a worker thread: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Rewrite the function, or run the stage without worker.",
      { cause },
    );
  }
}

function createSymbol({ known, description }: Extract<ShipNode, { kind: "symbol" }>): symbol {
  if (known === undefined) return Symbol(description);
  if (known.startsWith("for:")) return Symbol.for(known.slice("for:".length));
  return Reflect.get(Symbol, known.slice("Symbol.".length)) as symbol;
}

function load(file: string): unknown {
  return createRequire(path.join(process.cwd(), "worker.js"))(file) as unknown;
}

function createRequireOf({ base, files }: Extract<ShipNode, { kind: "require" }>): unknown {
  const inFolder = createRequire(path.join(base, "worker.js"));
  const require = (id: string): unknown => inFolder(files[id] ?? id) as unknown;
  return Object.assign(require, { resolve: inFolder.resolve, cache: inFolder.cache });
}

function createParam(name: string, value: () => unknown): object {
  const refuse = (): never => {
    throw new StagebookError(
      "param-read-only",
      `a stage in a worker tried to change parameter "${name}"`,
      "Change parameters in cells or in the sidebar; return the value from the stage instead.",
    );
  };
  return {
    name,
    get value(): unknown {
      return value();
    },
    set value(_value: unknown) {
      refuse();
    },
    set: refuse,
    reset: refuse,
    toString: () => String(value()),
  };
}

function hasName(value: object, name: string): boolean {
  return Object.getOwnPropertyDescriptor(value, "name")?.value === name;
}
