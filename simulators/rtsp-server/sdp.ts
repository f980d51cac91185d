import type { VideoTrack } from './mp4-file.ts';
import { RTP_PAYLOAD_TYPE } from './rtp-packets.ts';

/** The one track's name below its mount. */
export const TRACK_CONTROL = 'trackID=0';

/** The session description of a mount (RFC 4566, with RFC 6184 8.2 or RFC 7798 7.2 parameters). */
export function describeTrack(track: VideoTrack, name: string, ipv6: boolean): string {
  const frames_per_s = (track.samples.count * track.timescale_hz) / track.samples.duration_ticks;
  const family = ipv6 ? 'IN IP6 ::' : 'IN IP4 0.0.0.0';
  const lines = [
    'v=0',
    `o=- 0 0 ${family}`,
    `s=${name}`,
    `c=${family}`,
    't=0 0',
    'a=control:*',
    `m=video 0 RTP/AVP ${RTP_PAYLOAD_TYPE}`,
    `a=rtpmap:${RTP_PAYLOAD_TYPE} ${track.codec.toUpperCase()}/90000`,
    `a=fmtp:${RTP_PAYLOAD_TYPE} ${formatParameters(track)}`,
    `a=framerate:${Number(frames_per_s.toFixed(3))}`,
    `a=control:${TRACK_CONTROL}`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function formatParameters(track: VideoTrack): string {
  const sets = track.parameterSets.map((nal) => nal.toString('base64'));
  if (track.codec === 'h264') {
    const profile = track.parameterSets[0]?.subarray(1, 4).toString('hex') ?? '';
    return `packetization-mode=1; profile-level-id=${profile}; sprop-parameter-sets=${sets.join(',')}`;
  }
  const ofType = (type: number): string =>
    track.parameterSets
      .flatMap((nal, index) => ((((nal[0] ?? 0) >> 1) & 0x3f) === type ? [sets[index]] : []))
      .join(',');
  return `sprop-vps=${ofType(32)}; sprop-sps=${ofType(33)}; sprop-pps=${ofType(34)}`;
}
