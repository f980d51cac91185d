import type { ParticulateUnit } from '../domain/hj212-station.ts';
import type { Database } from './database.ts';

/** What was said of a station that speaks HJ 212 when it was admitted. */
export interface AdmittedStation {
  /** In upper case. */
  readonly mn: string;
  readonly deviceId: string;
  /** Readable, as every frame shows it. */
  readonly pw?: string;
  readonly particulateUnit: ParticulateUnit;
}

interface Row {
  readonly mn: string;
  readonly device_id: string;
  readonly pw: string | null;
  readonly particulate_unit: ParticulateUnit;
}

/** Which device has which MN, besides those of the configuration. */
export class StationStore {
  readonly #find;
  readonly #put;

  constructor(db: Database) {
    this.#find = db.prepare<[string], Row>('SELECT * FROM hj212_stations WHERE mn = ?');
    this.#put = db.prepare<[string, string, string | null, string]>(
      `INSERT INTO hj212_stations (mn, device_id, pw, particulate_unit) VALUES (?, ?, ?, ?)
       ON CONFLICT (mn) DO UPDATE SET device_id = excluded.device_id, pw = excluded.pw,
       particulate_unit = excluded.particulate_unit`,
    );
  }

  /** Gives a device its MN; one that another device had is this one's from now on. */
  bind({ mn, deviceId, pw, particulateUnit }: AdmittedStation): void {
    this.#put.run(mn, deviceId, pw ?? null, particulateUnit);
  }

  find(mn: string): AdmittedStation | undefined {
    const row = this.#find.get(mn);
    if (row === undefined) return undefined;
    const { device_id: deviceId, pw, particulate_unit: particulateUnit } = row;
    return { mn, deviceId, particulateUnit, ...(pw !== null && { pw }) };
  }
}
