/** Of so many turns one is not for suspicions. */
const TURNS_FOR_ALL = 4;

/**
 * Whose turn it is among the cameras whose frames wait: whoever has waited longest, but three of four turns are for
 * those under suspicion where there are any. So a suspicion does not wait for a crowd, and none waits for ever.
 */
export class PatrolTurns<C extends { readonly id: string }> {
  /** In the order in which their frames came. */
  readonly #waiting = new Set<C>();
  #turns = 0;

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** A frame waits. One that takes the place of another does not lose its camera's place. */
  arrived(camera: C): void {
    this.#waiting.add(camera);
  }

  forget(cameraId: string): void {
    for (const camera of this.#waiting) if (camera.id === cameraId) this.#waiting.delete(camera);
  }

  /** Takes the camera whose turn it is. */
  next(isSuspicious: (camera: C) => boolean): C | undefined {
    this.#turns += 1;
    const camera = this.#pick(isSuspicious);
    if (camera !== undefined) this.#waiting.delete(camera);
    return camera;
  }

  #pick(isSuspicious: (camera: C) => boolean): C | undefined {
    const [longest] = this.#waiting;
    if (this.#turns % TURNS_FOR_ALL === 0) return longest;
    for (const camera of this.#waiting) if (isSuspicious(camera)) return camera;
    return longest;
  }
}
