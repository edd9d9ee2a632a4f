// How long something is ago.

/** A moment whose age is right after a sleep of the machine, in which the steady clock may stand, and when the other one was set back. */
export class Moment {
  private readonly wall = Date.now();
  private readonly steady = performance.now();

  /** Milliseconds since then. */
  age(): number {
    return Math.max(Date.now() - this.wall, performance.now() - this.steady);
  }
}
