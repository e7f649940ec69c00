/** Hook 7, compiled code: analyzes and repairs every cell before it is executed. Side modules and other scripts pass unchanged. */
import { AsyncLocalStorage } from "node:async_hooks";
import vm from "node:vm";
import { readCompiledCell, type CompiledCell } from "./compiled-cell";
import type { TslabHooks } from "./hooks";
import { isInterruption, printedError } from "./printed-error";

/** The port through which the rest of Stagebook receives a cell's code, and decides about it. */
export interface CompileListener {
  /** Before the cell is executed. Returns the name of its script in stack traces. */
  compiled(cell: CompiledCell): string;
  /** Whether the value of a cell's last expression is printed later, once the plan is current. */
  printsLater(value: unknown): boolean;
  /** The value that is to be printed later. */
  lastValue(value: object): void;
  /** Synchronous code of the cell was stopped by an interrupt, which no listener of the signal receives. */
  interrupted(): void;
  /** The cell could not be parsed; it is executed unchanged. */
  failed(error: Error): void;
}

const WRAPPER = /^\((async )?function\(exports, require\) \{ /;
const LAST_EXPRESSION = /exports\.(tsLastExpr\w*) = /;

export class CompileHook {
  /** Set within `withoutExecuting`, and in everything asynchronous that it starts. */
  private readonly compilesOnly = new AsyncLocalStorage<true>();

  /** `exports` holds the notebook's variables. `names`: code for names that cells lack. */
  constructor(
    private readonly exports: Record<string, unknown>,
    private readonly names: ReadonlyMap<string, string>,
    private readonly listener: CompileListener,
  ) {}

  readonly hook: TslabHooks["runInThisContext"] = (original) => {
    const hooked = (code: string, options?: vm.RunningCodeOptions | string): unknown => {
      if (!WRAPPER.test(code)) return original.call(vm, code, options);
      if (this.compilesOnly.getStore()) return Promise.resolve();
      const cell = this.readCell(code);
      const settings = {
        ...(typeof options === "object" ? options : {}),
        ...(cell.script && { filename: cell.script }),
      };
      const finish = (value: unknown): unknown => {
        this.takeLastValue(code);
        return value;
      };
      try {
        const result: unknown = original.call(vm, cell.code, settings);
        return result instanceof Promise
          ? result.then(finish, (error: unknown) => this.rethrow(error))
          : finish(result);
      } catch (error) {
        return this.rethrow(error);
      }
    };
    return hooked as typeof vm.runInThisContext;
  };

  /** Cells that tslab compiles within `act` are declared (tslab receives their names and types), and their code is not executed. */
  withoutExecuting<T>(act: () => Promise<T>): Promise<T> {
    return this.compilesOnly.run(true, act);
  }

  /** A cell that cannot be parsed is executed unchanged. */
  private readCell(code: string): { readonly code: string; readonly script?: string } {
    let cell: CompiledCell;
    try {
      cell = readCompiledCell(code, (name) => Object.hasOwn(this.exports, name), this.names);
    } catch (error) {
      this.listener.failed(error as Error);
      return { code };
    }
    return { code: cell.code, script: this.listener.compiled(cell) };
  }

  private takeLastValue(code: string): void {
    const name = LAST_EXPRESSION.exec(code)?.[1];
    if (name === undefined) return;
    const value = this.exports[name];
    if (!this.listener.printsLater(value)) return;
    // tslab prints nothing for undefined.
    this.exports[name] = undefined;
    this.listener.lastValue(value as object);
  }

  private rethrow(error: unknown): never {
    if (isInterruption(error)) this.listener.interrupted();
    throw printedError(error);
  }
}
