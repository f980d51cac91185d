import type { Config } from '../config/config.ts';
import { EVIDENCE_MISSING } from '../domain/incident.ts';
import { isoTime } from '../domain/time.ts';
import type { EvidenceStore } from '../evidence/evidence-store.ts';
import type { FrameSpool } from '../evidence/frame-spool.ts';
import type { DueFocus, LaterEvidenceTable } from '../evidence/later-evidence.ts';
import type { IncidentRecorder } from '../incidents/incident-recorder.ts';
import { backoff_ms } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { FocusAnswer, FocusTask } from '../vision/worker-protocol.ts';
import { focusFinding, focusReport, focusTask } from './focus-plan.ts';

/** What closer looks are taken with. */
export interface FocusParts {
  readonly config: Config;
  readonly table: LaterEvidenceTable;
  readonly spool: FrameSpool;
  readonly evidence: EvidenceStore;
  readonly recorder: Pick<IncidentRecorder, 'amend'>;
  readonly lookClosely: (task: FocusTask) => Promise<FocusAnswer | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Figures since the start: looks that showed somebody, nobody, or found no film, and those given up or pushed out. */
export interface FocusStats {
  somebody: number;
  nobody: number;
  unfilmed: number;
  failed: number;
  dropped: number;
}

const RETRY = { first_ms: 2000, max_ms: 60_000 };
/** How the reason begins for which there is none. */
export const NO_FOCUS = `${EVIDENCE_MISSING}no closer look: `;

/** Takes the closer looks that are due, the latest suspicion first, some at once; returns figures and the way to stop it. */
export function startFocus(
  parts: FocusParts,
  interval_ms: number,
): { readonly stats: FocusStats; readonly stop: () => Promise<void> } {
  const stats: FocusStats = { somebody: 0, nobody: 0, unfilmed: 0, failed: 0, dropped: 0 };
  const running = new Map<number, Promise<void>>();
  const { focus } = parts.config.vision;
  let stopped = false;
  const step = (): void => {
    if (focus === undefined) return;
    const waiting = parts.table.dueFocuses(parts.clock()).filter(({ id }) => !running.has(id));
    for (const due of waiting.slice(focus.waiting_max))
      giveUp(due, parts, stats, 'later ones came first', 'dropped');
    for (const due of waiting.slice(0, Math.max(0, focus.concurrent - running.size))) {
      const work = look(due, parts, stats, () => stopped).finally(() => running.delete(due.id));
      running.set(due.id, work);
    }
  };
  const timer = setInterval(() => {
    try {
      step();
    } catch (error) {
      parts.log.error({ err: error }, 'closer looks cannot be planned');
    }
  }, interval_ms);
  return {
    stats,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await Promise.all(running.values());
    },
  };
}

async function look(
  due: DueFocus,
  parts: FocusParts,
  stats: FocusStats,
  isStopping: () => boolean,
): Promise<void> {
  const { config, table, clock, log } = parts;
  const { id, task, attempts, planned_ms } = due;
  try {
    const wait_ms = config.vision.focus?.wait_ms ?? 0;
    const isLate = clock() - Math.max(planned_ms, task.to_ms) > wait_ms;
    let reason = 'the stream was not kept at the time';
    let answer: FocusAnswer | undefined;
    let hasFailed = false;
    try {
      answer = await parts.lookClosely(
        focusTask(task, config, { budget_ms: config.vision.focus?.budget_ms ?? 0 }),
      );
    } catch (error) {
      // The worker went with the gateway: what is due is looked at after the next start.
      if (isStopping()) return;
      hasFailed = true;
      reason = 'it failed (see the log)';
      log.warn({ err: error, incident: task.incidentId, attempts }, 'a closer look failed');
    }
    if (answer !== undefined) await keepFocus(due, answer, parts, stats);
    else if (isLate || (!hasFailed && attempts > 0))
      giveUp(due, parts, stats, reason, hasFailed ? 'failed' : 'unfilmed');
    else table.retry(id, clock() + backoff_ms(attempts, RETRY, Math.random));
  } catch (error) {
    log.error({ err: error, incident: task.incidentId }, 'a closer look could not be kept');
    table.retry(id, clock() + backoff_ms(attempts, RETRY, Math.random));
  }
}

/** Puts what was seen on the incident, as a later version of it. */
export async function keepFocus(
  { id, task }: Pick<DueFocus, 'id' | 'task'>,
  answer: FocusAnswer,
  parts: Pick<FocusParts, 'config' | 'spool' | 'evidence' | 'recorder' | 'table' | 'clock'>,
  stats?: FocusStats,
): Promise<void> {
  const { config, spool, evidence, recorder, table, clock } = parts;
  for (const picture of [answer.best, answer.plateRegion])
    if (picture !== undefined) await spool.account(picture.stored);
  const items = await evidence.capture(task.incidentId, focusFinding(task, answer));
  const focus = focusReport(task, answer, items, config.bearingOf.get(task.cameraId));
  recorder.amend(task.incidentId, { evidence: items, focus, found: NO_FOCUS }, clock(), () => table.done(id));
  if (stats !== undefined) stats[answer.actors.length > 0 ? 'somebody' : 'nobody'] += 1;
}

function giveUp(
  { id, task }: DueFocus,
  { recorder, table, clock }: FocusParts,
  stats: FocusStats,
  reason: string,
  counter: 'failed' | 'dropped' | 'unfilmed',
): void {
  stats[counter] += 1;
  const [from, to] = [isoTime(task.from_ms), isoTime(task.to_ms)];
  const missing = [{ modality: 'camera' as const, reason: `${NO_FOCUS}${reason}`, from, to }];
  recorder.amend(task.incidentId, { missing, found: NO_FOCUS }, clock(), () => table.done(id));
}
