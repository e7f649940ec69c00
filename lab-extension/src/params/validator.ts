/** The check of the values in the form. */
import { customizeValidator } from "@rjsf/validator-ajv8";

// 4.7 is a multiple of 0.1 to a user, and not in binary floating point.
export const validator = customizeValidator({ ajvOptionsOverrides: { multipleOfPrecision: 8, strict: false } });
