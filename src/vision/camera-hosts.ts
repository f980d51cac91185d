import { type CameraSource, regionsFor } from '../domain/camera.ts';
import { type PoisonLimits, PoisonWatch, type SetAside } from './poison-watch.ts';

/** What a running process is to be told. */
export interface HostOrder {
  readonly host: number;
  readonly type: 'open' | 'close';
  readonly cameraId: string;
}

interface Host {
  readonly index: number;
  readonly isTrial: boolean;
  isReady: boolean;
  /** Those that it has, or will have opened by itself. */
  readonly cameras: Set<string>;
  /** Those of them that it was told to close. */
  readonly leaving: Set<string>;
}

/** Processes in which suspects are tried: the two halves of a group at once, so that neither waits for the other. */
const TRIALS = 2;
/** A camera moves where that takes so much of the fuller process's load off: each move is a short break. */
const GAIN_SHARE = 0.1;

/**
 * Says which process has which camera. Cameras are spread by load; those of a process that ends go to the others at
 * once, and some come back when it does. Cameras that end their processes are tried apart. No process is touched here:
 * what is to be done is given back as orders.
 */
export class CameraHosts {
  readonly #loads: ReadonlyMap<string, number>;
  readonly #hosts: readonly Host[];
  readonly #watch: PoisonWatch;

  constructor(cameras: readonly CameraSource[], workers: number, limits?: PoisonLimits) {
    this.#loads = new Map(cameras.map((source) => [source.id, loadOf(source)]));
    this.#watch = new PoisonWatch(limits);
    this.#hosts = Array.from({ length: workers + TRIALS }, (_, index) => ({
      index,
      isTrial: index >= workers,
      isReady: false,
      cameras: new Set<string>(),
      leaving: new Set<string>(),
    }));
    this.#spread(this.#field(() => true));
  }

  camerasOf(host: number): string[] {
    return [...(this.#hosts[host]?.cameras ?? [])];
  }

  /** The process that has a camera; undefined while none has it. */
  hostOf(cameraId: string): number | undefined {
    return this.#hosts.find(({ cameras, leaving }) => cameras.has(cameraId) && !leaving.has(cameraId))?.index;
  }

  setAside(): readonly SetAside[] {
    return this.#watch.setAside();
  }

  /** A process is about to start: the cameras of {@link camerasOf} are its own; cameras that nobody had are shared out. */
  starting(host: number): HostOrder[] {
    return this.#spread(this.#field(({ isReady, index }) => isReady || index === host)).filter(
      (order) => order.host !== host,
    );
  }

  /** A process can take orders: it gets cameras that nobody has, and some of those whose processes have more to do. */
  ready(host: number): HostOrder[] {
    const one = this.#hosts[host];
    if (one === undefined) return [];
    one.isReady = true;
    return one.isTrial ? [] : [...this.#place(), ...this.#even()];
  }

  /** A process has let go of a camera. */
  closed(host: number, cameraId: string): HostOrder[] {
    const one = this.#hosts[host];
    one?.cameras.delete(cameraId);
    one?.leaving.delete(cameraId);
    return this.#place();
  }

  /** A process is gone. `isFault`: it was not to blame on what all processes lack. */
  ended(host: number, isFault: boolean, now_ms: number): HostOrder[] {
    const ids = this.#empty(host);
    if (this.#hosts[host]?.isTrial) {
      if (isFault) this.#watch.trialEnded(ids, now_ms);
      else this.#watch.trialVoid(ids);
    } else if (isFault) this.#watch.ended(ids, now_ms);
    return this.#place();
  }

  /** The next trial, if there is one and a process for it. */
  nextTrial(now_ms: number): { readonly host: number; readonly cameraIds: readonly string[] } | undefined {
    const host = this.#hosts.find(({ isTrial, cameras }) => isTrial && cameras.size === 0);
    const cameraIds = host === undefined ? undefined : this.#watch.nextTrial(now_ms);
    if (host === undefined || cameraIds === undefined) return undefined;
    for (const id of cameraIds) host.cameras.add(id);
    return { host: host.index, cameraIds };
  }

  /** When a camera that was set aside is to be tried next. */
  dueAt_ms(): number | undefined {
    return this.#watch.dueAt_ms();
  }

  /** The process of a trial lived on, and has been stopped. */
  trialPassed(host: number): HostOrder[] {
    this.#watch.trialPassed(this.#empty(host));
    return this.#place();
  }

  #empty(host: number): string[] {
    const one = this.#hosts[host];
    if (one === undefined) return [];
    const ids = [...one.cameras];
    one.isReady = false;
    one.cameras.clear();
    one.leaving.clear();
    return ids;
  }

  #field(wanted: (host: Host) => boolean): Host[] {
    return this.#hosts.filter((host) => !host.isTrial && wanted(host));
  }

  #place(): HostOrder[] {
    return this.#spread(this.#field(({ isReady }) => isReady));
  }

  /** Gives cameras that nobody has to these processes: the heaviest first, each to whoever has least. */
  #spread(hosts: readonly Host[]): HostOrder[] {
    if (hosts.length === 0) return [];
    const taken = new Set(this.#hosts.flatMap(({ cameras }) => [...cameras]));
    const free = [...this.#loads.keys()].filter((id) => !taken.has(id) && this.#watch.isFree(id));
    return free
      .sort((a, b) => this.#load(b) - this.#load(a))
      .map((cameraId) => {
        const host = hosts.reduce((least, one) => (this.#sum(one) < this.#sum(least) ? one : least));
        host.cameras.add(cameraId);
        return { host: host.index, type: 'open', cameraId };
      });
  }

  /** Lets cameras leave processes that have more to do than others. */
  #even(): HostOrder[] {
    const orders: HostOrder[] = [];
    const sums = new Map(this.#field(({ isReady }) => isReady).map((host) => [host, this.#sum(host)]));
    for (;;) {
      const byLoad = [...sums].sort(([, a], [, b]) => b - a);
      const [most] = byLoad;
      const least = byLoad.at(-1);
      if (most === undefined || least === undefined) return orders;
      const [from, from_load] = most;
      const gainOf = (id: string): number =>
        from_load - Math.max(from_load - this.#load(id), least[1] + this.#load(id));
      const [best] = this.#staying(from).sort((a, b) => gainOf(b) - gainOf(a));
      if (best === undefined || gainOf(best) < from_load * GAIN_SHARE) return orders;
      from.leaving.add(best);
      orders.push({ host: from.index, type: 'close', cameraId: best });
      sums.set(from, from_load - this.#load(best));
      sums.set(least[0], least[1] + this.#load(best));
    }
  }

  #staying({ cameras, leaving }: Host): string[] {
    return [...cameras].filter((id) => !leaving.has(id));
  }

  #sum(host: Host): number {
    return this.#staying(host).reduce((sum, id) => sum + this.#load(id), 0);
  }

  #load(cameraId: string): number {
    return this.#loads.get(cameraId) ?? 0;
  }
}

/** What a camera asks of a process: the judgements of a second that its settings mean, and one for its decoder. */
function loadOf(camera: CameraSource): number {
  const judgements = camera.models.reduce((sum, name) => sum + (regionsFor(camera, name)?.length ?? 1), 0);
  return 1 + (judgements * 1000) / Math.max(500, camera.patrol_interval_ms);
}
