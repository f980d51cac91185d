/** The little that simulators ask of a logger; the gateway's own logger fits. */
export interface SimulatorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A logger that writes one line a message, for the command line. */
export function createLineLog(write: (line: string) => unknown): SimulatorLog {
  const line =
    (level: string) =>
    (fields: object, message: string): void => {
      const details = Object.entries(fields).map(([key, value]) => ` ${key}=${String(value)}`);
      write(`${level} ${message}${details.join('')}\n`);
    };
  return { info: line('info'), warn: line('warn') };
}
