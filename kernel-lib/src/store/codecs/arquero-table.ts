/** Tables of arquero: an Arrow IPC file where that loses nothing, otherwise their columns as plain data. */
import { digestValue } from "../../key/values/canonical";
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { ArqueroTable } from "../../key/values/table-libraries";
import type { Codec } from "./codec";
import { otherCopy, type NamedCodec } from "./named-codec";
import { loadUserPackage } from "./user-package";

/** `columns`: the codec for columns that Arrow cannot hold without loss, such as objects of several kinds. */
export function createArqueroCodec(columns: Codec): NamedCodec {
  return {
    name: "arquero",
    encode: (value) => {
      const library = loadArquero();
      const table = asTable(value, library);
      return toIpc(table, library) ?? columns.encode(columnsOf(table));
    },
    decode: (stored) => {
      const { fromArrow, table } = loadArquero();
      if (isIpc(stored) && fromArrow) return fromArrow(stored);
      const entries = columns.decode(stored) as readonly (readonly [string, unknown])[];
      return table(entries);
    },
    digest: (value) => digestTable(value as ArqueroTable),
  };
}

interface Arquero {
  readonly table: (columns: readonly (readonly [string, unknown])[]) => ArqueroTable;
  /** Since version 8. */
  readonly toArrowIPC?: (table: ArqueroTable, options: { format: "file" }) => Uint8Array;
  readonly fromArrow?: (bytes: Uint8Array) => ArqueroTable;
}

function loadArquero(): Arquero {
  return loadUserPackage("arquero", "a table of arquero") as Arquero;
}

function asTable(value: unknown, { table }: Arquero): ArqueroTable {
  const { constructor } = table([]);
  if (!(value instanceof constructor)) throw otherCopy("a table", "arquero");
  const found = value as ArqueroTable;
  if (!found.isGrouped()) return found.isFiltered() || found.isOrdered() ? found.reify() : found;
  throw new StagebookError(
    "not-storable",
    "`value` is a grouped table of arquero, and groups cannot be stored",
    "Return table.ungroup(), and group it where it is used.",
  );
}

/** The file, if reading it gives the same values again; undefined otherwise. */
function toIpc(table: ArqueroTable, { toArrowIPC, fromArrow }: Arquero): Uint8Array | undefined {
  if (!toArrowIPC || !fromArrow) return undefined;
  let bytes: Uint8Array;
  try {
    bytes = toArrowIPC(table, { format: "file" });
    return digestTable(fromArrow(bytes)) === digestTable(table) ? bytes : undefined;
  } catch {
    // Values that Arrow has no type for: the columns are stored instead, and what cannot be stored at all is refused there.
    return undefined;
  }
}

const isIpc = (bytes: Uint8Array): boolean => Buffer.from(bytes.subarray(0, 6)).toString("latin1") === "ARROW1";

const columnsOf = (table: ArqueroTable): readonly (readonly [string, unknown[]])[] =>
  table.columnNames().map((name) => [name, Array.from(table.array(name))]);

/** Of names and values, in the order of columns and rows. */
function digestTable(table: ArqueroTable): Digest {
  return digestValue(["arquero", table.numRows(), columnsOf(table)]);
}
