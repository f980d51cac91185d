/** Waits until `probe` gives a value other than undefined or false, looking every 20 ms. */
export async function waitUntil<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  timeout_ms = 60_000,
): Promise<T> {
  const until = performance.now() + timeout_ms;
  while (performance.now() < until) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${timeout_ms} ms: ${what}`);
}
