import { createServer, type Server, type Socket } from 'node:net';
import type { Hj212Message } from '../codecs/hj212/message.ts';
import type { Hj212Station } from '../domain/hj212-station.ts';
import type { CommandOutcome, StationCommand } from '../domain/station-command.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { WorkBudget } from '../runtime/work-budget.ts';
import { drained } from './drain.ts';
import { Hj212Commands } from './hj212-commands.ts';
import { type ConnectionOwner, Hj212Connection } from './hj212-connection.ts';
import { Hj212Intake, type Hj212Sinks } from './hj212-intake.ts';
import { HJ212_LIMITS, type Hj212Limits } from './hj212-limits.ts';
import { type Hj212Counts, Hj212Report } from './hj212-report.ts';
import { type Hj212Registry, Hj212Stations } from './hj212-stations.ts';
import { listenTcp } from './tcp-listen.ts';

/** Everything that the listener needs of the gateway. */
export interface Hj212ListenerOptions extends Hj212Sinks, Hj212Registry {
  /** Port 0 picks a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly limits?: Partial<Hj212Limits>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Counters since the start, and how many are connected now. */
export interface Hj212Stats {
  readonly connections: number;
  readonly stations: number;
  readonly counts: Readonly<Hj212Counts>;
  readonly deviations: Readonly<Record<string, number>>;
  readonly commands: Readonly<Record<string, number>>;
}

const CHECK_INTERVAL_MS = 2000;
const TCP_KEEPALIVE_MS = 60_000;
const STOP_TIMEOUT_MS = 5000;
const GOODBYE_MS = 1000;

/**
 * Stations that speak HJ 212 over TCP. An answer (9014) leaves once the data is on disk. A frame that is damaged is
 * quarantined and not answered, so that the station sends it again; one that is whole but cannot be used is
 * quarantined and answered, so that it does not block those behind it. The session goes on in both cases.
 */
export class Hj212Listener implements ConnectionOwner {
  readonly #options: Hj212ListenerOptions;
  readonly #limits: Hj212Limits;
  readonly #report: Hj212Report;
  readonly #stations: Hj212Stations;
  readonly #intake: Hj212Intake;
  readonly #commands: Hj212Commands;
  readonly #budget: WorkBudget;
  readonly #connections = new Set<Hj212Connection>();
  /** The connection on which each station was heard last, by device id. */
  readonly #lines = new Map<
    string,
    { readonly station: Hj212Station; readonly connection: Hj212Connection }
  >();
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: Hj212ListenerOptions) {
    this.#options = options;
    this.#limits = { ...HJ212_LIMITS, ...options.limits };
    this.#report = new Hj212Report(options.log);
    this.#stations = new Hj212Stations(options);
    this.#intake = new Hj212Intake(this.#stations, options, this.#report, options.clock);
    this.#commands = new Hj212Commands(this.#limits, options.clock);
    this.#budget = new WorkBudget(this.#limits.inflight_bytes_max);
  }

  /** Listens. Rejects where the port is taken. */
  async start(): Promise<{ readonly port: number }> {
    const server = createServer(
      // Half open: a sender that has closed its side still gets its answers.
      { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEPALIVE_MS },
      (socket) => this.#attach(socket),
    );
    this.#server = server;
    const { host, port } = this.#options.listen;
    const opened = await listenTcp(server, { port, host }, (error) =>
      this.#report.trouble('listener failed', error.message),
    );
    this.#timer = setInterval(() => this.#check(), CHECK_INTERVAL_MS).unref();
    return opened;
  }

  /** Takes nothing more, lets what is being stored be answered (5 s at most), and closes every connection. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const server = this.#server;
    const closed = new Promise<void>((resolve) => {
      if (server?.listening) server.close(() => resolve());
      else resolve();
    });
    for (const connection of this.#connections) connection.hold();
    await drained(() => ![...this.#connections].some(({ working }) => working > 0), STOP_TIMEOUT_MS);
    this.#commands.drop();
    for (const connection of [...this.#connections]) connection.close();
    // One that does not read its last answers would keep the server open.
    const force = setTimeout(() => {
      for (const connection of [...this.#connections]) connection.end();
    }, GOODBYE_MS);
    await closed;
    clearTimeout(force);
    this.#report.close();
  }

  stats(): Hj212Stats {
    const { counts, deviations, commands } = this.#report;
    return {
      connections: this.#connections.size,
      stations: this.#lines.size,
      counts: { ...counts },
      deviations: { ...deviations },
      commands: { ...commands },
    };
  }

  /** True where the device is a station that is connected now. */
  isConnected(deviceId: string): boolean {
    return this.#lines.has(deviceId);
  }

  /** Tells or asks a station something; resolves with its answer or why there is none, never rejects. */
  async command(deviceId: string, command: StationCommand): Promise<CommandOutcome> {
    const line = this.#lines.get(deviceId);
    const to = line?.connection.stations.get(deviceId);
    const outcome: CommandOutcome =
      line === undefined || to === undefined
        ? { ok: false, code: 'not-connected', message: 'the station is not connected' }
        : await this.#commands.run(to, command, (message) => line.connection.send(message));
    this.#report.commanded(outcome.ok ? 'ok' : outcome.code);
    return outcome;
  }

  onStation(station: Hj212Station, connection: Hj212Connection): void {
    this.#lines.set(station.deviceId, { station, connection });
  }

  onTimeWanted(station: Hj212Station): void {
    void this.command(station.deviceId, { name: 'set-time' }).then((outcome) => {
      if (!outcome.ok) this.#report.trouble('time calibration', `${station.deviceId}: ${outcome.message}`);
    });
  }

  onAnswer(message: Hj212Message): boolean {
    return this.#commands.answered(message);
  }

  onClosed(connection: Hj212Connection): void {
    this.#connections.delete(connection);
    for (const deviceId of connection.stations.keys()) {
      const line = this.#lines.get(deviceId);
      // It may be connected anew already.
      if (line?.connection !== connection) continue;
      this.#lines.delete(deviceId);
      this.#commands.drop(line.station.mn);
    }
  }

  #attach(socket: Socket): void {
    this.#report.counts.connectionsTotal += 1;
    if (this.#connections.size >= this.#limits.connections_max) {
      this.#report.counts.connectionsRefused += 1;
      this.#report.trouble(
        'connection refused',
        `${socket.remoteAddress}: ${this.#connections.size} are open`,
      );
      socket.destroy();
      return;
    }
    const connection = new Hj212Connection(socket, socket.remoteAddress ?? '', {
      intake: this.#intake,
      report: this.#report,
      budget: this.#budget,
      limits: this.#limits,
      owner: this,
    });
    this.#connections.add(connection);
  }

  #check(): void {
    this.#stations.refresh();
    const now_ms = performance.now();
    for (const { station, connection } of [...this.#lines.values()]) {
      if (this.#stations.isRevoked(station.deviceId)) connection.end('its device was revoked');
    }
    for (const connection of [...this.#connections]) connection.check(now_ms);
  }
}
