/** Sees every cell that tslab compiled before it runs: tslab calls `vm.runInThisContext` through the module object. */
import vm from "node:vm";
import { trimStack } from "../../run/error-view";
import { readCompiledCell, type CompiledCell } from "./compiled-cell";

/** What the rest of Stagebook learns of a cell's code. */
export interface CompileListener {
  isVariable(name: string): boolean;
  /** Before the cell runs. Returns the name that its code gets in stacks. */
  compiled(cell: CompiledCell): string;
  /** True while a cell is only declared once more: its code must not run. */
  isDeclaring(): boolean;
  /** Whether the value of a cell's last expression is printed later, when the plan is true again. */
  printsLater(value: unknown): boolean;
  lastValue(value: object): void;
  failed(error: Error): void;
}

const WRAPPER = /^\((async )?function\(exports, require\) \{ /;
const LAST_EXPRESSION = /exports\.(tsLastExpr\w*) = /;

/** Starts listening. `exports` holds the notebook's variables. Returns how to stop. */
export function hookCompiledCells(exports: Record<string, unknown>, listener: CompileListener): () => void {
  const original = vm.runInThisContext;
  const hooked = (code: string, options?: vm.RunningCodeOptions | string): unknown => {
    if (!WRAPPER.test(code)) return original.call(vm, code, options);
    if (listener.isDeclaring()) return Promise.resolve();
    const cell = readCell(code, listener);
    const settings = { ...(typeof options === "object" ? options : {}), ...(cell.script && { filename: cell.script }) };
    const last = LAST_EXPRESSION.exec(code)?.[1];
    const finish = (value: unknown): unknown => {
      if (last !== undefined) takeLastValue(exports, last, listener);
      return value;
    };
    try {
      const result: unknown = original.call(vm, cell.code, settings);
      return result instanceof Promise ? result.then(finish, rethrow) : finish(result);
    } catch (error) {
      return rethrow(error);
    }
  };
  vm.runInThisContext = hooked as typeof vm.runInThisContext;
  return () => {
    if ((vm.runInThisContext as unknown) === hooked) vm.runInThisContext = original;
  };
}

/** tslab prints what a cell throws with its stack: only the user's own frames are left in it. */
function rethrow(error: unknown): never {
  if (error instanceof Error) trimStack(error);
  throw error;
}

/** A cell that cannot be read runs as it is. */
function readCell(code: string, listener: CompileListener): { readonly code: string; readonly script?: string } {
  let cell: CompiledCell;
  try {
    cell = readCompiledCell(code, (name) => listener.isVariable(name));
  } catch (error) {
    listener.failed(error as Error);
    return { code };
  }
  return { code: cell.code, script: listener.compiled(cell) };
}

function takeLastValue(exports: Record<string, unknown>, name: string, listener: CompileListener): void {
  const value = exports[name];
  if (!listener.printsLater(value)) return;
  // tslab prints nothing for undefined.
  exports[name] = undefined;
  listener.lastValue(value as object);
}
