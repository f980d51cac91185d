import { join } from 'node:path';
import { SHADOW_FILE } from '../gateway/shadows.ts';
import { ShadowBook } from '../vision/shadow-book.ts';
import type { CliIo, ExitCode } from './io.ts';
import { DATA_OPTION, readArgs } from './options.ts';

/** `xuncheng models shadow`: what a gateway has compared, as of the last minute. */
export async function shadowCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const { values } = readArgs(args, DATA_OPTION, 0);
  const book = new ShadowBook(join(values.data, SHADOW_FILE));
  await book.load();
  const reports = book.report();
  if (reports.length === 0) io.out('nothing was compared: vision.shadow names detectors to try');
  for (const { active, shadow, frames, skipped, failed, cameras, classes, incidents } of reports) {
    io.out(
      `${shadow} next to ${active}: ${frames} frames of ${cameras.length} camera(s), ${skipped} skipped, ${failed} failed`,
    );
    for (const [name, made] of Object.entries(classes)) {
      const { agreed, onlyActive, onlyShadow, agreement, scoreShift, overlap } = made;
      io.out(
        `  ${name.padEnd(16)} agreement ${agreement.toFixed(3)}  both ${agreed}  only active ${onlyActive}  only shadow ${onlyShadow}` +
          `  score ${scoreShift >= 0 ? '+' : ''}${scoreShift.toFixed(3)}  overlap ${overlap.toFixed(3)}`,
      );
    }
    for (const [type, would] of Object.entries(incidents)) {
      io.out(`  ${type}: would open ${would.active} incident(s) active, ${would.shadow} shadow`);
    }
  }
  return 0;
}
