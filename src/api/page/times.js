import { currentLanguage, word } from './words.js';

/** A shorter span says little of how fast a clock goes. */
const RATE_SPAN_MS = 1000;

let timeZone;
/** What the gateway's clock said, when that was by ours, and how many of its seconds go by in one of ours. */
let clock;

/** Takes note of what time it is for the gateway (ISO 8601). */
export function noteNow(iso) {
  const [gateway_ms, own_ms] = [Date.parse(iso), performance.now()];
  clock ??= { gateway_ms, own_ms, rate: 1 };
  const elapsed_ms = own_ms - clock.own_ms;
  if (elapsed_ms < RATE_SPAN_MS) return;
  const rate = Math.max(0, (gateway_ms - clock.gateway_ms) / elapsed_ms);
  // The way there and back takes its time, too.
  clock = { gateway_ms, own_ms, rate: Math.abs(rate - 1) < 0.2 ? 1 : rate };
}

/** What time it is for the gateway: in a rehearsal its clock goes faster, or stands still. */
export function now_ms() {
  return clock === undefined
    ? Date.now()
    : clock.gateway_ms + (performance.now() - clock.own_ms) * clock.rate;
}

export function nowIso() {
  return new Date(now_ms()).toISOString();
}

/** Times are shown as the city's clocks have them, where the gateway says which city it is. */
export function useTimeZone(name) {
  timeZone = name;
}

function locale() {
  return currentLanguage() === 'zh' ? 'zh-CN' : 'en-GB';
}

/** A length of time in its two largest units. */
export function duration(span_ms) {
  const s = Math.max(0, Math.round(span_ms / 1000));
  const parts = [
    [Math.floor(s / 86_400), word('days')],
    [Math.floor(s / 3600) % 24, word('hours')],
    [Math.floor(s / 60) % 60, word('minutes')],
    [s % 60, word('seconds')],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return `0 ${word('seconds')}`;
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** Time of day; with the date where it is not today. */
export function clockTime(iso) {
  const day = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone });
  const isToday = day.format(new Date(iso)) === day.format(new Date(now_ms()));
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };
  const date = isToday ? {} : { month: '2-digit', day: '2-digit' };
  return new Intl.DateTimeFormat(locale(), { ...date, ...time, timeZone }).format(new Date(iso));
}

/** What day it is in the city, as YYYY-MM-DD. */
export function localDay() {
  return new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone }).format(new Date(now_ms()));
}

/** Date and time in full, for titles and the detail. */
export function fullTime(iso) {
  const style = { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23', timeZone };
  return new Intl.DateTimeFormat(locale(), style).format(new Date(iso));
}

/** `3 min. ago` in the present language. */
export function ago(iso) {
  const s = (now_ms() - Date.parse(iso)) / 1000;
  if (Math.abs(s) < 45) return word('justNow');
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto', style: 'short' });
  if (s < 3600) return format.format(-Math.round(s / 60), 'minute');
  if (s < 86_400) return format.format(-Math.round(s / 3600), 'hour');
  return format.format(-Math.round(s / 86_400), 'day');
}
