const POLL_MS = 5;

/** Resolves once `isIdle`, or after `timeout_ms`: what a listener that stops gives to what is being stored. */
export async function drained(isIdle: () => boolean, timeout_ms: number): Promise<void> {
  const latest_ms = performance.now() + timeout_ms;
  while (!isIdle() && performance.now() < latest_ms) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
