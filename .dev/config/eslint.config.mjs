/** typescript-eslint, strict and with types. Run by `npm run check`. */
import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";
import { root } from "../lib/project.mjs";

export default defineConfig(
  globalIgnores([
    "kernel-lib/lib/**",
    "lab-extension/lib/**",
    "**/node_modules/**",
    "lab-extension/jupyterlab_stagebook/**",
    "test/artifacts/**",
    "**/dist/**",
    "**/*.{js,cjs,mjs}",
  ]),
  {
    files: ["**/*.{ts,tsx}"],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ["kernel-lib/tsconfig.json", "lab-extension/tsconfig.json", "test/tsconfig.json"],
        tsconfigRootDir: root,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      // Numbers and booleans in a text are plain.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      // `() => void doIt()` and `() => log("x")` as callbacks are plain too.
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/no-meaningless-void-operator": "off",
      // Records serve as maps here.
      "@typescript-eslint/no-dynamic-delete": "off",
      // A function may be async for its contract alone.
      "@typescript-eslint/require-await": "off",
      // A type parameter may name what a caller means.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // Types say that it cannot be; values from the wire and from users' cells still can.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-invalid-void-type": ["error", { allowAsThisParameter: true }],
      eqeqeq: "error",
      "no-console": "off",
    },
  },
  {
    // What the product prints is for the notebook, and has its own way there.
    files: ["kernel-lib/src/**/*.ts"],
    ignores: ["kernel-lib/src/cli/**", "kernel-lib/src/notebook/**"],
    rules: { "no-console": "error" },
  },
  {
    files: ["lab-extension/src/**/*.{ts,tsx}"],
    extends: [reactHooks.configs["recommended-latest"]],
    // A Lumino signal takes a method and its `this` apart: signal.connect(this.onChanged, this).
    rules: { "@typescript-eslint/unbound-method": "off" },
  },
  {
    files: ["test/**/*.{ts,tsx}"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-empty-function": "off",
      "@typescript-eslint/no-extraneous-class": "off",
      // Stages and parameters are taken apart in tests; their methods need no `this`.
      "@typescript-eslint/unbound-method": "off",
    },
  },
);
