import type { Jt808Listener } from '../ingest/jt808-listener.ts';
import type { MetricSource } from './metrics.ts';

/** What the gateway tells Prometheus of JT/T 808. */
export function jt808Metrics(jt808: Jt808Listener): MetricSource[] {
  return [
    {
      name: 'xuncheng_jt808_connections',
      help: 'JT/T 808 connections by whether their terminal is known',
      kind: 'gauge',
      label: 'terminal',
      read: () => {
        const { connections, terminals } = jt808.stats();
        return [
          ['known', terminals],
          ['unknown', Math.max(0, connections - terminals)],
        ];
      },
    },
    {
      name: 'xuncheng_jt808_frames_total',
      help: 'JT/T 808 frames by what became of them',
      kind: 'counter',
      label: 'outcome',
      read: () => {
        const { received, acknowledged, quarantined, forbidden, failed } = jt808.stats().counts;
        return Object.entries({ received, acknowledged, quarantined, forbidden, failed });
      },
    },
    {
      name: 'xuncheng_jt808_locations_total',
      help: 'JT/T 808 locations by whether their coordinates may be believed',
      kind: 'counter',
      label: 'position',
      read: () => {
        const { positions, unpositioned } = jt808.stats().counts;
        return [
          ['yes', positions],
          ['no', unpositioned],
        ];
      },
    },
    {
      name: 'xuncheng_jt808_packets_total',
      help: 'JT/T 808 messages that came in packets, and requests for packets that were missing',
      kind: 'counter',
      label: 'what',
      read: () => {
        const { assembled, incomplete, resendRequests, media } = jt808.stats().counts;
        return Object.entries({ assembled, incomplete, resendRequests, media });
      },
    },
    {
      name: 'xuncheng_jt808_commands_total',
      help: 'Commands to trucks by their outcome',
      kind: 'counter',
      label: 'outcome',
      read: () => Object.entries(jt808.stats().commands),
    },
    {
      name: 'xuncheng_jt808_refused_total',
      help: 'JT/T 808 connections and authentications refused, and connections that were closed',
      kind: 'counter',
      label: 'what',
      read: () => {
        const { connectionsRefused, authRefused, slow, idle } = jt808.stats().counts;
        return [
          ['connection', connectionsRefused],
          ['authentication', authRefused],
          ['slow', slow],
          ['idle', idle],
        ];
      },
    },
    {
      name: 'xuncheng_jt808_assemblies',
      help: 'JT/T 808 messages of which packets are missing',
      kind: 'gauge',
      read: () => [['', jt808.stats().assemblies]],
    },
  ];
}
