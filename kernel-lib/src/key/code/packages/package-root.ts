/** What the walk behind packages has found behind one function or object, and what it still has to visit there. */

/** A function or object that is still to be visited. */
export interface Open {
  readonly value: object;
  readonly name: string;
  /** The variables that the functions around it change when they are called. */
  readonly changing?: ReadonlySet<string>;
  /** The user can call it: it is the root, or a method of the root. */
  readonly isOuter?: boolean;
}

export interface Method extends Open {
  readonly key: string;
  /** The package added it after the object was first seen. */
  readonly isLate: boolean;
}

/** What was found behind one root. */
export class PackageRoot {
  readonly nodes: string[] = [];
  readonly open: Open[] = [];
  /** Methods and accessors, which count only if they lead to something that nothing else led to. */
  readonly methods: Method[] = [];
  /** In order of their numbers. */
  readonly values: object[] = [];
  /** Texts of the values that the user passed to the package: everything that is not a function or object of the package. */
  readonly userValues: string[] = [];

  constructor(
    readonly index: number,
    readonly name: string,
  ) {}

  /** How much was found so far, for `restore`. */
  extent(): Extent {
    const { nodes, userValues, methods, values } = this;
    return { nodes: nodes.length, userValues: userValues.length, methods: methods.length, values: values.length };
  }

  /** Forgets what was found since. Returns the values that have lost their number. */
  restore({ nodes, userValues, methods, values }: Extent): readonly object[] {
    this.nodes.length = nodes;
    this.userValues.length = userValues;
    // Fewer are left if the walk was stopped.
    this.methods.length = Math.min(this.methods.length, methods);
    return this.values.splice(values);
  }
}

/** The lengths of the lists of a root. */
type Extent = Readonly<Record<"nodes" | "userValues" | "methods" | "values", number>>;
