/** The promise that a call of a stage returns: printed, it says to add `await`; its failure is never lost. */

const inspect = Symbol.for("nodejs.util.inspect.custom");

export class RunningStage<T> extends Promise<T> {
  /** Derived promises are plain ones. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  stage = "";
  private awaited = false;
  private stop: () => void = () => undefined;

  /** `report` gets a failure that was not awaited. */
  static follow<T>(
    work: Promise<T>,
    stage: string,
    stop: () => void,
    report: (error: unknown) => void,
  ): RunningStage<T> {
    const running = new RunningStage<T>((resolve, reject) => {
      work.then(resolve, reject);
    });
    running.stage = stage;
    running.stop = stop;
    // One turn of the event loop later, so that an `await` reached in the same tick counts.
    work.catch((error: unknown) =>
      setImmediate(() => {
        if (!running.awaited) report(error);
      }),
    );
    // Its failure is reported above and must not be an unhandled rejection as well.
    void Promise.prototype.then.call(running, undefined, () => undefined);
    return running;
  }

  cancel(): void {
    this.stop();
  }

  override then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.awaited = true;
    return super.then(onValue, onError);
  }

  [inspect](): string {
    return `running ${this.stage}: add await to see the result`;
  }
}
