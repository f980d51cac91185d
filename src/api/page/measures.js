import { duration } from './times.js';
import { chosen, word } from './words.js';

/** Measures by name: Chinese, English. */
const NAMES = {
  value: ['测值', 'Value'],
  limit: ['限值', 'Limit'],
  limit_name: ['限值名称', 'Limit name'],
  peak: ['峰值', 'Peak'],
  ratio: ['超标倍数', 'Ratio to limit'],
  valid_share: ['有效率', 'Valid share'],
  window_s: ['统计窗口', 'Window'],
  metric: ['指标', 'Metric'],
  statistic: ['统计量', 'Statistic'],
  place_unknown: ['位置未知', 'Place unknown'],
  dwell_s: ['停留', 'Dwell'],
  occupied_share: ['占用率', 'Occupied'],
  classes: ['目标', 'Classes'],
  place: ['点位', 'Place'],
  zone_kind: ['区域类型', 'Kind of zone'],
  road_class: ['道路等级', 'Road class'],
  stopped_s: ['停车', 'Stopped'],
  lasted_s: ['持续', 'Lasted'],
  fault: ['故障', 'Fault'],
  reason: ['原因', 'Reason'],
  lifted: ['举升', 'Lifted'],
  load: ['载荷', 'Load'],
  load_lost: ['卸空', 'Load lost'],
  night: ['夜间', 'At night'],
  rejected_positions: ['剔除定位点', 'Rejected positions'],
  peak_kmh: ['最高车速', 'Highest speed'],
  limit_kmh: ['限速', 'Speed limit'],
  off_route_m: ['偏离路线', 'Off route'],
  outage: ['范围', 'Of'],
  devices_offline: ['离线设备', 'Devices offline'],
  devices_total: ['设备总数', 'Devices'],
  silent_s: ['无数据', 'Silent'],
  usual_interval_s: ['通常间隔', 'Usual interval'],
};

/** Values that are words. */
const VALUES = {
  arterial: ['主干道', 'arterial'],
  secondary: ['次干道', 'secondary'],
  lane: ['背街小巷', 'lane'],
  empty: ['空载', 'empty'],
  half: ['半载', 'half'],
  full: ['满载', 'full'],
  mean: ['均值', 'mean'],
  max: ['最大值', 'max'],
  min: ['最小值', 'min'],
  person: ['行人', 'person'],
  'two-wheeler': ['两轮车', 'two-wheeler'],
  tricycle: ['三轮车', 'tricycle'],
  car: ['小汽车', 'car'],
  truck: ['货车', 'truck'],
  'muck-truck': ['渣土车', 'muck truck'],
  stall: ['摊位', 'stall'],
  canopy: ['篷', 'canopy'],
  goods: ['堆物', 'goods'],
};

const UNITS = [
  ['_ug_m3', 'µg/m³'],
  ['_dba', 'dB(A)'],
  ['_kmh', 'km/h'],
  ['_mps', 'm/s'],
  ['_pct', '%'],
  ['_kpa', 'kPa'],
  ['_c', '°C'],
  ['_m', 'm'],
];
/** Measures whose unit is that of the metric. */
const OF_METRIC = ['value', 'limit', 'peak'];
/** What a card shows, most telling first. */
const HEADLINES = [
  ...OF_METRIC,
  'dwell_s',
  'stopped_s',
  'lifted',
  'load_lost',
  'load',
  'occupied_share',
  'road_class',
];

/** The measures that say most, at most `count`, as `[name, text]`. */
export function headlines(measures, count) {
  const telling = HEADLINES.filter((name) => name in measures);
  const names = telling.length > 0 ? telling : Object.keys(measures);
  return names.slice(0, count).map((name) => measureWords(name, measures));
}

/** A measure's name and its value with unit, for people. */
export function measureWords(name, measures) {
  const value = measures[name];
  const label = NAMES[name] === undefined ? plainName(name) : chosen(NAMES[name]);
  if (typeof value === 'boolean') return [label, word(value ? 'yes' : 'no')];
  if (typeof value !== 'number') return [label, valueWord(value)];
  if (name.endsWith('_share')) return [label, `${Math.round(value * 100)} %`];
  if (name.endsWith('_ms')) return [label, duration(value)];
  if (name.endsWith('_s')) return [label, duration(value * 1000)];
  const unit = unitOf(OF_METRIC.includes(name) ? String(measures.metric ?? '') : name);
  return [label, unit === '' ? number(value) : `${number(value)} ${unit}`];
}

/** A value that is a word, such as a class, for people. */
export function valueWord(value) {
  return VALUES[value] === undefined ? String(value) : chosen(VALUES[value]);
}

/** A metric's name as people write it: `PM10 µg/m³`. */
export function metricName(metric) {
  const [ending, unit] = UNITS.find(([suffix]) => metric.endsWith(suffix)) ?? ['', ''];
  const stem = metric.slice(0, metric.length - ending.length);
  const written = { pm10: 'PM10', pm25: 'PM2.5', tsp: 'TSP', leq: 'Leq', lmax: 'Lmax' }[stem] ?? stem;
  return `${written} ${unit}`.trim();
}

/** A number with as many digits as it deserves. */
export function number(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

/** A name without its unit, which stands behind the value. */
function plainName(name) {
  const endings = [...UNITS.map(([suffix]) => suffix), '_share', '_ms', '_s'];
  const ending = endings.find((suffix) => name.endsWith(suffix)) ?? '';
  return name.slice(0, name.length - ending.length).replaceAll('_', ' ');
}

function unitOf(name) {
  return UNITS.find(([suffix]) => name.endsWith(suffix))?.[1] ?? '';
}
