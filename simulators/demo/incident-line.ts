import type { Incident } from '../../src/domain/incident.ts';

/** Types in words; a type of a city's own shows its name from the catalogue alone. */
const WORDS: Readonly<Record<string, string>> = {
  'exposed-garbage': 'exposed garbage',
  'overflowing-bin': 'overflowing bin',
  'stall-occupation': 'stall on the street',
  'dust-exceedance': 'dust above the limit',
  'noise-exceedance': 'noise above the limit',
  'truck-suspicious-stop': 'truck standing suspiciously',
  'illegal-dumping': 'illegal dumping',
  'out-of-store-operation': 'goods before a shop',
  'truck-uncovered-load': 'uncovered load',
  'truck-off-route': 'truck off its route',
  'truck-overspeed': 'truck too fast',
  'truck-restricted-area': 'truck where none may drive',
  'camera-obscured': 'camera sees nothing',
  'camera-frozen': 'camera shows one picture',
  'camera-moved': 'camera looks elsewhere',
  'device-offline': 'device offline',
  'sensor-flatline': 'sensor reports one value',
  'sensor-drift': 'sensor drifts',
  'position-lost': 'position lost',
};

/** An incident as a line: time in the city, type in words, place, link to its first evidence. */
export function incidentLine(incident: Incident, timeZone: string, baseUrl: string): string {
  const time = new Date(incident.onsetAt).toLocaleTimeString('en-GB', { timeZone });
  const { street, lon, lat } = incident.place;
  const who = incident.subject?.plate ?? incident.subject?.deviceId ?? incident.sources[0]?.deviceId ?? '';
  const place = `${street ?? `${lon.toFixed(5)}, ${lat.toFixed(5)}`}${who === '' ? '' : ` (${who})`}`;
  const evidence = incident.evidence[0];
  const link = evidence === undefined ? 'no evidence' : new URL(evidence.href, baseUrl).href;
  return `${time}  ${incident.code.name} ${WORDS[incident.type] ?? incident.type}  ${place}  ${link}`;
}
