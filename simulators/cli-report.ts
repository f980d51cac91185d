import { numberOption, type SimulateIo } from './cli-io.ts';
import { createLoadReport, type LoadCounts } from './load-report.ts';
import type { PlayerOptions } from './mqtt-player.ts';
import type { RtspServer } from './rtsp-server/rtsp-server.ts';

/** The option `--report` in milliseconds, or undefined where it was not given. */
export function reportEvery_ms(text: string | undefined): number | undefined {
  return text === undefined ? undefined : numberOption('report', text, { min: 0.1, max: 3_600 }) * 1_000;
}

/** What `--report` asks for: lines while it runs, and one about the whole; undefined where it was not given. */
export function reportOption(
  text: string | undefined,
  io: SimulateIo,
):
  | {
      readonly player: { readonly report: NonNullable<PlayerOptions['report']> };
      readonly end: (counts: LoadCounts) => void;
    }
  | undefined {
  const every_ms = reportEvery_ms(text);
  if (every_ms === undefined) return undefined;
  const report = createLoadReport(() => performance.now(), process.memoryUsage.rss);
  return {
    player: { report: { every_ms, tell: (counts) => io.err(report.line(counts)) } },
    end: (counts) => io.err(report.total(counts)),
  };
}

/** Tells of a server of cameras until it is stopped. */
export function reportCameras(server: RtspServer, every_ms: number, io: SimulateIo): () => void {
  let before = { at_ms: performance.now(), sent: 0, dropped: 0, cpu_us: 0 };
  const timer = setInterval(() => {
    const { connections, mounts } = server.stats();
    const { user, system } = process.cpuUsage();
    const now = { at_ms: performance.now(), sent: 0, dropped: 0, cpu_us: user + system };
    for (const { framesSent, framesDropped } of mounts) {
      now.sent += framesSent;
      now.dropped += framesDropped;
    }
    const elapsed_s = (now.at_ms - before.at_ms) / 1000;
    const rate = (name: 'sent' | 'dropped'): string => ((now[name] - before[name]) / elapsed_s).toFixed(0);
    const cpu_pct = (now.cpu_us - before.cpu_us) / elapsed_s / 10_000;
    const watched = mounts.filter(({ clients }) => clients > 0).length;
    io.err(
      `${watched} of ${mounts.length} cameras watched by ${connections} connections, ${rate('sent')} frames/s, ` +
        `${rate('dropped')} dropped/s, ${cpu_pct.toFixed(1)} % of a core, ` +
        `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB`,
    );
    before = now;
  }, every_ms);
  return () => clearInterval(timer);
}
