/**
 * # Parameters
 *
 * A parameter is an input that can be changed in the sidebar, by `set`, or on the command line.
 *
 * @module
 */
export { param, type Param, type ParamOptions, type JsonSchema, type DefineParam } from "stagebook";
