/**
 * # Items and streams
 *
 * `each` calls a function for each item of a stream or a list. A stage whose function is a generator produces a stream.
 *
 * @module
 */
export {
  each,
  type EachOptions,
  type Stream,
  type Observable,
  type Items,
  type Fanned,
  type ItemOf,
  type DefineEach,
} from "stagebook";
