import { spawnSync } from 'node:child_process';
import { findProgram } from '../../src/runtime/find-program.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** How a system installs ffmpeg, and whether that needs to be root. */
interface Installer {
  readonly program: string;
  readonly commands: readonly (readonly string[])[];
  readonly asRoot: boolean;
}

const INSTALLERS: readonly Installer[] = [
  {
    program: 'apt-get',
    commands: [
      ['apt-get', 'update'],
      ['apt-get', 'install', '-y', '--no-install-recommends', 'ffmpeg'],
    ],
    asRoot: true,
  },
  { program: 'brew', commands: [['brew', 'install', 'ffmpeg']], asRoot: false },
];

/**
 * Finds ffmpeg (FFMPEG_PATH or the PATH); where it is missing, installs it with the system's package manager if
 * that needs no password. Returns what to tell the person where neither works.
 */
export function requireFfmpeg(
  env: Env,
  say: (line: string) => void,
): { ok: true } | { ok: false; advice: string } {
  const given = env.FFMPEG_PATH;
  if (given !== undefined) {
    if (spawnSync(given, ['-version']).status === 0) return { ok: true };
    return { ok: false, advice: `FFMPEG_PATH is set, but ${given} does not run as ffmpeg` };
  }
  if (findProgram('ffmpeg', env.PATH) !== undefined) return { ok: true };
  const installer = INSTALLERS.find(({ program }) => findProgram(program, env.PATH) !== undefined);
  if (installer === undefined) return { ok: false, advice: 'ffmpeg is missing: install it and try again' };
  const isRoot = process.getuid?.() === 0;
  const prefix = installer.asRoot && !isRoot ? ['sudo', '-n'] : [];
  const typed = installer.commands
    .map((command) => [...(prefix.length > 0 ? ['sudo'] : []), ...command].join(' '))
    .join(' && ');
  say(`ffmpeg is missing; installing it: ${typed}`);
  for (const command of installer.commands) {
    const [program = '', ...args] = [...prefix, ...command];
    const { status } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) return { ok: false, advice: `ffmpeg is missing; install it with: ${typed}` };
  }
  return findProgram('ffmpeg', env.PATH) === undefined
    ? { ok: false, advice: `ffmpeg is still not on the PATH after: ${typed}` }
    : { ok: true };
}
