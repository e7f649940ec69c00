/** Functions that a stage depends on count in its key: each written once, written again identically, and with one change. */
import { testChangedCode } from "./changed-code";
import { closureCases } from "./closure-cases";

testChangedCode(closureCases);
