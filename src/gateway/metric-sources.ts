import type { ApiWiring } from './api.ts';
import { jt808Metrics } from './jt808-metrics.ts';
import type { MetricSource } from './metrics.ts';

type Sources = Pick<
  ApiWiring,
  | 'stores'
  | 'parts'
  | 'broker'
  | 'hj212'
  | 'jt808'
  | 'vision'
  | 'closerLooks'
  | 'influx'
  | 'readers'
  | 'spool'
  | 'clock'
  | 'live'
>;

/** What the gateway tells Prometheus; no device id and no plate is ever a label. */
export function metricSources(wiring: Sources): MetricSource[] {
  return [
    ...storeMetrics(wiring),
    ...mqttMetrics(wiring),
    ...hj212Metrics(wiring),
    ...(wiring.jt808 === undefined ? [] : jt808Metrics(wiring.jt808)),
    ...incidentMetrics(wiring),
    ...visionMetrics(wiring),
    ...liveMetrics(wiring),
  ];
}

function storeMetrics({ stores, readers, influx, clock }: Sources): MetricSource[] {
  return [
    {
      name: 'xuncheng_journal_entries_total',
      help: 'Entries ever journaled',
      kind: 'counter',
      read: () => [['', stores.journal.head()]],
    },
    {
      name: 'xuncheng_reader_lag_entries',
      help: 'Journal entries that a reader has not applied yet',
      kind: 'gauge',
      label: 'reader',
      read: () => readers.running.map(({ name, lag }) => [name, lag()]),
    },
    {
      name: 'xuncheng_reader_lag_seconds',
      help: 'Age of the oldest journal entry that a reader has not applied yet',
      kind: 'gauge',
      label: 'reader',
      read: () =>
        readers.running.map(({ name, waitingSince_ms }) => {
          const since_ms = waitingSince_ms();
          return [name, since_ms === undefined ? 0 : Math.max(0, (clock() - since_ms) / 1000)];
        }),
    },
    {
      name: 'xuncheng_influxdb_left_out_total',
      help: 'Entries that InfluxDB has not: it refused them, or was away for longer than the journal waits',
      kind: 'counter',
      label: 'why',
      read: () => [
        ['refused', influx?.refused ?? 0],
        ['too-late', influx?.skipped ?? 0],
      ],
    },
    {
      name: 'xuncheng_series_refused_total',
      help: 'Numbers that the time series did not take in, by why: older than the retention, or of a clock ahead',
      kind: 'counter',
      label: 'why',
      read: () => Object.entries(stores.series.refused),
    },
    {
      name: 'xuncheng_quarantine_items',
      help: 'Payloads that could not be decoded and are kept for inspection',
      kind: 'gauge',
      read: () => [['', stores.quarantine.count()]],
    },
  ];
}

function liveMetrics({ live }: Sources): MetricSource[] {
  return [
    {
      name: 'xuncheng_live_viewers',
      help: 'People who look at cameras now',
      kind: 'gauge',
      read: () => [['', live.stats().viewers]],
    },
    {
      name: 'xuncheng_live_cameras',
      help: 'Cameras that somebody looks at, by whether their stream is copied or encoded anew',
      kind: 'gauge',
      label: 'how',
      read: () => {
        const { cameras, encodings } = live.stats();
        return [
          ['copied', Math.max(0, cameras - encodings)],
          ['encoded', encodings],
        ];
      },
    },
    {
      name: 'xuncheng_live_viewers_total',
      help: 'Live views that were ever opened',
      kind: 'counter',
      read: () => [['', live.stats().viewersTotal]],
    },
    {
      name: 'xuncheng_live_skipped_total',
      help: 'Pieces of live views that viewers did not get because they were slow',
      kind: 'counter',
      read: () => [['', live.stats().skipped]],
    },
  ];
}

function mqttMetrics({ broker }: Sources): MetricSource[] {
  return [
    {
      name: 'xuncheng_mqtt_connections',
      help: 'MQTT clients connected now',
      kind: 'gauge',
      read: () => [['', broker.stats().connections]],
    },
    {
      name: 'xuncheng_mqtt_session_messages',
      help: 'MQTT messages that wait in persistent sessions',
      kind: 'gauge',
      read: () => [['', broker.stats().queued]],
    },
    {
      name: 'xuncheng_mqtt_messages_total',
      help: 'MQTT messages by what became of them',
      kind: 'counter',
      label: 'outcome',
      read: () => {
        const { received, direct, acknowledged, quarantined, forbidden, oversize, failed, dropped } =
          broker.stats();
        const counts = { received, direct, acknowledged, quarantined, forbidden, oversize, failed, dropped };
        return Object.entries(counts);
      },
    },
    {
      name: 'xuncheng_mqtt_refused_total',
      help: 'MQTT connections and subscriptions refused',
      kind: 'counter',
      label: 'what',
      read: () => {
        const { connectionsRefused, subscriptionsRefused } = broker.stats();
        return [
          ['connection', connectionsRefused],
          ['subscription', subscriptionsRefused],
        ];
      },
    },
  ];
}

function hj212Metrics({ hj212 }: Sources): MetricSource[] {
  if (hj212 === undefined) return [];
  return [
    {
      name: 'xuncheng_hj212_connections',
      help: 'HJ 212 connections open now',
      kind: 'gauge',
      read: () => [['', hj212.stats().connections]],
    },
    {
      name: 'xuncheng_hj212_connections_total',
      help: 'HJ 212 connections by what became of them',
      kind: 'counter',
      label: 'outcome',
      read: () => {
        const { connectionsTotal, connectionsRefused, connectionsEnded, slow } = hj212.stats().counts;
        return Object.entries({
          ...{ opened: connectionsTotal, refused: connectionsRefused, ended: connectionsEnded, slow },
        });
      },
    },
    {
      name: 'xuncheng_hj212_frames_total',
      help: 'HJ 212 frames by what became of them; forbidden and checksum are among the quarantined',
      kind: 'counter',
      label: 'outcome',
      read: () => {
        const { received, stored, answered, quarantined, forbidden, checksum, failed } = hj212.stats().counts;
        return Object.entries({ received, stored, answered, quarantined, forbidden, checksum, failed });
      },
    },
    {
      name: 'xuncheng_hj212_deviations_total',
      help: 'What stations do otherwise than HJ 212 says and is accepted all the same',
      kind: 'counter',
      label: 'deviation',
      read: () => Object.entries(hj212.stats().deviations),
    },
    {
      name: 'xuncheng_hj212_commands_total',
      help: 'Commands to stations by their outcome',
      kind: 'counter',
      label: 'outcome',
      read: () => Object.entries(hj212.stats().commands),
    },
  ];
}

function incidentMetrics({ parts }: Sources): MetricSource[] {
  return [
    {
      name: 'xuncheng_incidents_open',
      help: 'Incidents that go on now, by type',
      kind: 'gauge',
      label: 'type',
      read: () => Object.entries(parts.incidents.openCounts()),
    },
    {
      name: 'xuncheng_rule_engine_total',
      help: 'Observations by what the rule engine did with them',
      kind: 'counter',
      label: 'what',
      read: () => {
        const { evaluations, faults, late, caughtUp, duplicate, future, refused } = parts.engine.stats();
        return Object.entries({ evaluations, faults, late, caught_up: caughtUp, duplicate, future, refused });
      },
    },
    {
      name: 'xuncheng_evidence_bytes',
      help: 'Bytes of evidence kept',
      kind: 'gauge',
      read: () => [['', parts.evidence.stats().bytes]],
    },
  ];
}

function visionMetrics({ vision, closerLooks, spool }: Sources): MetricSource[] {
  return [
    {
      name: 'xuncheng_cameras',
      help: 'Cameras by state',
      kind: 'gauge',
      label: 'state',
      read: () => countBy(vision.cameras().map(({ state = 'unknown' }) => state)),
    },
    {
      name: 'xuncheng_frames_total',
      help: 'Frames by what was done with them',
      kind: 'counter',
      label: 'what',
      read: () => {
        const totals = { decoded: 0, inferred: 0, unchanged: 0, dropped: 0 };
        for (const camera of vision.cameras()) {
          totals.decoded += camera.decoded;
          totals.inferred += camera.inferred;
          totals.unchanged += camera.unchanged;
          totals.dropped += camera.dropped;
        }
        return Object.entries(totals);
      },
    },
    {
      name: 'xuncheng_suspicions_total',
      help: 'Suspicions whose time was held, and those that a later one replaced',
      kind: 'counter',
      label: 'what',
      read: () => {
        const { begun, replaced } = closerLooks.stats().holds;
        return Object.entries({ held: begun, replaced });
      },
    },
    {
      name: 'xuncheng_closer_looks_total',
      help: 'Closer looks by what came of them',
      kind: 'counter',
      label: 'what',
      read: () => Object.entries(closerLooks.stats().looks),
    },
    {
      name: 'xuncheng_frame_spool_bytes',
      help: 'Bytes of frames kept for evidence to come',
      kind: 'gauge',
      read: () => [['', spool.stats().bytes]],
    },
  ];
}

function countBy(values: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts];
}
