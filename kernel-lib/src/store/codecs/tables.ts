/** Tables of other libraries as results: which codec stores one, its digest, and tables inside of plain data. */
import type { Foreign } from "../../key/values/canonical";
import { classOf } from "../../key/values/value-kind";
import { tableKindOf, type TableKind } from "../../key/values/table-kind";
import { arrowBatchCodec, arrowCodec } from "./arrow-table";
import { createArqueroCodec } from "./arquero-table";
import type { Codec } from "./codec";
import type { NamedCodec } from "./named-codec";

/** The codecs of tables. `columns` stores the columns of a table that Arrow cannot hold. */
export class TableCodecs {
  readonly byKind: { readonly [kind in Exclude<TableKind, "duckdb">]: NamedCodec };

  constructor(columns: Codec) {
    this.byKind = { arrow: arrowCodec, "arrow-batch": arrowBatchCodec, arquero: createArqueroCodec(columns) };
  }

  /** The codec for a table; undefined for everything else. */
  codecOf(value: unknown): NamedCodec | undefined {
    const kind = tableKindOf(value);
    return kind === undefined || kind === "duckdb" ? undefined : this.byKind[kind];
  }

  /** The form of a table inside of plain data, for `digestValue`. */
  readonly form: Foreign = (value) => {
    const codec = this.codecOf(value);
    return codec && `${codec.name} ${codec.digest(value)}`;
  };

  /** A copy of the lists, objects, Maps and Sets in a value, in which an empty object stands for each table. */
  takeOut(value: unknown): { readonly value: unknown; readonly tables: readonly StoredTable[] } {
    const tables: StoredTable[] = [];
    const copied = copyWith(value, (table) => {
      const codec = this.codecOf(table);
      if (!codec) return undefined;
      const place = {};
      tables.push([place, codec.name, codec.encode(table) as Uint8Array]);
      return place;
    });
    return { value: copied, tables };
  }

  /** The value with each table in its place. Throws TypeError when the tables do not have the form that `takeOut` returns. */
  putBack(value: unknown, tables: unknown): unknown {
    if (!Array.isArray(tables)) throw new TypeError("not a list of tables");
    const decoded = new Map<unknown, unknown>();
    for (const [place, name, bytes] of tables as readonly StoredTable[]) {
      const codec = Object.values(this.byKind).find((each) => each.name === name);
      if (!codec || !(bytes instanceof Uint8Array)) throw new TypeError("a table of an unknown kind");
      decoded.set(place, codec.decode(bytes));
    }
    return copyWith(value, (object) => decoded.get(object));
  }
}

type StoredTable = readonly [place: object, codec: string, bytes: Uint8Array];

/** Copies containers, with their cycles and shared parts. Everything else is in the copy itself, except what `replace` replaces. */
function copyWith(value: unknown, replace: (value: object) => unknown): unknown {
  const copies = new Map<object, unknown>();
  const copy = (each: unknown): unknown => {
    if (typeof each !== "object" || each === null) return each;
    if (copies.has(each)) return copies.get(each);
    const keep = <T extends object>(made: T): T => {
      copies.set(each, made);
      return made;
    };
    const replaced = replace(each);
    if (replaced !== undefined) return keep(replaced as object);
    switch (classOf(each)?.kind) {
      case "array": {
        const list = keep(new Array<unknown>((each as readonly unknown[]).length));
        for (const key of Object.keys(each)) define(list, key, copy((each as Record<string, unknown>)[key]));
        return list;
      }
      case "object":
      case "null-object": {
        const object = keep(Object.create(classOf(each)?.kind === "object" ? Object.prototype : null) as object);
        for (const key of Object.keys(each)) define(object, key, copy((each as Record<string, unknown>)[key]));
        return object;
      }
      case "map": {
        const map = keep(new Map<unknown, unknown>());
        for (const [key, item] of each as ReadonlyMap<unknown, unknown>) map.set(copy(key), copy(item));
        return map;
      }
      case "set": {
        const set = keep(new Set<unknown>());
        for (const item of each as ReadonlySet<unknown>) set.add(copy(item));
        return set;
      }
      default:
        return keep(each);
    }
  };
  return copy(value);
}

/** Unlike an assignment it makes an own property of `__proto__`. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
