import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  decodeLocation,
  encodeLocation,
  type Location,
  timeNibbles,
} from '../../../src/codecs/jt808/location.ts';
import { readTruckState, type TruckState, writeTruckState } from '../../../src/codecs/jt808/truck-state.ts';
import {
  STANDARD_TRUCK_PROFILE,
  type TruckProfile,
  TruckProfilesFile,
} from '../../../src/domain/truck-profile.ts';
import { parseYaml, readYamlFile } from '../../../src/runtime/yaml-file.ts';

const file = readYamlFile(
  join(import.meta.dirname, '../../../config/jt808-profiles.yaml'),
  TruckProfilesFile,
  {},
);
const shipped: readonly TruckProfile[] = file.ok ? [STANDARD_TRUCK_PROFILE, ...file.yaml.value] : [];

const BASE: Location = {
  alarm: 0,
  status: 0b11,
  latRaw: 28_000_000,
  lonRaw: 112_000_000,
  altitude_m: 0,
  speedRaw: 0,
  direction_deg: 0,
  time: timeNibbles(Date.UTC(2026, 10, 22)),
  items: [],
};

function statesOf({ cover, lift, load }: TruckProfile): TruckState[] {
  const loads = load === undefined ? [undefined] : load.half ? ['empty', 'half', 'full'] : ['empty', 'full'];
  const lifts = lift === undefined ? [undefined] : [false, true];
  const covers = cover === undefined ? [undefined] : ['closed', 'open'];
  return loads.flatMap((one) =>
    lifts.flatMap((two) =>
      covers.map(
        (three) =>
          ({
            ...(one !== undefined && { load: one }),
            ...(two !== undefined && { lift: two }),
            ...(three !== undefined && { cover: three }),
          }) as TruckState,
      ),
    ),
  );
}

describe('profiles of truck states', () => {
  it('are read from the shipped file without a problem, each id once', () => {
    expect(file).toMatchObject({ ok: true });
    expect(new Set(shipped.map(({ id }) => id)).size).toBe(shipped.length);
  });

  it.each(shipped.map((profile) => [profile.id, profile] as const))(
    '%s: gives back every state',
    (_id, profile) => {
      for (const state of statesOf(profile)) {
        const sent = { ...BASE, ...writeTruckState(profile, state, BASE) };
        const got = decodeLocation(encodeLocation(sent));
        expect(got.ok && readTruckState(profile, got.value).state).toEqual(state);
      }
    },
  );

  it('do not agree with each other on the same bytes, which is why a device names its own', () => {
    const raised = writeTruckState(
      find('status-high-bits'),
      { lift: true, cover: 'open', load: 'full' },
      BASE,
    );
    expect(readTruckState(find('standard'), raised).state).toEqual({ load: 'empty' });
    expect(readTruckState(find('custom-bit-table'), raised).state).toEqual({});
  });

  it('leave a state unknown where its sensor is not connected, its item missing or short, its value none', () => {
    const profile = find('peripheral-dword');
    const item = (hex: string): Location => ({
      ...BASE,
      items: [{ id: 0xe2, data: Buffer.from(hex, 'hex') }],
    });
    expect(readTruckState(profile, item('00180000')).state).toEqual({ lift: false, cover: 'closed' });
    expect(readTruckState(profile, item('00982000')).state).toEqual({ lift: true, cover: 'open' });
    expect(readTruckState(profile, item('00000000')).state).toEqual({});
    expect(readTruckState(profile, item('001800')).state).toEqual({});
    expect(readTruckState(profile, BASE).state).toEqual({});
    const loads = { ...BASE, status: 2 << 8 };
    expect(readTruckState(STANDARD_TRUCK_PROFILE, loads).state).toEqual({});
  });

  it('turn bits into alarms', () => {
    const locked = { ...BASE, status: ((1 << 31) | (1 << 25)) >>> 0 };
    expect(readTruckState(find('status-high-bits'), locked).alarms).toEqual([
      'vehicle-locked',
      'maintenance',
    ]);
  });

  it('are refused with file, line and key where they are wrong', () => {
    const text = '- id: mine\n  lift: { in: status, bits: [32], lowered: [0], raised: [1] }\n';
    const read = parseYaml('profiles.yaml', text, TruckProfilesFile, {});
    expect(read).toMatchObject({ ok: false, problems: [{ file: 'profiles.yaml', line: 2 }] });
  });
});

function find(id: string): TruckProfile {
  const profile = shipped.find((one) => one.id === id);
  if (profile === undefined) throw new Error(`no profile ${id}`);
  return profile;
}
