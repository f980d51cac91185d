import type { RecordingManifest } from '../domain/recording.ts';
import { canonicalJson } from '../evidence/canonical-json.ts';
import { textTable } from '../score/text-table.ts';
import { createClock } from '../score/wording.ts';
import type { Replay } from './replay.ts';

/** The incidents of a replay for people, earliest first, and a line that sums up. */
export function incidentTable(
  { incidents, observations, to_ms, complete }: Replay,
  timeZone: string,
): string[] {
  const clock = createClock(timeZone);
  const moment = (iso: string | undefined): string =>
    iso === undefined ? '' : clock.moment(Date.parse(iso));
  const rows = incidents.map(({ incident, opened_ms }) => {
    const { id, type, severity, onsetAt, endedAt, subject, sources, place, evidence } = incident;
    return [
      moment(onsetAt),
      clock.moment(opened_ms),
      moment(endedAt),
      type,
      String(severity),
      subject?.plate ?? subject?.deviceId ?? sources[0]?.deviceId ?? '',
      place.zoneId ?? `${place.lon.toFixed(5)},${place.lat.toFixed(5)}`,
      String(evidence.length),
      id,
    ];
  });
  const until = clock.full(to_ms);
  const sum =
    `${incidents.length} incidents in ${observations} observations until ${until}` +
    (complete ? '' : '; interrupted');
  if (rows.length === 0) return [sum];
  return [
    ...textTable(
      [
        { title: 'onset' },
        { title: 'reported' },
        { title: 'ended' },
        { title: 'type' },
        { title: 'sev', align: 'right' },
        { title: 'about' },
        { title: 'place' },
        { title: 'ev', align: 'right' },
        { title: 'id' },
      ],
      rows,
    ),
    sum,
  ];
}

/**
 * The same as JSON, keys in order: the same bytes for the same recording, configuration and models, at whatever
 * speed. `evidenceHead` is the newest link of the evidence's chain, so that it speaks for every picture too.
 */
export function replayJson(replay: Replay, manifest: RecordingManifest): string {
  const { incidents, observations, complete, to_ms, evidenceHead } = replay;
  const { name, from_ms } = manifest;
  const document = { recording: name, from_ms, to_ms, observations, complete, evidenceHead, incidents };
  return JSON.stringify(JSON.parse(canonicalJson(document)), null, 2);
}
