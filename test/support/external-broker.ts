import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { sleep } from './mqtt.ts';

/** A broker of another make, on a port of its own, with its files in a folder of its own. */
export interface ExternalBrokerProcess {
  readonly port: number;
  readonly pid: number;
  /** Kills it where it runs, and starts it again on the same port and files. */
  restart(): Promise<void>;
  kill(): Promise<void>;
}

/** True where a program can be run. */
export function hasProgram(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch (error) {
    // Some say no more than their usage, with a status of their own.
    return (error as { status?: number | null }).status != null;
  }
}

/** Debian's mosquitto: lets everybody in unless `access` says otherwise; keeps its sessions in `dir`. */
export function startMosquitto(
  dir: string,
  { access = 'allow_anonymous true', persistence = true } = {},
): Promise<ExternalBrokerProcess> {
  return startProcess((port) => {
    const config = join(dir, 'mosquitto.conf');
    const kept = persistence
      ? [
          'persistence true',
          `persistence_location ${dir}/`,
          'autosave_on_changes true',
          'autosave_interval 1',
        ]
      : ['persistence false'];
    writeFileSync(config, [`listener ${port} 127.0.0.1`, access, 'user root', ...kept, ''].join('\n'));
    return spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
  });
}

/** nats-server with JetStream and its MQTT listener. */
export function startNats(dir: string): Promise<ExternalBrokerProcess> {
  return startProcess((port) => {
    const config = join(dir, 'nats.conf');
    writeFileSync(
      config,
      `server_name: one\nlisten: 127.0.0.1:-1\njetstream { store_dir: "${dir}/js" }\nmqtt { listen: "127.0.0.1:${port}", ack_wait: "2s" }\n`,
    );
    return spawn('nats-server', ['-c', config], { stdio: 'ignore' });
  });
}

async function startProcess(spawnOn: (port: number) => ChildProcess): Promise<ExternalBrokerProcess> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  };
  const restart = async (): Promise<void> => {
    await kill();
    child = spawnOn(port);
    const started = child;
    for (let tries = 0; !(await isListening(port)); tries += 1) {
      if (tries > 300 || started.exitCode !== null) throw new Error(`no broker on port ${port}`);
      await sleep(50);
    }
  };
  await restart();
  return {
    port,
    get pid() {
      return child?.pid ?? 0;
    },
    restart,
    kill,
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
