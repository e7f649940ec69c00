/** A kernel and its pages with a bad network between them, many times. */
import { testFaults } from "../lab/session/faults-property";

testFaults(1001, 5000);
