import { Readable } from 'node:stream';
import type { FfmpegCommand } from 'fluent-ffmpeg';
import type { FfmpegTools } from './ffmpeg.ts';

/** A camera, or a file that stands for one. */
export interface CameraAddress {
  /** `rtsp:`, `rtsps:` or `file:`; may carry a password. */
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  /** A socket silent for so long ends ffmpeg even if nobody is left to kill it. */
  readonly timeout_ms: number;
}

/** What may be reached from an RTSP address, so that no answer of a camera can send ffmpeg elsewhere. */
const RTSP_PROTOCOLS = 'rtsp,rtsps,rtp,srtp,udp,tcp,tls,crypto';
/** Size and codec stand in the SDP or in the first key frame; the default probes on for five seconds. */
const PROBE_BYTES = 50_000;

/**
 * Makes a camera the command's input. Options that the caller gives stand before those of the input. An RTSP address
 * goes to ffmpeg as a list on its standard input: on its command line every user of the machine could read the
 * camera's password. A version that knows no such lists gets it on the command line after all. A file is played in
 * real time for ever.
 */
export function addCamera(
  command: FfmpegCommand,
  tools: FfmpegTools,
  address: CameraAddress,
  options: readonly string[],
): void {
  const { url } = address;
  if (url.startsWith('file:')) {
    command
      .input(url)
      .inputOptions([...options, '-nostdin', '-protocol_whitelist', 'file', '-re', '-stream_loop', '-1']);
  } else if (tools.takesLists) {
    command
      .input(Readable.from([listOf(tools, address)]))
      .inputOptions([...options, '-protocol_whitelist', `pipe,${RTSP_PROTOCOLS}`])
      // The list's only entry has been probed; the list itself has nothing to add.
      .inputOptions(['-probesize', '32', '-fpsprobesize', '0', '-f', 'concat', '-safe', '0']);
  } else {
    command.input(url).inputOptions([...options, '-nostdin', '-protocol_whitelist', RTSP_PROTOCOLS]);
    for (const [name, value] of rtspOptions(tools, address)) command.inputOptions([`-${name}`, value]);
  }
}

/** Throws RangeError for an address that would end its line. */
function listOf(tools: FfmpegTools, address: CameraAddress): string {
  const { url } = address;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f]/.test(url)) throw new RangeError('the address has a control character');
  const quoted = url.replaceAll("'", "'\\''");
  const options = rtspOptions(tools, address).map(([name, value]) => `option ${name} ${value}`);
  return ['ffconcat version 1.0', `file '${quoted}'`, ...options, ''].join('\n');
}

function rtspOptions(tools: FfmpegTools, { transport, timeout_ms }: CameraAddress): [string, string][] {
  return [
    ['rtsp_transport', transport],
    ['allowed_media_types', 'video'],
    [tools.rtspTimeoutOption.slice(1), String(timeout_ms * 1000)],
    ['probesize', String(PROBE_BYTES)],
    ['fpsprobesize', '0'],
    // The camera's own time stamps, and none where it gives none: ffmpeg guesses wrong where frames are reordered.
    ['fflags', '+nofillin'],
  ];
}
