import { runSimulate } from '../../simulators/cli.ts';
import type { CliIo, ExitCode } from './io.ts';

/** `xuncheng simulate …`: the one place where src reaches for the simulators. */
export async function simulateCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  return runSimulate([...args], io);
}
