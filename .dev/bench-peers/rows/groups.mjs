/** All tables, in the order of the page. */
import { unchanged } from "./unchanged.mjs";
import { values } from "./values.mjs";
import { work } from "./work.mjs";

export const groups = [...unchanged, ...work, ...values];
