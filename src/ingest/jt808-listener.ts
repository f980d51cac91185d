import { createServer, type Server, type Socket } from 'node:net';
import type { KnownTerminal } from '../domain/jt808-terminal.ts';
import type { CommandOutcome } from '../domain/station-command.ts';
import type { TruckCommand } from '../domain/truck-command.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { WorkBudget } from '../runtime/work-budget.ts';
import { drained } from './drain.ts';
import { Jt808Assemblies, type PacketStore } from './jt808-assembly.ts';
import { Jt808Commands } from './jt808-commands.ts';
import { Jt808Connection } from './jt808-connection.ts';
import { type GatePolicy, Jt808Gate, type Jt808Registry } from './jt808-gate.ts';
import { Jt808Intake, type Jt808Sinks } from './jt808-intake.ts';
import { JT808_LIMITS, type Jt808Limits } from './jt808-limits.ts';
import { type Jt808Counts, Jt808Report } from './jt808-report.ts';
import { Jt808Session, type SessionParts } from './jt808-session.ts';
import { listenTcp } from './tcp-listen.ts';

/** Everything that the listener needs of the gateway. */
export interface Jt808ListenerOptions extends Jt808Sinks, Jt808Registry {
  /** Port 0 picks a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly policy: GatePolicy;
  readonly limits?: Partial<Jt808Limits>;
  readonly packets: PacketStore;
  /** Device ids whose sessions must end; asked every two seconds. */
  revokedIds(): ReadonlySet<string>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Counters since the start, and what there is now. */
export interface Jt808Stats {
  readonly connections: number;
  readonly terminals: number;
  /** Messages of which packets are missing. */
  readonly assemblies: number;
  readonly counts: Readonly<Jt808Counts>;
  /** Commands by their outcome. */
  readonly commands: Readonly<Record<string, number>>;
}

interface Line {
  readonly connection: Jt808Connection;
  readonly session: Jt808Session;
  readonly since_ms: number;
}

const CHECK_INTERVAL_MS = 1000;
const TCP_KEEPALIVE_MS = 60_000;
const STOP_TIMEOUT_MS = 5000;
const GOODBYE_MS = 1000;

/** Trucks that speak JT/T 808 over TCP, of both editions, told apart frame by frame. */
export class Jt808Listener {
  readonly #options: Jt808ListenerOptions;
  readonly #limits: Jt808Limits;
  readonly #report: Jt808Report;
  readonly #intake: Jt808Intake;
  readonly #assemblies: Jt808Assemblies;
  readonly #budget: WorkBudget;
  readonly #commands: Jt808Commands;
  readonly #parts: SessionParts;
  readonly #lines = new Map<Jt808Session, Line>();
  /** The session of each terminal that is in, by phone: a newer one takes the place of the one before. */
  readonly #terminals = new Map<string, Line>();
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(options: Jt808ListenerOptions) {
    this.#options = options;
    this.#limits = { ...JT808_LIMITS, ...options.limits };
    this.#report = new Jt808Report(options.log);
    this.#intake = new Jt808Intake(options, this.#report, options.clock);
    this.#budget = new WorkBudget(this.#limits.inflight_bytes_max);
    this.#assemblies = new Jt808Assemblies(options.packets, this.#limits, (key, error, beginning) => {
      this.#report.counts.incomplete += 1;
      const channel = `packets ${key.phone}`;
      const deviceId = this.#terminals.get(key.phone)?.session.terminal?.device.id;
      this.#intake
        .quarantine(beginning, error, channel, deviceId)
        .catch((failure: Error) => this.#report.trouble('quarantine failed', failure.message));
    });
    this.#commands = new Jt808Commands(this.#limits);
    this.#parts = {
      gate: new Jt808Gate(
        options,
        options.policy,
        this.#report,
        (device) => options.onUnknownDevice(device),
        options.clock,
      ),
      intake: this.#intake,
      assemblies: this.#assemblies,
      commands: this.#commands,
      report: this.#report,
      limits: this.#limits,
      clock: options.clock,
      onKnown: (session, terminal) => this.#onKnown(session, terminal),
    };
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
    const opened = await listenTcp(server, { port, host, backlog: 4096 }, (error) =>
      this.#report.trouble('listener failed', error.message),
    );
    this.#timer = setInterval(() => this.#check(), CHECK_INTERVAL_MS).unref();
    return opened;
  }

  /** Takes nothing more, lets what is being stored be answered (5 s at most), and closes every connection. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    const server = this.#server;
    const closed = new Promise<void>((resolve) => {
      if (server?.listening) server.close(() => resolve());
      else resolve();
    });
    for (const { connection } of this.#lines.values()) connection.hold();
    await drained(
      () => ![...this.#lines.values()].some(({ connection }) => connection.inflight > 0),
      STOP_TIMEOUT_MS,
    );
    this.#commands.drop();
    for (const { connection } of this.#lines.values()) connection.end();
    // One that does not read its last answers would keep the server open.
    const force = setTimeout(() => {
      for (const { connection } of this.#lines.values()) connection.destroy();
    }, GOODBYE_MS);
    await closed;
    clearTimeout(force);
    this.#report.close();
  }

  stats(): Jt808Stats {
    return {
      connections: this.#lines.size,
      terminals: this.#terminals.size,
      assemblies: this.#assemblies.count,
      counts: { ...this.#report.counts },
      commands: { ...this.#report.commands },
    };
  }

  /** Tells or asks a truck something; resolves with its answer or why there is none, never rejects. */
  async command(deviceId: string, command: TruckCommand): Promise<CommandOutcome> {
    const line = [...this.#terminals.values()].find(
      ({ session }) => session.terminal?.device.id === deviceId,
    );
    const to = line?.session.addressee;
    const outcome: CommandOutcome =
      to === undefined
        ? { ok: false, code: 'not-connected', message: 'the truck is not connected' }
        : await this.#commands.run(to, command);
    this.#report.commanded(outcome.ok ? 'ok' : outcome.code);
    return outcome;
  }

  #attach(socket: Socket): void {
    const { counts } = this.#report;
    counts.connectionsTotal += 1;
    const remote = socket.remoteAddress ?? '';
    if (this.#isStopping || this.#lines.size >= this.#limits.connections_max) {
      counts.connectionsRefused += 1;
      this.#report.trouble('too many connections', `${this.#lines.size} connections, from ${remote}`);
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    const session = new Jt808Session(this.#parts, remote, (bytes) => connection.send(bytes));
    const handler = {
      take: session.take.bind(session),
      closed: () => this.#closed(line),
      overrun: () => {
        counts.slow += 1;
        this.#report.trouble('connection cut: does not read', remote);
      },
    };
    const connection = new Jt808Connection(socket, handler, this.#limits, this.#budget);
    const line: Line = { connection, session, since_ms: performance.now() };
    this.#lines.set(session, line);
  }

  /** A terminal that comes again while its old connection is half open takes over. */
  #onKnown(session: Jt808Session, { phone }: KnownTerminal): void {
    const line = this.#lines.get(session);
    if (line === undefined) return;
    const before = this.#terminals.get(phone);
    this.#terminals.set(phone, line);
    if (before !== undefined && before !== line) before.connection.end();
  }

  #closed(line: Line): void {
    this.#lines.delete(line.session);
    const { terminal } = line.session;
    if (terminal === undefined || this.#terminals.get(terminal.phone) !== line) return;
    this.#terminals.delete(terminal.phone);
    this.#commands.drop(terminal.phone);
    // While stopping it would say of every truck that it went offline.
    if (this.#isStopping) return;
    this.#intake
      .takeStatus(terminal, { online: false, extra: { lastWill: true } })
      .catch((error: Error) => this.#report.trouble('storing failed', error.message));
  }

  #check(): void {
    const now_ms = performance.now();
    const { idle_timeout_ms, auth_timeout_ms } = this.#limits;
    for (const { connection, session, since_ms } of this.#lines.values()) {
      const isLate = session.terminal === undefined && now_ms - since_ms > auth_timeout_ms;
      if (!isLate && now_ms - connection.heard_ms <= idle_timeout_ms) continue;
      this.#report.counts.idle += 1;
      this.#report.trouble(
        isLate ? 'connection closed: no authentication' : 'connection closed: silent',
        session.terminal?.device.id ?? session.remote,
      );
      connection.destroy();
    }
    this.#assemblies.check(now_ms, (assembly) => {
      this.#terminals.get(assembly.key.phone)?.session.askFor(assembly);
    });
    this.#endRevoked();
  }

  #endRevoked(): void {
    let revoked: ReadonlySet<string>;
    try {
      revoked = this.#options.revokedIds();
    } catch (error) {
      // The registry is busy or its disk is full: asked again at the next check.
      this.#report.trouble('revocations unknown', (error as Error).message);
      return;
    }
    if (revoked.size === 0) return;
    for (const { connection, session } of this.#terminals.values()) {
      if (session.terminal !== undefined && revoked.has(session.terminal.device.id)) connection.destroy();
    }
  }
}
