import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Jt808Terminal } from '../domain/jt808-terminal.ts';
import type { Database } from './database.ts';

interface Row {
  readonly phone: string;
  readonly device_id: string;
  readonly profile: string | null;
  readonly terminal_id: string | null;
}

const KEY_NAME = 'jt808-codes';
/** Of a code: 120 bits, and short enough for what terminals have room for. */
const CODE_CHARS = 20;

/**
 * Which device has which JT/T 808 terminal, and the codes that registrations give out. A code follows from a key of
 * this gateway, the terminal and how often it deregistered: none is stored, the same one is given again to a terminal
 * that lost it, and 0x0003 makes it void.
 */
export class TerminalStore {
  readonly #db: Database;
  readonly #fixed = new Map<string, Jt808Terminal>();
  readonly #find;
  readonly #put;
  readonly #number;
  #key: Buffer | undefined;

  constructor(db: Database) {
    this.#db = db;
    this.#find = db.prepare<[string], Row>('SELECT * FROM jt808_terminals WHERE phone = ?');
    this.#put = db.prepare<[string, string, string | null, string | null]>(
      `INSERT INTO jt808_terminals (phone, device_id, profile, terminal_id) VALUES (?, ?, ?, ?)
       ON CONFLICT (phone) DO UPDATE SET device_id = excluded.device_id, profile = excluded.profile,
       terminal_id = excluded.terminal_id`,
    );
    this.#number = db.prepare<[string], { number: number }>(
      'SELECT number FROM jt808_registrations WHERE phone = ?',
    );
  }

  /** Takes over what the configuration says; it goes before the registry. */
  registerFixed(terminals: readonly Jt808Terminal[]): void {
    this.#fixed.clear();
    for (const terminal of terminals) this.#fixed.set(terminal.phone, terminal);
  }

  /** Gives a device its terminal; a number that another device had is this one's from now on. */
  bind({ phone, deviceId, profile, terminalId }: Jt808Terminal): void {
    this.#put.run(phone, deviceId, profile ?? null, terminalId ?? null);
  }

  /** By the phone number without leading zeros. Read every time, since another process may bind one. */
  find(phone: string): Jt808Terminal | undefined {
    const fixed = this.#fixed.get(phone);
    if (fixed !== undefined) return fixed;
    const row = this.#find.get(phone);
    if (row === undefined) return undefined;
    const { device_id, profile, terminal_id } = row;
    return {
      phone,
      deviceId: device_id,
      ...(profile !== null && { profile }),
      ...(terminal_id !== null && { terminalId: terminal_id }),
    };
  }

  /** The code of a device's terminal until it deregisters. */
  codeOf(phone: string, deviceId: string): string {
    const number = this.#number.get(phone)?.number ?? 0;
    // Neither a phone number nor a device id has a line break.
    const digest = createHmac('sha256', this.#secretKey())
      .update(`${phone}\n${deviceId}\n${number}`)
      .digest();
    return digest.toString('base64url').slice(0, CODE_CHARS);
  }

  /** Compared in constant time. */
  isCode(phone: string, deviceId: string, code: string): boolean {
    const given = Buffer.from(code);
    const right = Buffer.from(this.codeOf(phone, deviceId));
    return given.length === right.length && timingSafeEqual(given, right);
  }

  /** Makes the code void that was given out. */
  deregister(phone: string): void {
    this.#db
      .prepare<[string]>(
        `INSERT INTO jt808_registrations (phone, number) VALUES (?, 1)
         ON CONFLICT (phone) DO UPDATE SET number = number + 1`,
      )
      .run(phone);
  }

  #secretKey(): Buffer {
    this.#key ??= this.#db
      .transaction(() => {
        this.#db
          .prepare<[string, Buffer]>('INSERT OR IGNORE INTO secret_keys (name, value) VALUES (?, ?)')
          .run(KEY_NAME, randomBytes(32));
        const row = this.#db
          .prepare<[string], { value: Buffer }>('SELECT value FROM secret_keys WHERE name = ?')
          .get(KEY_NAME);
        if (row === undefined) throw new Error('the key of the codes is gone');
        return row.value;
      })
      .immediate();
    return this.#key;
  }
}
