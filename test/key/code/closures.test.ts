/** What counts of the functions that a body reaches: each written once, once more equally, and once with one thing changed. */
import { testChangedCode } from "./changed-code";
import { closureCases } from "./closure-cases";

testChangedCode(closureCases);
